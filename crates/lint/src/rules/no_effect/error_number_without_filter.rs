//! # SystemCallErrorNumber= without SystemCallFilter=
//!
//! ## What it finds
//!
//! `SystemCallErrorNumber=` in a unit whose system calls are not filtered.
//!
//! ## Why it matters
//!
//! The setting says what a forbidden call returns. Without `SystemCallFilter=` no call is forbidden by it;
//! calls that other settings forbid have answers of their own.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallErrorNumber=EPERM
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! SystemCallErrorNumber=EPERM
//! ```
//!
//! ## References
//!
//! systemd.exec(5), SystemCallErrorNumber=.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC008",
    name: "error-number-without-filter",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "SystemCallErrorNumber= does nothing without SystemCallFilter=",
    directives: &["SystemCallErrorNumber", "SystemCallFilter"],
    source: include_str!("error_number_without_filter.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let answer = &settings.system_call_error_number;
    if answer.is_assigned() && settings.system_call_filter.is_unfiltered() {
        report.add(
            place(answer),
            "SystemCallErrorNumber= has no effect, because SystemCallFilter= filters nothing",
            "Write SystemCallFilter=@system-service, or remove the line.",
        );
    }
}
