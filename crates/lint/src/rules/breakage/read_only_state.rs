//! # State that the service cannot write
//!
//! ## What it finds
//!
//! A file of `PIDFile=`, a `WorkingDirectory=` below /var, or a path of an option such as `--data-dir=`,
//! `--pidfile=`, `--log-file=` or `--socket=`, where `ProtectSystem=strict`, `ReadOnlyPaths=` or another
//! setting makes the place read-only.
//!
//! ## Why it matters
//!
//! The service gets EROFS when it writes, and most services then end. A service of type forking whose PID file
//! never appears is taken for failed.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled --data-dir=/var/lib/example
//! ProtectSystem=strict
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled --data-dir=/var/lib/example
//! ProtectSystem=strict
//! StateDirectory=example
//! ```
//!
//! ## When to ignore
//!
//! The option names something that is only read.
//!
//! ## References
//!
//! systemd.exec(5), ProtectSystem=, StateDirectory=.

use std::collections::HashSet;

use unitward_settings::{Privilege, ServiceType, Settings};
use unitward_unit::Origin;

use crate::questions::paths::{canonical, is_within};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB010",
    name: "read-only-state",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "a directory in which the service evidently writes is read-only",
    directives: &["ProtectSystem", "DynamicUser", "ReadWritePaths", "StateDirectory", "RuntimeDirectory", "PIDFile", "WorkingDirectory"],
    source: include_str!("read_only_state.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(view) = subject.view() else {
        return;
    };
    let mut seen = HashSet::new();
    for (origin, path, what) in written(settings) {
        if !STATE.iter().any(|top| is_within(&canonical(path), top)) || path.contains(['$', '*']) || !seen.insert(path) {
            continue;
        }
        let Some(by) = view.read_only_by(path) else {
            continue;
        };
        report.add(
            Place::from(origin),
            format!("{path} ({what}) cannot be written: {by} makes it read-only"),
            remedy(path),
        );
    }
}

/// Where services keep what they write.
const STATE: [&str; 5] = ["/var", "/run", "/srv", "/opt", "/tmp"];

/// Words in the names of options that take a place to write to.
const WRITING: [&str; 14] = [
    "data", "state", "db", "dbdir", "database", "log", "logs", "logfile", "logdir", "pid", "pidfile", "cache", "spool", "socket",
];

/// What the service writes, as far as its unit tells.
fn written(settings: &Settings) -> Vec<(Origin, &str, &'static str)> {
    let mut found = Vec::new();
    if let (Some(path), Some(origin)) = (settings.pid_file.0.as_deref(), settings.pid_file.origin())
        && *settings.service_type == ServiceType::Forking
    {
        found.push((origin, path, "PIDFile="));
    }
    for command in settings.exec_start.0.iter().filter(|c| c.privilege != Privilege::Full) {
        for word in command.argv.iter().skip(1) {
            let Some((option, value)) = word.split_once('=').filter(|(option, _)| option.starts_with("--")) else {
                continue;
            };
            let mut parts = option.split(['-', '_', '.']);
            if value.starts_with('/') && parts.any(|part| WRITING.contains(&part)) {
                found.push((command.origin, value, "an option of the program"));
            }
        }
    }
    found
}

fn remedy(path: &str) -> String {
    let path = canonical(path);
    for (top, name) in [
        ("/run", "RuntimeDirectory"),
        ("/var/lib", "StateDirectory"),
        ("/var/log", "LogsDirectory"),
        ("/var/cache", "CacheDirectory"),
    ] {
        let below = path.strip_prefix(top).and_then(|rest| rest.strip_prefix('/'));
        if let Some((first, _)) = below.map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
            return format!("Add {name}={first}.");
        }
    }
    format!("Add ReadWritePaths={path}.")
}
