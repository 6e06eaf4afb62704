//! # Path that does not exist
//!
//! ## What it finds
//!
//! A path in `ReadWritePaths=`, `ReadOnlyPaths=`, `InaccessiblePaths=`, `ExecPaths=`, `NoExecPaths=`,
//! `BindPaths=`, `BindReadOnlyPaths=`, `WorkingDirectory=`, `RootDirectory=`, `EnvironmentFile=` or
//! `LoadCredential=` that does not exist on this system and is not marked with `-`. Paths in /run, /tmp, /proc,
//! /sys and /dev, which come and go, are not looked at.
//!
//! ## Why it matters
//!
//! systemd does not start the service: status 226 (NAMESPACE) for paths, 200 (CHDIR) for the working directory,
//! 243 (CREDENTIALS) for a credential, and no status at all for an environment file.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! StateDirectory=example
//! ```
//!
//! ## When to ignore
//!
//! Another unit or a package creates the path before the service starts.
//!
//! ## References
//!
//! systemd.exec(5); `unitward explain 226`; tried with systemd 252.

use std::path::Path;

use unitward_elf::Error;
use unitward_settings::{Directory, Settings};
use unitward_unit::Origin;

use crate::questions::directories;
use crate::questions::lines::InstanceLines;
use crate::questions::mounts::has_other_root;
use crate::questions::paths::{canonical, is_within};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB001",
    name: "missing-path",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a path that systemd needs for the start is not there",
    directives: &["ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths", "BindPaths", "BindReadOnlyPaths", "WorkingDirectory", "RootDirectory", "EnvironmentFile", "LoadCredential"],
    source: include_str!("missing_path.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(host) = subject.host else {
        return;
    };
    let mut needed = Vec::new();
    if !has_other_root(settings) {
        lists(settings, &mut needed);
    }
    binds(settings, &mut needed);
    others(settings, &mut needed);
    let made = directories::set(settings);
    let mut instances = InstanceLines::of(subject);
    for need in needed {
        let path = canonical(need.path);
        let comes_and_goes = VOLATILE.iter().any(|top| is_within(&path, top));
        let own = made.reaches(need.path);
        if comes_and_goes || own || instances.has(need.origin) || need.path.contains(['*', '?', '[']) {
            continue;
        }
        if !matches!(host.root.resolve(Path::new(need.path)), Err(Error::NotFound { .. })) {
            continue;
        }
        let name = need.name;
        report.add(
            Place::from(need.origin),
            format!("{} does not exist, and {name}= needs it: the start fails with {}", need.path, need.result),
            need.remedy,
        );
        if report.is_full() {
            return;
        }
    }
}

/// A path that must be there.
struct Need<'a> {
    name: &'static str,
    path: &'a str,
    origin: Origin,
    result: &'static str,
    remedy: &'static str,
}

/// Directories whose contents are made while the system runs.
const VOLATILE: [&str; 6] = ["/run", "/tmp", "/var/tmp", "/proc", "/sys", "/dev"];

const MARK: &str = "Create it, correct it, or write a - in front of it when it may be missing.";

fn lists<'a>(settings: &'a Settings, needed: &mut Vec<Need<'a>>) {
    for (name, list) in [
        ("ReadWritePaths", &settings.read_write_paths),
        ("ReadOnlyPaths", &settings.read_only_paths),
        ("InaccessiblePaths", &settings.inaccessible_paths),
        ("ExecPaths", &settings.exec_paths),
        ("NoExecPaths", &settings.no_exec_paths),
    ] {
        for item in list.0.iter().filter(|item| !item.value.optional) {
            needed.push(Need {
                name,
                path: &item.value.path,
                origin: item.origin,
                result: "226/NAMESPACE",
                remedy: MARK,
            });
        }
    }
}

fn binds<'a>(settings: &'a Settings, needed: &mut Vec<Need<'a>>) {
    for item in settings.binds.0.iter().filter(|item| !item.value.optional) {
        let name = if item.value.read_only { "BindReadOnlyPaths" } else { "BindPaths" };
        needed.push(Need {
            name,
            path: &item.value.source,
            origin: item.origin,
            result: "226/NAMESPACE",
            remedy: MARK,
        });
    }
}

fn others<'a>(settings: &'a Settings, needed: &mut Vec<Need<'a>>) {
    let root = &settings.root_directory;
    if let (Some(path), Some(origin)) = (&root.0, root.origin()) {
        let (name, result, remedy) = ("RootDirectory", "226/NAMESPACE", "Create it, or correct it.");
        needed.push(Need { name, path, origin, result, remedy });
    }
    let work = &settings.working_directory;
    if let (Some(Directory::Path(path)), Some(origin), false) = (&work.directory, work.origin(), work.optional)
        && !has_other_root(settings)
        && !settings.temporary_file_system.0.iter().any(|item| is_within(path, &item.value.path))
        && !settings.binds.0.iter().any(|item| is_within(path, &item.value.destination))
    {
        let (name, result, remedy) = ("WorkingDirectory", "200/CHDIR", MARK);
        needed.push(Need { name, path, origin, result, remedy });
    }
    for item in settings.environment_file.0.iter().filter(|item| !item.value.optional) {
        let (name, result, remedy) = ("EnvironmentFile", "the result resources", MARK);
        needed.push(Need { name, path: &item.value.path, origin: item.origin, result, remedy });
    }
    for item in settings.load_credential.0.iter() {
        let path = &item.value.source;
        if path.starts_with('/') {
            let (name, result, remedy) = ("LoadCredential", "243/CREDENTIALS", "Create it, or correct it.");
            needed.push(Need { name, path, origin: item.origin, result, remedy });
        }
    }
}
