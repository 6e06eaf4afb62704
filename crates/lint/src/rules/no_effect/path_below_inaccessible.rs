//! # Path below an inaccessible one
//!
//! ## What it finds
//!
//! `ReadWritePaths=`, `ReadOnlyPaths=`, `ExecPaths=`, `BindPaths=`, `BindReadOnlyPaths=` or
//! `TemporaryFileSystem=` for a path at or below one of `InaccessiblePaths=`, or below /home, /root or
//! /run/user with `ProtectHome=yes`.
//!
//! ## Why it matters
//!
//! systemd drops every entry below an inaccessible path. The line opens nothing: the service finds an empty
//! directory that it cannot enter.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectHome=yes
//! BindPaths=/home/example/data
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectHome=tmpfs
//! BindPaths=/home/example/data
//! ```
//!
//! ## References
//!
//! systemd.exec(5), InaccessiblePaths=, ProtectHome=; tried with systemd 252, 257 and 262.

use unitward_settings::{ProtectHome, Settings};
use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::questions::mounts::has_other_root;
use crate::questions::paths::{HOMES, PATHS_MAX, is_within};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC005",
    name: "path-below-inaccessible",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a path has no effect because it is below an inaccessible one",
    directives: &["ReadWritePaths", "ReadOnlyPaths", "ExecPaths", "BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem", "InaccessiblePaths", "ProtectHome"],
    source: include_str!("path_below_inaccessible.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    // Paths are of two trees then.
    if has_other_root(settings) {
        return;
    }
    let hidden = hidden(settings);
    if hidden.is_empty() {
        return;
    }
    for (name, path, origin) in opened(settings) {
        let Some((tree, by, place)) = hidden.iter().find(|(tree, ..)| is_within(path, tree)) else {
            continue;
        };
        if report.is_full() {
            return;
        }
        let home = by.starts_with("ProtectHome");
        let finding = report.add(
            Place::from(origin),
            format!("{name}={path} has no effect, because {by} makes {tree} inaccessible"),
            match home && name != "ReadWritePaths" {
                true => "Write ProtectHome=tmpfs.".to_owned(),
                false if home => "Write ProtectHome=tmpfs, and BindPaths= for what is needed.".to_owned(),
                false => format!("Remove one of the two, or hide less than {tree}."),
            },
        );
        finding.see(place.clone(), "this hides it");
    }
}

/// The inaccessible trees, the setting that hides each, and its place.
fn hidden(settings: &Settings) -> Vec<(&str, String, Option<Place>)> {
    let mut hidden: Vec<(&str, String, Option<Place>)> = Vec::new();
    for item in settings.inaccessible_paths.0.iter().take(PATHS_MAX) {
        let path = item.value.path.as_str();
        hidden.push((path, format!("InaccessiblePaths={path}"), Some(item.origin.into())));
    }
    if *settings.protect_home == ProtectHome::Yes {
        let place = place(&settings.protect_home);
        hidden.extend(HOMES.map(|home| (home, "ProtectHome=yes".to_owned(), place.clone())));
    }
    hidden
}

/// The paths that settings name to be used.
fn opened(settings: &Settings) -> impl Iterator<Item = (&'static str, &str, Origin)> {
    let marked = [
        ("ReadWritePaths", &settings.read_write_paths),
        ("ReadOnlyPaths", &settings.read_only_paths),
        ("ExecPaths", &settings.exec_paths),
    ];
    let marked = marked.into_iter().flat_map(|(name, list)| {
        let list = list.0.iter().take(PATHS_MAX);
        list.map(move |item| (name, item.value.path.as_str(), item.origin))
    });
    let binds = settings.binds.0.iter().take(PATHS_MAX).map(|item| {
        let name = match item.value.read_only {
            true => "BindReadOnlyPaths",
            false => "BindPaths",
        };
        (name, item.value.destination.as_str(), item.origin)
    });
    let tmpfs = settings.temporary_file_system.0.iter().take(PATHS_MAX);
    let tmpfs =
        tmpfs.map(|item| ("TemporaryFileSystem", item.value.path.as_str(), item.origin));
    marked.chain(binds).chain(tmpfs)
}
