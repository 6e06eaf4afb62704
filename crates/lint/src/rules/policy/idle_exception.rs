//! # An exception that covers nothing
//!
//! ## What it finds
//!
//! An `[[exception]]` of `unitward.toml` that names just this unit, without `*` or `?`, and a rule that finds nothing in
//! it.
//!
//! ## Why it matters
//!
//! The finding was mended, or the exception never fitted it. While it stays, a later finding of that rule is accepted
//! although nobody has weighed it.
//!
//! ## Example
//!
//! ```toml
//! [[exception]]
//! unit = "backup.service"
//! rule = "UWH004"
//! reason = "It writes to every disk; that is its task."
//! ```
//!
//! ## Use instead
//!
//! Remove the exception, or name the rule that it is meant for.
//!
//! ## When to ignore
//!
//! When the finding depends on the version of systemd, and the unit is checked for several.
//!
//! ## References
//!
//! `unitward explain config`.

use crate::Checked;
use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: "UWP003",
    name: "idle-exception",
    family: Family::Policy,
    severity: Severity::Note,
    summary: "An exception of the configuration covers no finding",
    directives: &[],
    source: include_str!("idle_exception.rs"),
    // Asked once all findings are known.
    check: |_, _| {},
};

pub(crate) fn report(subject: &Subject<'_>, checked: &mut Checked) {
    let exceptions = subject.policy.iter().flat_map(|policy| &policy.exceptions);
    let idle: Vec<&str> = exceptions
        .map(String::as_str)
        .filter(|word| !RULE.answers_to(word) && subject.can_tell(word))
        .filter(|word| !checked.findings.iter().any(|f| f.rule.answers_to(word)))
        .collect();
    let mut report = Report::new(&RULE, &mut checked.findings);
    for word in idle {
        report.add(
            None,
            format!("the exception of {word} covers nothing: it finds nothing here"),
            "Remove the exception from unitward.toml, or name the rule that it is meant for.",
        );
    }
}
