//! # Root with all capabilities in a hardened unit
//!
//! ## What it finds
//!
//! A unit with `ProtectSystem=` (or `ReadOnlyPaths=`) and at least four more protections that runs as root,
//! does not set `CapabilityBoundingSet=`, and lets the service mount.
//!
//! ## Why it matters
//!
//! Root with CAP_SYS_ADMIN remounts what `ProtectSystem=` made read-only with one system call (tried with
//! systemd 252). The other protections hold back mistakes, not an attacker.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ProtectHome=yes
//! PrivateTmp=yes
//! ProtectKernelTunables=yes
//! ProtectControlGroups=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ProtectHome=yes
//! PrivateTmp=yes
//! ProtectKernelTunables=yes
//! ProtectControlGroups=yes
//! CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID
//! ```
//!
//! ## References
//!
//! systemd.exec(5), "Sandboxing"; capabilities(7).

use unitward_catalog::Capability;
use unitward_settings::{PrivateUsers, ProtectSystem};

use crate::questions::filters;
use crate::questions::sandbox::protections;
use crate::questions::user::is_root;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH008",
    name: "hardened-root-with-all-capabilities",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a unit that hardens much runs as root with CAP_SYS_ADMIN",
    directives: &["CapabilityBoundingSet", "User", "DynamicUser", "ProtectSystem"],
    source: include_str!("root_with_all_capabilities.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let tree = match settings.protect_system.is_assigned() && *settings.protect_system != ProtectSystem::No {
        true => place(&settings.protect_system),
        false => settings.read_only_paths.0.first().map(|item| Place::from(item.origin)),
    };
    let Some(tree) = tree else {
        return;
    };
    let can_mount = filters::passes(settings, "mount") || filters::passes(settings, "mount_setattr");
    if !is_root(settings)
        || subject.lines("CapabilityBoundingSet").next().is_some()
        || !settings.bounding_set().contains(Capability::SYS_ADMIN)
        || !can_mount
        || *settings.private_users != PrivateUsers::No
        || protections(settings) < 5
    {
        return;
    }
    report.add(
        tree,
        "The service runs as root with CAP_SYS_ADMIN, which can undo the mounts of its sandbox",
        "Set User= or DynamicUser=yes, or name what the service needs in CapabilityBoundingSet=.",
    );
}
