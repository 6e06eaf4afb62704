//! # ReadWritePaths= for what is writable anyway
//!
//! ## What it finds
//!
//! `ReadWritePaths=` for a path that no setting makes read-only.
//!
//! ## Why it matters
//!
//! The line permits what is permitted. It suggests that the rest of the system is read-only for the
//! service, which it is not: `ProtectSystem=full` leaves /var, /srv and /opt writable, `strict` does not,
//! except for /home, /root and /run/user.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=full
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), ReadWritePaths=, ProtectSystem=.

use unitward_settings::ProtectSystem;

use crate::finding::{Place, Report};
use crate::questions::mounts::{entries, has_other_root, is_touched};
use crate::questions::paths::PATHS_MAX;
use crate::questions::text::some;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC006",
    name: "idle-read-write-path",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "ReadWritePaths= opens what no setting has closed",
    directives: &["ReadWritePaths", "ProtectSystem"],
    source: include_str!("idle_read_write_path.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if has_other_root(settings) {
        return;
    }
    let entries = entries(settings);
    let mut lines: Vec<(Place, Vec<&str>)> = Vec::new();
    for item in settings.read_write_paths.0.iter().take(PATHS_MAX) {
        if is_touched(settings, &entries, &item.value.path) {
            continue;
        }
        let place = Place::from(item.origin);
        match lines.last_mut().filter(|(last, _)| *last == place) {
            Some((_, paths)) => paths.push(&item.value.path),
            None => lines.push((place, vec![&item.value.path])),
        }
    }
    let strict = *settings.protect_system == ProtectSystem::Strict;
    for (place, paths) in lines {
        let verb = if paths.len() == 1 { "is" } else { "are" };
        report.add(
            place,
            format!("{} {verb} writable without ReadWritePaths=: nothing makes it read-only", some(&paths)),
            match strict {
                true => "Write ProtectHome=read-only, or remove the line.",
                false => "Write ProtectSystem=strict, so that only these paths can be written to, or remove the line.",
            },
        );
    }
}
