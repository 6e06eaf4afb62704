//! # Line outside of a section
//!
//! ## What it finds
//!
//! A line above the first section header that is neither empty nor a comment.
//!
//! ## Why it matters
//!
//! systemd logs a warning and ignores the line. This happens to whole drop-ins that lack `[Service]` at the
//! top: none of their settings is in force.
//!
//! ## Example
//!
//! ```ini
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
//! systemd.syntax(7).

use unitward_unit::ProblemKind;

use crate::finding::{Fix, Report, Safety};
use crate::questions::problems::problems;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX002",
    name: "outside-section",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "a line stands above the first section header",
    directives: &[],
    source: include_str!("outside_section.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let section = subject.section();
    for (place, problem, text) in problems(subject) {
        if problem.kind != ProblemKind::OutsideSection {
            continue;
        }
        let finding = report.add(
            place,
            format!("systemd ignores this line above the first section header: {text}"),
            format!("Write [{section}], or the section it belongs to, above it."),
        );
        let key = text.split_once('=').map_or("", |(key, _)| key.trim_end());
        if unitward_catalog::directive(key).is_some_and(|d| d.is_in(section)) {
            finding.fix(Fix {
                section,
                lines: vec![text],
                safety: Safety::Unsafe,
            });
        }
    }
}
