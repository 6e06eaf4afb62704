//! # io_uring past the filters of system calls
//!
//! ## What it finds
//!
//! A `SystemCallFilter=` that denies calls such as openat, connect or unlinkat, or stands beside
//! `RestrictAddressFamilies=`, while io_uring is allowed. `@system-service` allows it.
//!
//! ## Why it matters
//!
//! Operations that are put into an io_uring queue are done by the kernel without a system call, so that no
//! filter sees them. Tried with systemd 252 on Linux 6.18: with openat denied, io_uring opened the file; with
//! `RestrictAddressFamilies=AF_UNIX`, it made an AF_INET socket.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! RestrictAddressFamilies=AF_UNIX
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! SystemCallFilter=~@aio
//! RestrictAddressFamilies=AF_UNIX
//! ```
//!
//! ## When to ignore
//!
//! The program uses io_uring, or the system has it switched off.
//!
//! ## References
//!
//! io_uring(7); proc_sys_kernel(5), io_uring_disabled, which switches it off for a whole system.

use crate::questions::filters;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH014",
    name: "io-uring-past-filter",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "denied operations can be done through io_uring",
    directives: &["SystemCallFilter", "RestrictAddressFamilies"],
    source: include_str!("io_uring_past_filter.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filter = &settings.system_call_filter;
    let calls = ["io_uring_setup", "io_uring_enter"];
    if filter.is_unfiltered() || !calls.iter().all(|call| filters::passes(settings, call)) {
        return;
    }
    let denied = OPERATIONS.iter().find(|call| !filters::passes(settings, call));
    let families = &settings.restrict_address_families;
    let (at, what) = match denied {
        Some(call) => (place(filter), format!("what {call} does")),
        None if !families.is_unrestricted() => {
            (place(families), "sockets that RestrictAddressFamilies= denies".to_owned())
        }
        None => return,
    };
    report.add(
        at,
        format!("io_uring is allowed, and gives {what} without a system call that a filter sees"),
        "Add SystemCallFilter=~io_uring_setup, unless the program uses io_uring.",
    );
}

/// Calls that io_uring has an operation for.
const OPERATIONS: [&str; 14] = [
    "openat", "openat2", "read", "connect", "accept4", "socket", "sendmsg", "recvmsg", "unlinkat", "renameat2",
    "mkdirat", "symlinkat", "linkat", "fsetxattr",
];
