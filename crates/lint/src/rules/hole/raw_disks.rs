//! # Disks that root can open beside a read-only tree
//!
//! ## What it finds
//!
//! A unit that runs as root, takes capabilities away or protects the tree as `ReadOnlyPaths=/` or
//! `ProtectSystem=full` and `strict` do, and restricts no device.
//!
//! ## Why it matters
//!
//! Mounts are read-only, the disk below is not: root opens /dev/sda and changes the file system, or reads what
//! `InaccessiblePaths=` hides. No capability is needed, because the nodes belong to root.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ReadOnlyPaths=/
//! ReadWritePaths=/run
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ReadOnlyPaths=/
//! ReadWritePaths=/run
//! PrivateDevices=yes
//! ```
//!
//! ## When to ignore
//!
//! The service works on disks, as smartd does.
//!
//! ## References
//!
//! systemd.resource-control(5), DevicePolicy=; systemd.exec(5), PrivateDevices=.

use unitward_settings::{DevicePolicy, PrivateUsers, ProtectSystem};

use crate::questions::user::is_root;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH010",
    name: "raw-disks",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "root can write to the disks below a read-only tree",
    directives: &["PrivateDevices", "DevicePolicy", "DeviceAllow", "ProtectSystem", "ReadOnlyPaths"],
    source: include_str!("raw_disks.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let whole = settings.read_only_paths.0.iter().find(|item| item.value.path == "/");
    let tree = match (*settings.protect_system, whole) {
        (ProtectSystem::Full | ProtectSystem::Strict, _) => place(&settings.protect_system),
        (_, Some(item)) => Some(Place::from(item.origin)),
        _ => return,
    };
    let restricted = *settings.device_policy != DevicePolicy::Auto || !settings.device_allow.0.is_empty();
    if restricted || !is_root(settings) || *settings.private_users != PrivateUsers::No {
        return;
    }
    report.add(
        tree,
        "Root can write to the disks themselves, past the read-only tree",
        "Add PrivateDevices=yes, or DevicePolicy=closed with the devices that are needed.",
    );
}
