//! # ExecPaths= without NoExecPaths=
//!
//! ## What it finds
//!
//! `ExecPaths=` in a unit that has no `NoExecPaths=`.
//!
//! ## Why it matters
//!
//! `ExecPaths=` takes paths out of what `NoExecPaths=` forbids. Alone it forbids nothing: programs can be
//! executed from everywhere, /tmp included.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecPaths=/usr
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! NoExecPaths=/
//! ExecPaths=/usr
//! ```
//!
//! ## When to ignore
//!
//! When the path is on a file system that is mounted noexec on the host: then the line permits it for this
//! service.
//!
//! ## References
//!
//! systemd.exec(5), ExecPaths=, NoExecPaths=; tried with systemd 252 and 262.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC007",
    name: "exec-paths-without-no-exec-paths",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "ExecPaths= forbids nothing without NoExecPaths=",
    directives: &["ExecPaths", "NoExecPaths"],
    source: include_str!("exec_paths_without_no_exec_paths.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if !settings.exec_paths.0.is_empty() && settings.no_exec_paths.0.is_empty() {
        report.add(
            place(&settings.exec_paths),
            "ExecPaths= forbids nothing, because there is no NoExecPaths=",
            "Write NoExecPaths=/ beside it, or remove the line.",
        );
    }
}
