//! # Invalid value
//!
//! ## What it finds
//!
//! An assignment whose value systemd does not understand, so that it ignores the line with a warning.
//!
//! ## Why it matters
//!
//! The unit runs without the line. For a protection this means that it is off, or as an earlier line says.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=readonly
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ```
//!
//! ## References
//!
//! systemd.exec(5), systemd.resource-control(5), systemd.service(5); `unitward explain DIRECTIVE`.

use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::{excerpt, expectation};
use crate::questions::{meant, newer};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX005",
    name: "invalid-value",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "systemd ignores an assignment because of its value",
    directives: &[],
    source: include_str!("invalid_value.rs"),
    check,
};

/// A `#` behind a value is part of it.
const COMMENT: &str = "Put the comment on a line of its own.";

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for remark in subject.diagnostics() {
        let value = remark.cause == Cause::Value && remark.effect == Effect::Ignored;
        if report.is_full() || !value || remark.word.is_empty() || newer::is_new(subject, remark) {
            continue;
        }
        let name = &remark.directive;
        let message = format!(
            "systemd ignores {name}={}{}",
            excerpt(&remark.word),
            expectation(&remark.expected)
        );
        let remedy = match meant::word(name, &remark.word, subject.settings().version) {
            Some(word) => format!("Write {name}={word}."),
            None if remark.word.contains([' ', '\t']) && remark.word.contains('#') => COMMENT.to_owned(),
            None => format!("Correct the value, or remove the line; see `unitward explain {name}`."),
        };
        report.add(Place::part(remark.origin, remark.range.clone()), message, remedy);
    }
}
