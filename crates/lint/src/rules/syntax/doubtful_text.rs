//! # Text that is read differently than it looks
//!
//! ## What it finds
//!
//! Blanks after the backslash at the end of a line, a backslash in the last line of a file, and NUL bytes.
//!
//! ## Why it matters
//!
//! systemd reads it without a word, but not as it looks. Blanks after a backslash cancel the continuation:
//! the value ends with a backslash, and the next line is read as a line of its own. After a NUL byte a new
//! line starts.
//!
//! ## Example
//!
//! A value that goes on in the next line, with a blank after the backslash.
//!
//! ## Use instead
//!
//! The same without the blank.
//!
//! ## References
//!
//! systemd.syntax(7); observed in systemd 252, 257 and 262.

use unitward_unit::ProblemKind;

use crate::finding::Report;
use crate::questions::problems::problems;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX004",
    name: "doubtful-text",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "a line is read differently than it looks",
    directives: &[],
    source: include_str!("doubtful_text.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (place, problem, _) in problems(subject) {
        let (message, remedy) = match problem.kind {
            ProblemKind::BlankAfterBackslash => (
                "The line is not continued, because blanks follow the backslash",
                "Remove the blanks after the backslash.",
            ),
            ProblemKind::UnfinishedContinuation => (
                "The file ends after a backslash that announces another line",
                "Remove the backslash.",
            ),
            ProblemKind::NulByte => (
                "A NUL byte stands here, which systemd takes for the end of the line",
                "Remove the NUL byte.",
            ),
            _ => continue,
        };
        report.add(place, message, remedy);
    }
}
