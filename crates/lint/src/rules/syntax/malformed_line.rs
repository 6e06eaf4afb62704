//! # Malformed line
//!
//! ## What it finds
//!
//! A line in a section that is no assignment: it has no `=`, or nothing in front of it.
//!
//! ## Why it matters
//!
//! systemd logs a warning and goes on without the line. What was meant as a protection is not there. Often
//! it is the second half of a long value whose backslash at the end of the line above is missing.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//!     ~@privileged
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! SystemCallFilter=~@privileged
//! ```
//!
//! ## References
//!
//! systemd.syntax(7).

use unitward_unit::ProblemKind;

use crate::finding::Report;
use crate::questions::problems::problems;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX001",
    name: "malformed-line",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "a line in a section is no assignment",
    directives: &[],
    source: include_str!("malformed_line.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (place, problem, text) in problems(subject) {
        let message = match problem.kind {
            ProblemKind::MissingEquals => format!("systemd ignores this line, which has no =: {text}"),
            ProblemKind::MissingKey => format!("systemd ignores this line, which has no key: {text}"),
            _ => continue,
        };
        let remedy = "Write Key=value, or put a backslash at the end of the line above, or # in front.";
        report.add(place, message, remedy);
    }
}
