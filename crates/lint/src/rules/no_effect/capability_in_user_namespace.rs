//! # Capability that has no power in a user namespace
//!
//! ## What it finds
//!
//! A capability in `AmbientCapabilities=` that counts for the host only, beside `PrivateUsers=` with a
//! value other than no.
//!
//! ## Why it matters
//!
//! In a user namespace capabilities have power over what belongs to the namespace. The network of the
//! service, the clock and the kernel do not: a bind to port 80 fails with EACCES although
//! CAP_NET_BIND_SERVICE is there. A private network does not help, because systemd makes it before the user
//! namespace, unless `DelegateNamespaces=net` (systemd 258) turns the order around.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! PrivateUsers=yes
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! PrivateUsers=no
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## References
//!
//! user_namespaces(7); systemd.exec(5), PrivateUsers=; tried with systemd 252 and 262.

use unitward_catalog::{Capabilities, Capability};
use unitward_settings::{PrivateUsers, Scope};

use crate::finding::Report;
use crate::questions::text::listed;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC014",
    name: "capability-in-user-namespace",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "an ambient capability has no power in the user namespace of PrivateUsers=",
    directives: &["AmbientCapabilities", "PrivateUsers", "DelegateNamespaces"],
    source: include_str!("capability_in_user_namespace.rs"),
    check,
};

/// What the kernel asks the first user namespace for, or the one that owns the network.
const OF_THE_HOST: Capabilities = Capabilities::of(&[
    Capability::NET_BIND_SERVICE,
    Capability::NET_ADMIN,
    Capability::NET_RAW,
    Capability::SYS_TIME,
    Capability::SYS_MODULE,
    Capability::SYS_RAWIO,
    Capability::SYS_BOOT,
    Capability::SYSLOG,
    Capability::MKNOD,
    Capability::IPC_LOCK,
    Capability::SYS_RESOURCE,
    Capability::WAKE_ALARM,
    Capability::BLOCK_SUSPEND,
]);

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let users = &settings.private_users;
    if **users == PrivateUsers::No
        || settings.scope == Scope::User
        || subject.last("DelegateNamespaces").is_some()
    {
        return;
    }
    let ambient = &settings.ambient_capabilities;
    let idle = ambient.set.intersection(OF_THE_HOST);
    let idle: Vec<&str> = idle.iter().filter_map(Capability::name).collect();
    if idle.is_empty() {
        return;
    }
    let verb = if idle.len() == 1 { "has" } else { "have" };
    let finding = report.add(
        place(ambient),
        format!("{} {verb} no power in the user namespace of PrivateUsers={}", listed(&idle), users.word()),
        "Write PrivateUsers=no, or do without these capabilities.",
    );
    finding.see(place(users), "this makes the user namespace");
}
