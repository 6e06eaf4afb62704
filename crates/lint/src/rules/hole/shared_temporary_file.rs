//! # Guessable file in a shared temporary directory
//!
//! ## What it finds
//!
//! A file in /tmp, /var/tmp or /dev/shm with a fixed name in a command, in `PIDFile=` or in `Environment=`,
//! without `PrivateTmp=yes`; or as the target of `StandardOutput=` and `StandardError=`, which systemd opens as
//! root outside the sandbox.
//!
//! ## Why it matters
//!
//! Everybody can create files there. Who is first puts a socket, a link or a file of their own in its place:
//! the service then talks to them, or writes where their link leads. sysctl fs.protected_symlinks and
//! fs.protected_regular mitigate some of it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled --socket=/tmp/example.sock
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled --socket=/run/example/socket
//! RuntimeDirectory=example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), PrivateTmp=; CWE-377; proc_sys_fs(5).

use std::collections::HashSet;

use unitward_settings::{PrivateTmp, Settings, Stream};
use unitward_unit::Origin;

use crate::questions::commands::commands;
use crate::questions::mounts::has_other_root;
use crate::questions::paths::{PathSet, is_within, named};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH011",
    name: "shared-temporary-file",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a file with a known name in /tmp can be put there by any user first",
    directives: &["PrivateTmp", "PIDFile", "ExecStart", "Environment", "StandardOutput", "StandardError"],
    source: include_str!("shared_temporary_file.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let private = *settings.private_tmp != PrivateTmp::No || has_other_root(settings);
    let tmpfs = settings.temporary_file_system.0.iter();
    let tmpfs: PathSet = tmpfs.map(|item| item.value.path.as_str()).collect();
    for (origin, path) in files(settings) {
        let shared = !private || is_within(path, "/dev/shm");
        if shared && is_guessable(path) && !tmpfs.covers(path) {
            report.add(
                Place::from(origin),
                format!("{path} can be made by any user before the service does"),
                "Use RuntimeDirectory= and a path in it, or add PrivateTmp=yes.",
            );
        }
    }
    for (stream, at) in [
        (&settings.standard_output.0, place(&settings.standard_output)),
        (&settings.standard_error.0, place(&settings.standard_error)),
    ] {
        if let Stream::File(path) | Stream::Append(path) | Stream::Truncate(path) = stream
            && is_guessable(path)
        {
            report.add(
                at,
                format!("{path} can be made by any user before systemd opens it, as root and outside the sandbox"),
                "Name a file in /var/log or in the LogsDirectory= of the service.",
            );
        }
    }
}

/// The paths that the service is told of.
fn files(settings: &Settings) -> impl Iterator<Item = (Origin, &str)> {
    let words = commands(settings).flat_map(|(_, command)| {
        let words = command.argv.iter().skip(1);
        words.flat_map(move |word| named(word).map(move |path| (command.origin, path)))
    });
    let variables = settings.environment.0.iter();
    let variables = variables.flat_map(|item| named(&item.value.value).map(move |path| (item.origin, path)));
    let pid = settings.pid_file.0.as_deref().zip(settings.pid_file.origin());
    let mut seen = HashSet::new();
    words
        .chain(variables)
        .chain(pid.map(|(path, origin)| (origin, path)))
        .filter(move |(_, path)| seen.insert(*path))
}

/// Whether a path is a file of a fixed name in a directory that all users can write to.
fn is_guessable(path: &str) -> bool {
    let fixed = !path.contains(['$', '%', '*']) && !path.contains("XXX") && !path.ends_with('/');
    let mut shared = ["/tmp/", "/var/tmp/", "/dev/shm/"].into_iter();
    fixed && shared.any(|directory| path.strip_prefix(directory).is_some_and(|rest| !rest.is_empty()))
}
