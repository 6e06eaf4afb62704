//! # Protected tree that is opened again
//!
//! ## What it finds
//!
//! `ReadWritePaths=` or `BindPaths=` that makes /usr, /boot, a directory of programs, libraries or units
//! writable although `ProtectSystem=` or `ReadOnlyPaths=/` protects the tree, and `BindPaths=/` which shows the
//! whole tree writable at another place.
//!
//! ## Why it matters
//!
//! These directories are what `ProtectSystem=` is for: who can write there replaces programs that others
//! execute, root included. (`ReadWritePaths=/` itself opens nothing beside `ProtectSystem=strict`: see UWC004.)
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ReadWritePaths=/usr
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! StateDirectory=example
//! ```
//!
//! ## When to ignore
//!
//! The service installs or updates programs.
//!
//! ## References
//!
//! systemd.exec(5), ProtectSystem=, ReadWritePaths=; tried with systemd 252.

use unitward_settings::ProtectSystem;

use crate::questions::paths::canonical;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH009",
    name: "reopened-tree",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "programs and libraries that a setting protects are writable again",
    directives: &["ReadWritePaths", "BindPaths", "ProtectSystem", "ReadOnlyPaths"],
    source: include_str!("reopened_tree.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let protected = matches!(*settings.protect_system, ProtectSystem::Full | ProtectSystem::Strict)
        || settings.read_only_paths.0.iter().any(|item| item.value.path == "/");
    let Some(view) = subject.view().filter(|_| protected) else {
        return;
    };
    let written = settings.read_write_paths.0.iter();
    let written = written.map(|item| ("ReadWritePaths", item.origin, &item.value.path, &item.value.path));
    let bound = settings.binds.0.iter().filter(|item| !item.value.read_only);
    let bound = bound.map(|item| ("BindPaths", item.origin, &item.value.source, &item.value.destination));
    for (name, origin, source, seen) in written.chain(bound) {
        let system = canonical(source);
        let everything = source == "/" && name == "BindPaths";
        if !(everything || SYSTEM.contains(&&*system)) || view.read_only_by(seen).is_some() {
            continue;
        }
        let what = match everything {
            true => "the whole tree of the host".to_owned(),
            false => source.clone(),
        };
        report.add(
            Place::from(origin),
            format!("{name}={source} makes {what} writable in spite of the protection of the file system"),
            "Name the directories below it that the service writes to, or use StateDirectory= and its siblings.",
        );
    }
}

/// Directories whose files others execute or obey.
const SYSTEM: [&str; 15] = [
    "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/local",
    "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/usr/lib/systemd", "/etc/systemd",
    "/etc/systemd/system", "/boot", "/efi",
];
