//! # Text that ends the reading of a file
//!
//! ## What it finds
//!
//! A section header without `]`, a section name with control characters, quotes or backslashes, bytes that
//! are not UTF-8, or a line longer than 1 MiB.
//!
//! ## Why it matters
//!
//! systemd stops reading there. Of a drop-in the lines before it count and those after it do not; a unit
//! with such text in its main file is not loaded at all.
//!
//! ## Example
//!
//! ```ini
//! [Service
//! NoNewPrivileges=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! NoNewPrivileges=yes
//! ```
//!
//! ## References
//!
//! systemd.syntax(7); observed in systemd 252, 257 and 262.

use unitward_unit::load::Role;
use unitward_unit::{ProblemKind, syntax};

use crate::finding::Report;
use crate::questions::problems::problems;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX003",
    name: "unreadable-rest",
    family: Family::Syntax,
    severity: Severity::Error,
    summary: "systemd stops reading the file at this text",
    directives: &[],
    source: include_str!("unreadable_rest.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut last = None;
    for (place, problem, _) in problems(subject) {
        let file = place.origin.file;
        if problem.effect() != syntax::Effect::Fatal || last.replace(file) == Some(file) {
            continue;
        }
        let main = subject
            .unit
            .file(place.origin)
            .is_some_and(|file| file.role == Role::Fragment);
        let what = match problem.kind {
            ProblemKind::InvalidUtf8 => "these bytes, which are not UTF-8",
            ProblemKind::LineTooLong => "this line, which is longer than 1 MiB",
            ProblemKind::InvalidSectionHeader => "this section header, which does not end with ]",
            ProblemKind::UnsafeSectionName => "this section header, whose name has unusual characters",
            _ => "this text",
        };
        let message = match main {
            true => format!("systemd does not load the unit because of {what}"),
            false => format!("systemd does not read the rest of the drop-in after {what}"),
        };
        let remedy = match problem.kind {
            ProblemKind::InvalidUtf8 => "Save the file as UTF-8.",
            ProblemKind::LineTooLong => "Shorten the line.",
            _ => "Write a section header such as [Service].",
        };
        report.add(place, message, remedy);
    }
}
