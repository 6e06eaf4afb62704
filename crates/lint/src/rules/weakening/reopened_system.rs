//! # Drop-in that makes system directories writable
//!
//! ## What it finds
//!
//! `ReadWritePaths=` or `BindPaths=` in a drop-in for a directory that holds programs or configuration of
//! the whole system, such as /usr, /etc or /usr/lib, where the unit protects it.
//!
//! ## Why it matters
//!
//! Whoever can write there can replace programs that root runs. `ProtectSystem=` still reads as if it
//! protected them.
//!
//! ## Example
//!
//! `exampled.service.d/paths.conf`:
//!
//! ```ini
//! [Service]
//! ReadWritePaths=/etc
//! ```
//!
//! ## Use instead
//!
//! `exampled.service.d/paths.conf`:
//!
//! ```ini
//! [Service]
//! ReadWritePaths=/etc/example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), ReadWritePaths=, ProtectSystem=.

use unitward_settings::ProtectSystem;
use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::questions::drop_ins::is_drop_in;
use crate::questions::mounts::{Access, entries, has_other_root, is_touched};
use crate::questions::paths::PATHS_MAX;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWD005",
    name: "reopened-system",
    family: Family::Weakening,
    severity: Severity::Warning,
    summary: "a drop-in makes directories of the system writable",
    directives: &["ReadWritePaths", "BindPaths", "ProtectSystem"],
    source: include_str!("reopened_system.rs"),
    check,
};

/// Directories of the system as a whole.
const SYSTEM: [&str; 19] = [
    "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/local",
    "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/etc/systemd",
    "/boot", "/efi",
];

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if *settings.protect_system == ProtectSystem::No || has_other_root(settings) {
        return;
    }
    let entries = entries(settings);
    // The same path in a stricter list wins, and the line does nothing.
    let loses = |path: &str| {
        let mut same = entries.iter().filter(|entry| entry.path == path);
        same.any(|entry| entry.access == Access::ReadOnly)
    };
    let paths = settings.read_write_paths.0.iter().take(PATHS_MAX);
    let paths = paths.map(|item| (item.origin, "ReadWritePaths", item.value.path.as_str()));
    let binds = settings.binds.0.iter().take(PATHS_MAX).filter(|item| !item.value.read_only);
    let binds = binds.map(|item| (item.origin, "BindPaths", item.value.destination.as_str()));
    let opens = |(origin, name, path): &(Origin, &str, &str)| {
        SYSTEM.contains(path)
            && is_drop_in(subject, *origin)
            && is_touched(settings, &entries, path)
            && !(*name == "ReadWritePaths" && loses(path))
    };
    for (origin, name, path) in paths.chain(binds).filter(opens) {
        let finding = report.add(
            Place::from(origin),
            format!("This drop-in makes {path} writable again, which ProtectSystem={} protects", settings.protect_system.word()),
            format!("Name the files or directories below {path} that are written to in {name}=."),
        );
        finding.see(place(&settings.protect_system), "this protects it");
    }
}
