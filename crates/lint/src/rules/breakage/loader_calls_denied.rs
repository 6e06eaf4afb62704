//! # Filter without the calls of every program
//!
//! ## What it finds
//!
//! A `SystemCallFilter=` that denies one of openat, read, close, mmap, mprotect, or all calls that ask for the
//! state of a file, in a unit whose programs are not known to be static.
//!
//! ## Why it matters
//!
//! The loader opens, reads and maps libraries before the program itself begins. Denied, it is killed with
//! SIGSYS or gives up with status 127. The set @default has what is needed for memory, not what is needed for
//! files: @basic-io and @file-system complete it. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@default @network-io
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! ```
//!
//! ## When to ignore
//!
//! The program is statically linked and opens no file.
//!
//! ## References
//!
//! systemd.exec(5), SystemCallFilter=; `unitward syscall-filter @basic-io`.

use unitward_seccomp::{Arch, Syscall};

use crate::questions::commands::sandboxed;
use crate::questions::text::listed;
use crate::questions::filters;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB014",
    name: "loader-calls-denied",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "SystemCallFilter= denies what the loader of every dynamic program needs",
    directives: &["SystemCallFilter"],
    source: include_str!("loader_calls_denied.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filter = &settings.system_call_filter;
    let passes = |call: &str| filters::passes(settings, call);
    if filter.is_unfiltered() || is_static(subject) {
        return;
    }
    let alternatives: [&[&str]; 6] = [
        &["openat"],
        &["read"],
        &["close"],
        &["mmap", "mmap2"],
        &["mprotect"],
        &["newfstatat", "fstat", "fstatat64", "fstat64", "statx"],
    ];
    let denied = alternatives.iter().filter(|calls| !calls.iter().any(|call| is_native(call) && passes(call)));
    let denied: Vec<&str> = denied.filter_map(|calls| calls.first().copied()).collect();
    if denied.is_empty() {
        return;
    }
    let remedy = match filter.allow_list {
        true => "Add @system-service, or @basic-io and @file-system.".to_owned(),
        false => format!("Take {} out of the deny list.", listed(&denied)),
    };
    report.add(
        place(filter),
        format!("SystemCallFilter= denies {}, which every dynamic program needs to start", listed(&denied)),
        remedy,
    );
}

fn is_native(call: &str) -> bool {
    Syscall::by_name(call).is_some_and(|call| call.number(Arch::NATIVE).is_some())
}

/// Whether no program that is known of the service needs a loader.
fn is_static(subject: &Subject<'_>) -> bool {
    let Some(host) = subject.host else {
        return false;
    };
    sandboxed(subject.settings()).all(|(_, command)| {
        let closure = host.closure(&command.path);
        closure.is_some_and(|closure| closure.files.len() == 1)
    })
}
