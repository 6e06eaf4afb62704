//! # Empty directory that another setting cancels
//!
//! ## What it finds
//!
//! `TemporaryFileSystem=` or `ProtectHome=tmpfs` for a path that another setting makes read-only or
//! writable: `ProtectSystem=`, `ProtectHome=read-only`, `ReadOnlyPaths=` or `ReadWritePaths=` of the very
//! same path.
//!
//! ## Why it matters
//!
//! systemd keeps one entry a path, and read-only and read-write ones win over an empty file system. With
//! `ProtectSystem=strict` the jail of `TemporaryFileSystem=/` is gone: the service sees the whole tree of
//! the host, read-only. With `ReadWritePaths=/home` beside `ProtectHome=tmpfs` it sees all home
//! directories, writable.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! TemporaryFileSystem=/:ro
//! BindReadOnlyPaths=/usr /lib /lib64
//! ProtectSystem=strict
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! TemporaryFileSystem=/:ro
//! BindReadOnlyPaths=/usr /lib /lib64
//! ```
//!
//! ## References
//!
//! systemd.exec(5), TemporaryFileSystem=, ProtectSystem=; tried with systemd 252, 257 and 262.

use unitward_settings::ProtectHome;

use crate::finding::{Place, Report};
use crate::questions::mounts::entries;
use crate::questions::paths::{HOMES, PATHS_MAX};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC003",
    name: "cancelled-tmpfs",
    family: Family::NoEffect,
    severity: Severity::Error,
    summary: "another setting for the same path cancels an empty file system",
    directives: &["TemporaryFileSystem", "ProtectHome", "ProtectSystem", "ReadOnlyPaths", "ReadWritePaths"],
    source: include_str!("cancelled_tmpfs.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let entries = entries(settings);
    let tmpfs = settings.temporary_file_system.0.iter().take(PATHS_MAX);
    let mut empty: Vec<(&str, &str, Option<Place>)> = tmpfs
        .map(|item| ("TemporaryFileSystem=", item.value.path.as_str(), Some(item.origin.into())))
        .collect();
    if *settings.protect_home == ProtectHome::Tmpfs {
        let place = place(&settings.protect_home);
        empty.extend(HOMES.map(|home| ("ProtectHome=tmpfs for ", home, place.clone())));
    }
    for (setting, path, place) in empty {
        let Some(other) = entries.iter().find(|entry| entry.path == path) else {
            continue;
        };
        let what = match setting {
            "TemporaryFileSystem=" => "empty file system",
            _ => "empty directory",
        };
        let finding = report.add(
            other.place.clone(),
            format!("{} cancels the {what} of {setting}{path}", other.name),
            match other.name.starts_with("Protect") {
                true => format!("Remove {}.", other.name),
                false => format!("Remove one of the two for {path}."),
            },
        );
        finding.see(place, "this has no effect");
    }
}
