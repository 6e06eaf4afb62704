//! # Suppressing comment without a reason
//!
//! ## What it finds
//!
//! A comment `unitward: ignore[…]` with nothing behind the bracket.
//!
//! ## Why it matters
//!
//! It switches nothing off. Whoever reads the unit next needs to know whether the finding was weighed, or
//! only silenced.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! # unitward: ignore[keep-caps-beside-no-setuid-fixup]
//! SecureBits=keep-caps no-setuid-fixup
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! # unitward: ignore[keep-caps-beside-no-setuid-fixup] a test compares the flags
//! SecureBits=keep-caps no-setuid-fixup
//! ```

use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::suppress::Suppression;

pub(crate) static RULE: Rule = Rule {
    code: "UWX014",
    name: "suppression-without-reason",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "a suppressing comment without a reason switches nothing off",
    directives: &[],
    source: include_str!("suppression_without_reason.rs"),
    // Asked with each comment, once all findings are known.
    check: |_, _| {},
};

pub(crate) fn report(file: u32, suppression: &Suppression, report: &mut Report<'_>) {
    report.add(
        place(file, suppression),
        format!(
            "This comment switches nothing off, because it has no reason: ignore[{}]",
            suppression.rules.join(", ")
        ),
        "Write the reason behind the bracket, or remove the comment.",
    );
}

pub(super) fn place(file: u32, suppression: &Suppression) -> Place {
    Place::from(Origin {
        file,
        line: suppression.line,
        start: suppression.span.start,
        end: suppression.span.end,
    })
}
