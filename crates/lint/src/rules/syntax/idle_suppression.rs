//! # Suppressing comment that covers nothing
//!
//! ## What it finds
//!
//! A comment `unitward: ignore[…]` that names a rule which finds nothing there, or no rule at all.
//!
//! ## Why it matters
//!
//! The finding was mended, or the comment stands in the wrong place or has a typing mistake: then a later
//! finding would be silenced that nobody has weighed, or none is. A comment holds for the assignment below
//! it; above a section header for that section; above the first header for the whole file.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! # unitward: ignore[keep-caps-beside-no-setuid-fixup] a test compares the flags
//! SecureBits=no-setuid-fixup
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SecureBits=no-setuid-fixup
//! ```
//!
//! ## When to ignore
//!
//! When the finding depends on the version of systemd, and the unit is checked for several.

use super::suppression_without_reason::place;
use crate::finding::Report;
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::suppress::Suppression;

pub(crate) static RULE: Rule = Rule {
    code: "UWX015",
    name: "idle-suppression",
    family: Family::Syntax,
    severity: Severity::Note,
    summary: "a suppressing comment covers no finding",
    directives: &[],
    source: include_str!("idle_suppression.rs"),
    // Asked with each comment, once all findings are known.
    check: |_, _| {},
};

pub(crate) fn report(file: u32, suppression: &Suppression, name: &str, report: &mut Report<'_>) {
    let name = excerpt(name);
    let known = name == "*" || crate::find(&name).is_some();
    let (message, remedy) = match known {
        true => (
            format!("This comment covers nothing: {name} finds nothing here"),
            "Remove the comment, or put it above the line it is meant for.".to_owned(),
        ),
        false => {
            let names = crate::rules().iter().flat_map(|rule| [rule.code, rule.name]);
            let remedy = match unitward_catalog::suggest(&name, names) {
                Some(near) => format!("Write {near}."),
                None => "Remove it; `unitward explain` lists the rules.".to_owned(),
            };
            (format!("This comment names {name}, which is no rule"), remedy)
        }
    };
    report.add(place(file, suppression), message, remedy);
}
