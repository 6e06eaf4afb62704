//! # MemoryDenyWriteExecute= with files that can be written and executed
//!
//! ## What it finds
//!
//! `MemoryDenyWriteExecute=yes` in a unit with `NoExecPaths=` or with an own `SystemCallFilter=`, when the
//! service may still write code to a file and map it as executable: in a directory that is writable and not
//! covered by `NoExecPaths=`, or through memfd_create.
//!
//! ## Why it matters
//!
//! The setting denies memory that is writable and executable at once. A file that is written first and mapped
//! as executable next does the same. Tried with systemd 252: code ran from a memfd and from /dev/shm. A memfd
//! is on no mount, so that `NoExecPaths=/` does not reach it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! MemoryDenyWriteExecute=yes
//! NoExecPaths=/
//! ExecPaths=/usr/bin/exampled /usr/lib
//! SystemCallFilter=@system-service
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! MemoryDenyWriteExecute=yes
//! NoExecPaths=/
//! ExecPaths=/usr/bin/exampled /usr/lib
//! SystemCallFilter=@system-service
//! SystemCallFilter=~memfd_create
//! ```
//!
//! ## When to ignore
//!
//! The program needs memfd_create.
//!
//! ## References
//!
//! systemd.exec(5), MemoryDenyWriteExecute=; memfd_create(2).

use crate::questions::filters;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH004",
    name: "code-through-files",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "code can be written to a file and mapped, past MemoryDenyWriteExecute=",
    directives: &["MemoryDenyWriteExecute", "NoExecPaths", "SystemCallFilter"],
    source: include_str!("code_through_files.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filtered = !settings.system_call_filter.is_unfiltered();
    let executable = !settings.no_exec_paths.0.is_empty();
    if !settings.memory_deny_write_execute.0 || !(filtered || executable) {
        return;
    }
    let Some(view) = subject.view() else {
        return;
    };
    let directory = WRITABLE
        .into_iter()
        .find(|path| view.is_executable(path) && view.read_only_by(path).is_none());
    let memory = filters::passes(settings, "memfd_create");
    let (what, remedy) = match (directory, memory) {
        // Of both, a unit that has not begun to deny execution is not told.
        (Some(path), _) if executable => (
            format!("files in {path}"),
            format!("Add NoExecPaths={path}."),
        ),
        (None, true) => (
            "memfd_create".to_owned(),
            "Add SystemCallFilter=~memfd_create.".to_owned(),
        ),
        _ => return,
    };
    report.add(
        place(&settings.memory_deny_write_execute),
        format!("MemoryDenyWriteExecute= can be got around: code can be written and executed through {what}"),
        remedy,
    );
}

/// Directories that services can usually write to.
const WRITABLE: [&str; 4] = ["/dev/shm", "/tmp", "/var/tmp", "/run"];
