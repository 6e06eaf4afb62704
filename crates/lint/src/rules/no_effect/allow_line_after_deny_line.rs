//! # Allowing line after a denying one
//!
//! ## What it finds
//!
//! A line without `~` after a first line with `~`, in `SystemCallFilter=`, `RestrictAddressFamilies=` or
//! `RestrictFileSystems=`.
//!
//! ## Why it matters
//!
//! The first line decides what the list is. Once it is a list of what is denied, a line without `~` takes
//! names off it; it never permits only what it names. `SystemCallFilter=@system-service` after
//! `SystemCallFilter=~@mount` restricts nothing: all calls but those of @mount stay permitted.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~@mount
//! SystemCallFilter=@system-service
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! SystemCallFilter=~@mount
//! ```
//!
//! ## When to ignore
//!
//! When a drop-in takes a name off the deny list of the main file on purpose.
//!
//! ## References
//!
//! systemd.exec(5), SystemCallFilter=, RestrictAddressFamilies=; observed in systemd 257 and 262.

use crate::finding::{Place, Report};
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC018",
    name: "allow-line-after-deny-line",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a line without ~ takes names off a deny list",
    directives: &["SystemCallFilter", "RestrictAddressFamilies", "RestrictFileSystems"],
    source: include_str!("allow_line_after_deny_line.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for name in RULE.directives {
        let mut first = None;
        for (origin, line) in subject.lines(name) {
            let text = line.value.text();
            if text.is_empty() {
                first = None;
                continue;
            }
            let (start, denies) = *first.get_or_insert((origin, text.starts_with('~')));
            // none blocks everything, whatever was before.
            if !denies || text.starts_with('~') || text == "none" || report.is_full() {
                continue;
            }
            let finding = report.add(
                Place::from(origin),
                format!("{name}={} permits nothing alone: it takes names off a deny list", excerpt(text)),
                "Put the line in front of the first one with ~, or write an empty line before it.",
            );
            finding.see(Place::from(start), "this line makes it a deny list");
        }
    }
}
