//! # An exception that is over
//!
//! ## What it finds
//!
//! An `[[exception]]` of `unitward.toml` for this unit whose last day has passed.
//!
//! ## Why it matters
//!
//! The finding it accepted is shown again from then on. The exception itself stays in the file until somebody looks at
//! it: it is either still needed, and wants a new day, or can go.
//!
//! ## Example
//!
//! ```toml
//! [[exception]]
//! unit = "sshd.service"
//! rule = "UWH001"
//! reason = "Waiting for the next release."
//! expires = "2026-01-31"
//! ```
//!
//! ## Use instead
//!
//! Remove the exception, or give it a new day and say why.
//!
//! ## References
//!
//! `unitward explain config`.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: "UWP002",
    name: "expired-exception",
    family: Family::Policy,
    severity: Severity::Note,
    summary: "An exception of the configuration is over",
    directives: &[],
    source: include_str!("expired_exception.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for exception in subject.policy.iter().flat_map(|policy| &policy.expired) {
        report.add(
            None,
            format!("the exception of {} was over after {} ({})", exception.rule, exception.day, exception.reason),
            "Remove the exception from unitward.toml, or give it a new day.",
        );
    }
}
