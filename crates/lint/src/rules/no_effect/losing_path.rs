//! # Path that loses against the same path in another list
//!
//! ## What it finds
//!
//! `ReadWritePaths=` for a path that another setting makes read-only: the same path in `ReadOnlyPaths=`,
//! `/` under `ProtectSystem=strict`, `/etc` under `full`, `/usr` under `yes`, `/home` under
//! `ProtectHome=read-only`. And `ExecPaths=` for a path that is also in `NoExecPaths=`.
//!
//! ## Why it matters
//!
//! systemd keeps one entry a path, and the stricter one wins. `ReadWritePaths=` opens paths below a
//! read-only one, not the path itself: the service gets EROFS.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=full
//! ReadWritePaths=/etc
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=full
//! ReadWritePaths=/etc/example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), ReadWritePaths=; tried with systemd 252, 257 and 262.

use crate::finding::{Place, Report};
use crate::questions::mounts::{Access, entries};
use crate::questions::paths::PATHS_MAX;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC004",
    name: "losing-path",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a path has no effect because another list has the same path",
    directives: &["ReadWritePaths", "ReadOnlyPaths", "ExecPaths", "NoExecPaths", "ProtectSystem", "ProtectHome"],
    source: include_str!("losing_path.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let entries = entries(settings);
    let read_only = |path: &str| {
        let mut same = entries.iter().filter(|entry| entry.path == path);
        same.find(|entry| entry.access == Access::ReadOnly)
    };
    for item in settings.read_write_paths.0.iter().take(PATHS_MAX) {
        let path = &item.value.path;
        if let Some(other) = read_only(path) {
            let finding = report.add(
                Place::from(item.origin),
                format!("{path} stays read-only: {} wins over ReadWritePaths={path}", other.name),
                format!("Name the directories below {path} that are written to."),
            );
            finding.see(other.place.clone(), "this wins");
        }
    }
    for item in settings.exec_paths.0.iter().take(PATHS_MAX) {
        let path = &item.value.path;
        let mut others = settings.no_exec_paths.0.iter().take(PATHS_MAX);
        let other = others.find(|no| no.value.path == *path);
        if let Some(other) = other {
            let finding = report.add(
                Place::from(item.origin),
                format!("Programs in {path} cannot be executed: NoExecPaths={path} wins over ExecPaths={path}"),
                format!("Remove {path} from one of the two."),
            );
            finding.see(Place::from(other.origin), "this wins");
        }
    }
}
