//! # DeviceAllow= for a node that PrivateDevices= takes away
//!
//! ## What it finds
//!
//! `DeviceAllow=` for a device, beside `PrivateDevices=yes`, without a bind of the node.
//!
//! ## Why it matters
//!
//! `PrivateDevices=yes` gives the service a /dev that holds /dev/null and its like only. `DeviceAllow=`
//! grants access by number, it makes no node: the service fails with ENOENT.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! PrivateDevices=yes
//! DeviceAllow=/dev/fuse rw
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DevicePolicy=closed
//! DeviceAllow=/dev/fuse rw
//! ```
//!
//! ## When to ignore
//!
//! When the service gets an open descriptor of the device, or makes the node itself with CAP_MKNOD in the
//! bounding set.
//!
//! ## References
//!
//! systemd.exec(5), PrivateDevices=; systemd.resource-control(5), DeviceAllow=; tried with systemd 252 and
//! 262.

use crate::finding::{Place, Report};
use crate::questions::paths::{PATHS_MAX, is_within};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC010",
    name: "device-without-node",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "DeviceAllow= grants a device whose node PrivateDevices= takes away",
    directives: &["DeviceAllow", "PrivateDevices", "BindPaths", "DevicePolicy"],
    source: include_str!("device_without_node.rs"),
    check,
};

/// What a private /dev holds.
const PRESENT: [&str; 13] = [
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
    "/dev/shm", "/dev/mqueue", "/dev/hugepages", "char-pts", "char-tty",
];

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if !settings.private_devices.0 {
        return;
    }
    let binds = || {
        let binds = settings.binds.0.iter().take(PATHS_MAX);
        binds.map(|item| item.value.destination.as_str())
    };
    for rule in settings.device_allow.0.iter().take(PATHS_MAX) {
        let device = rule.device.as_str();
        let bound = match device.starts_with("/dev/") {
            true => binds().any(|path| is_within(device, path)),
            // A class: any node could be one of it.
            false => binds().any(|path| is_within(path, "/dev")),
        };
        let Some(origin) = rule.origin else {
            continue;
        };
        if report.is_full() || bound || PRESENT.iter().any(|path| is_within(device, path)) {
            continue;
        }
        let finding = report.add(
            Place::from(origin),
            format!("DeviceAllow={device} grants a device that is not in the private /dev of PrivateDevices=yes"),
            match device.starts_with("/dev/") {
                true => format!("Write DevicePolicy=closed instead of PrivateDevices=yes, or add BindPaths={device}."),
                false => "Write DevicePolicy=closed instead of PrivateDevices=yes.".to_owned(),
            },
        );
        finding.see(place(&settings.private_devices), "this takes the node away");
    }
}
