//! # Filter that denies execve
//!
//! ## What it finds
//!
//! A `SystemCallFilter=` that denies execve: a deny list that names it, or an allow list that takes it out
//! again.
//!
//! ## Why it matters
//!
//! systemd installs the filter before it executes the program, with that very call. The start fails: killed
//! with SIGSYS, or 203 (EXEC) with an error number. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~execve execveat
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! NoExecPaths=/
//! ExecPaths=/usr/bin/exampled /usr/lib /lib64
//! ```
//!
//! ## References
//!
//! systemd.exec(5), SystemCallFilter=.

use crate::questions::commands::sandboxed;
use crate::questions::filters;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB015",
    name: "execve-denied",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "SystemCallFilter= denies the execution of the service itself",
    directives: &["SystemCallFilter"],
    source: include_str!("execve_denied.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if filters::passes(settings, "execve") || sandboxed(settings).next().is_none() {
        return;
    }
    report.add(
        place(&settings.system_call_filter),
        "SystemCallFilter= denies execve, with which systemd starts the program itself",
        "Permit execve, and restrict what can be executed with NoExecPaths= and ExecPaths=.",
    );
}
