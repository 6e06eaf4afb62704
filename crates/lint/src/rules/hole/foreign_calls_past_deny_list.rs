//! # Deny list of system calls without native SystemCallArchitectures=
//!
//! ## What it finds
//!
//! `SystemCallFilter=~...` as a deny list while programs of other architectures may run.
//!
//! ## Why it matters
//!
//! The list is applied to the 32-bit calls by name. Calls that only exist there under another name, and all
//! that this systemd does not know yet, pass. The code of the kernel behind 32-bit calls is also less used and
//! has had holes of its own.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~@mount @module
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~@mount @module
//! SystemCallArchitectures=native
//! ```
//!
//! ## When to ignore
//!
//! The service runs programs of another architecture.
//!
//! ## References
//!
//! systemd.exec(5), SystemCallArchitectures=.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH003",
    name: "deny-list-past-foreign-abi",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "a deny list knows only some of the calls of other architectures",
    directives: &["SystemCallFilter", "SystemCallArchitectures"],
    source: include_str!("foreign_calls_past_deny_list.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filter = &settings.system_call_filter;
    if filter.allow_list || filter.is_unfiltered() || settings.is_native_only() {
        return;
    }
    report.add(
        place(filter),
        "The deny list leaves open what only other architectures have, since their system calls are permitted",
        "Add SystemCallArchitectures=native.",
    );
}
