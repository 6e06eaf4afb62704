//! # Sandbox of a user unit without a user namespace
//!
//! ## What it finds
//!
//! Settings that make namespaces, in a unit of a user manager before systemd 254, without
//! `PrivateUsers=yes`.
//!
//! ## Why it matters
//!
//! Without privileges a user manager makes other namespaces only inside a user namespace. Up to 253 it does
//! not make one by itself: `ProtectSystem=`, `PrivateTmp=` and their like are skipped, and the service
//! starts without them. 254 and later imply `PrivateUsers=self`.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! PrivateUsers=yes
//! ```
//!
//! ## References
//!
//! systemd.exec(5), PrivateUsers=; NEWS of systemd 251 and 254.

use unitward_catalog::Version;
use unitward_settings::{PrivateUsers, Scope, boolean};

use crate::finding::{Fix, Place, Report, Safety};
use crate::questions::text::listed;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC021",
    name: "user-manager-without-user-namespace",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "before systemd 254 a user unit needs PrivateUsers=yes for its sandbox",
    directives: &["PrivateUsers", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "PrivateNetwork", "PrivateIPC", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths"],
    source: include_str!("user_manager_without_user_namespace.rs"),
    check,
};

/// The release that makes the user namespace by itself.
const IMPLIES_PRIVATE_USERS: Version = Version::new(254);

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if settings.scope != Scope::User
        || settings.version >= IMPLIES_PRIVATE_USERS
        || *settings.private_users != PrivateUsers::No
    {
        return;
    }
    let mut names = Vec::new();
    let mut place = None;
    for name in RULE.directives.iter().filter(|name| **name != "PrivateUsers") {
        let Some((origin, text)) = subject.last(name) else {
            continue;
        };
        if boolean(text) != Some(false) {
            names.push(format!("{name}="));
            place.get_or_insert(Place::from(origin));
        }
    }
    if names.is_empty() {
        return;
    }
    let verb = if names.len() == 1 { "has" } else { "have" };
    let version = settings.version;
    let finding = report.add(
        place,
        format!("{} {verb} no effect in a user manager of systemd {version} without PrivateUsers=yes", listed(&names)),
        "Write PrivateUsers=yes.",
    );
    finding.fix(Fix {
        section: subject.section(),
        lines: vec!["PrivateUsers=yes".to_owned()],
        safety: Safety::Unsafe,
    });
}
