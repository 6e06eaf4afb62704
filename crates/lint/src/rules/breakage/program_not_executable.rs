//! # Program in a path of NoExecPaths=
//!
//! ## What it finds
//!
//! A program of a command below a path of `NoExecPaths=` that no `ExecPaths=` opens again. On the system
//! itself, also its interpreter, its loader and its libraries.
//!
//! ## Why it matters
//!
//! The mounts there are noexec: execve fails, and the command ends with 203 (EXEC). A library there cannot be
//! mapped, and the loader gives up with status 127. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled
//! NoExecPaths=/
//! ExecPaths=/usr/lib
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled
//! NoExecPaths=/
//! ExecPaths=/usr/bin/exampled /usr/lib /lib64
//! ```
//!
//! ## References
//!
//! systemd.exec(5), NoExecPaths=; `unitward explain 203`.

use crate::questions::commands::sandboxed;
use crate::questions::programs;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB004",
    name: "program-in-no-exec-path",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a program, or what it needs to start, is where nothing may be executed",
    directives: &["NoExecPaths", "ExecPaths", "ExecStart"],
    source: include_str!("program_not_executable.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(rule) = settings.no_exec_paths.0.first() else {
        return;
    };
    let Some(view) = subject.view() else {
        return;
    };
    for (name, command) in sandboxed(settings) {
        let needed = match subject.host {
            Some(host) => programs::code(host, &command.path),
            None => Vec::new(),
        };
        let whole = needed.iter().map(String::as_str).chain([command.path.as_str()]);
        let Some(path) = whole.filter(|path| path.starts_with('/')).find(|path| !view.is_executable(path)) else {
            continue;
        };
        let what = match path == command.path {
            true => String::new(),
            false => format!(", which {} needs,", command.path),
        };
        report
            .add(
                Place::from(command.origin),
                format!("{name}= fails: {path}{what} is in a path of NoExecPaths="),
                format!("Add {path}, or a directory above it, to ExecPaths=."),
            )
            .see(Place::from(rule.origin), "nothing in these paths is executed");
    }
}
