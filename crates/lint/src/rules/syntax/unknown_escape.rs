//! # Unknown escape in a command
//!
//! ## What it finds
//!
//! A backslash in a command line that starts no escape that systemd knows, such as `\.` or `\$`.
//!
//! ## Why it matters
//!
//! systemd logs a warning and leaves backslash and character as they are. The program gets the backslash,
//! which is right for a regular expression and wrong for `\$`, where `$$` was meant. A later systemd may
//! give the escape a meaning.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/grep -q a\.b /etc/example
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/grep -q a\\.b /etc/example
//! ```
//!
//! ## References
//!
//! systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting".

use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX013",
    name: "unknown-escape",
    family: Family::Syntax,
    severity: Severity::Note,
    summary: "a backslash in a command starts no known escape",
    directives: &[
        "ExecStart",
        "ExecStartPre",
        "ExecStartPost",
        "ExecCondition",
        "ExecReload",
        "ExecReloadPost",
        "ExecStop",
        "ExecStopPost",
    ],
    source: include_str!("unknown_escape.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for remark in subject.diagnostics() {
        let command = RULE.directives.contains(&remark.directive.as_str());
        let noted = remark.cause == Cause::Value && remark.effect == Effect::Noted;
        // Other remarks are about the prefix of a command.
        if report.is_full() || !command || !noted || !remark.word.contains('\\') {
            continue;
        }
        let word = excerpt(&remark.word);
        report.add(
            Place::part(remark.origin, remark.range.clone()),
            format!("A backslash in {word} starts no escape that systemd knows and stays as it is"),
            r"Write \\ for a backslash, and $$ for a dollar sign.",
        );
    }
}
