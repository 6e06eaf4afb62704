//! # Path in an empty file system
//!
//! ## What it finds
//!
//! A path of `ReadWritePaths=`, `ReadOnlyPaths=`, `InaccessiblePaths=`, `ExecPaths=` or `NoExecPaths=` without
//! `-`, or /etc with `ProtectSystem=full` and /usr with `yes`, below an empty file system of
//! `TemporaryFileSystem=` or `ProtectHome=tmpfs`, when nothing is bound there.
//!
//! ## Why it matters
//!
//! systemd does not create these paths. It does not find them in the empty file system, and the start fails
//! with 226 (NAMESPACE). Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! TemporaryFileSystem=/:ro
//! BindReadOnlyPaths=/usr /lib /lib64
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! TemporaryFileSystem=/:ro
//! BindReadOnlyPaths=/usr /lib /lib64
//! BindPaths=/var/lib/example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), TemporaryFileSystem=.

use unitward_settings::ProtectSystem;

use crate::questions::directories;
use crate::questions::paths::PathSet;
use crate::questions::view::Sight;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB002",
    name: "path-in-empty-file-system",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a setting needs a path that another setting leaves empty",
    directives: &["TemporaryFileSystem", "ProtectHome", "ProtectSystem", "ReadWritePaths", "ReadOnlyPaths", "ExecPaths", "NoExecPaths", "InaccessiblePaths"],
    source: include_str!("path_in_empty_file_system.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(view) = subject.view() else {
        return;
    };
    let protected: &[&str] = match *settings.protect_system {
        ProtectSystem::Full => &["/usr", "/etc"],
        ProtectSystem::Yes => &["/usr"],
        _ => &[],
    };
    let made = directories::set(settings);
    let tmpfs = settings.temporary_file_system.0.iter();
    let tmpfs: PathSet = tmpfs.map(|item| item.value.path.as_str()).collect();
    for path in protected {
        // The entry replaces an empty file system of the same path.
        let same = tmpfs.has(path);
        if let (Sight::Empty(by), false) = (view.sight(path), same) {
            let value = settings.protect_system.word();
            report.add(
                place(&settings.protect_system),
                format!("ProtectSystem={value} needs {path}, which {by} leaves empty: the start fails with 226/NAMESPACE"),
                format!("Remove ProtectSystem={value}, which protects nothing more here, or add BindReadOnlyPaths={path}."),
            );
        }
    }
    for (name, list) in [
        ("ReadWritePaths", &settings.read_write_paths),
        ("ReadOnlyPaths", &settings.read_only_paths),
        ("InaccessiblePaths", &settings.inaccessible_paths),
        ("ExecPaths", &settings.exec_paths),
        ("NoExecPaths", &settings.no_exec_paths),
    ] {
        for item in list.0.iter().filter(|item| !item.value.optional) {
            let path = &item.value.path;
            let Sight::Empty(by) = view.sight(path) else {
                continue;
            };
            if made.reaches(path) || tmpfs.has(path) {
                continue;
            }
            report.add(
                Place::from(item.origin),
                format!("{name}={path} is not there, because {by} leaves its directory empty: the start fails with 226/NAMESPACE"),
                format!("Use BindPaths={path} or BindReadOnlyPaths={path}, or write a - in front of it."),
            );
        }
    }
}
