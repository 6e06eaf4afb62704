//! # Fixed path of a dynamic user
//!
//! ## What it finds
//!
//! `DynamicUser=yes` with `ReadWritePaths=` for a path below /var, /srv, /opt or /etc.
//!
//! ## Why it matters
//!
//! `ReadWritePaths=` makes the mount writable and changes no permissions. The user of the service is made up at
//! the start and owns none of the files, so that writing fails with EACCES (tried with systemd 252). Were the
//! directory open to it, its files would belong to whoever gets the number next.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! DynamicUser=yes
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DynamicUser=yes
//! StateDirectory=example
//! ```
//!
//! ## When to ignore
//!
//! The directory is writable for everybody, or an access control list permits it.
//!
//! ## References
//!
//! systemd.exec(5), DynamicUser=, StateDirectory=.

use crate::questions::directories;
use crate::questions::paths::is_within;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB013",
    name: "fixed-path-of-dynamic-user",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "a user that changes writes to a path with a fixed owner",
    directives: &["DynamicUser", "ReadWritePaths", "StateDirectory"],
    source: include_str!("fixed_path_of_dynamic_user.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    // A named user may exist, and then nothing is dynamic; groups may give access.
    let named = settings.user.is_assigned() || !settings.supplementary_groups.0.is_empty() || settings.group.is_assigned();
    if !settings.dynamic_user.0 || named {
        return;
    }
    let made = directories::set(settings);
    for item in &settings.read_write_paths.0 {
        let path = &item.value.path;
        let fixed = ["/var", "/srv", "/opt", "/etc"].iter().any(|top| is_within(path, top));
        let shared = ["/var/tmp", "/var/run", "/var/lock"].iter().any(|top| is_within(path, top));
        if !fixed || shared || made.covers(path) || made.reaches(path) {
            continue;
        }
        report.add(
            Place::from(item.origin),
            format!("The files in {path} do not belong to the dynamic user, who cannot write there"),
            "Use StateDirectory=, CacheDirectory= or LogsDirectory=, which systemd hands over at each start.",
        );
    }
}
