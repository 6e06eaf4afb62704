//! # Device that the service is not shown
//!
//! ## What it finds
//!
//! A device in /dev among the arguments of a command, while `PrivateDevices=yes` hides all but the pseudo
//! devices, or a device policy does not permit it.
//!
//! ## Why it matters
//!
//! With `PrivateDevices=yes` the node does not exist; with a device policy opening it fails with EPERM.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/sbin/gpsd -N /dev/ttyS0
//! PrivateDevices=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/sbin/gpsd -N /dev/ttyS0
//! DevicePolicy=closed
//! DeviceAllow=/dev/ttyS0 rw
//! ```
//!
//! ## References
//!
//! systemd.exec(5), PrivateDevices=; systemd.resource-control(5), DeviceAllow=.

use std::collections::HashSet;

use unitward_settings::{DevicePolicy, Settings};

use crate::questions::commands::sandboxed;
use crate::questions::paths::{PathSet, is_within, named};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB009",
    name: "hidden-device",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "a command names a device that PrivateDevices= or the device policy takes away",
    directives: &["PrivateDevices", "DevicePolicy", "DeviceAllow", "ExecStart"],
    source: include_str!("hidden_device.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let policy = *settings.device_policy != DevicePolicy::Auto || !settings.device_allow.0.is_empty();
    if !settings.private_devices.0 && !policy {
        return;
    }
    let devices = Devices::of(settings);
    for (name, command) in sandboxed(settings) {
        let words = command.argv.iter().skip(1).flat_map(|word| named(word));
        let device = words.filter(|path| path.starts_with("/dev/")).find(|path| !devices.has(path));
        let Some(device) = device else {
            continue;
        };
        let (by, remedy) = match settings.private_devices.0 {
            true => (
                "PrivateDevices=yes hides",
                format!("Replace PrivateDevices= by DevicePolicy=closed and DeviceAllow={device}."),
            ),
            false => ("the device policy does not permit", format!("Add DeviceAllow={device}.")),
        };
        report.add(
            Place::from(command.origin),
            format!("{name}= names {device}, which {by}"),
            remedy,
        );
    }
}

/// The nodes that are there and may be opened.
struct Devices<'a> {
    binds: PathSet,
    allowed: HashSet<&'a str>,
    /// Whether a class of devices is allowed, which may be that of any node.
    class: bool,
}

impl<'a> Devices<'a> {
    fn of(settings: &'a Settings) -> Self {
        let binds = settings.binds.0.iter();
        let rules = settings.device_allow.0.iter().filter(|_| !settings.private_devices.0);
        let allowed: HashSet<&str> = rules.map(|rule| rule.device.as_str()).collect();
        let is_class = |device: &&str| device.starts_with("char-") || device.starts_with("block-");
        Self {
            binds: binds.map(|item| item.value.destination.as_str()).collect(),
            class: allowed.iter().any(is_class),
            allowed,
        }
    }

    fn has(&self, path: &str) -> bool {
        let pseudo = [
            "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
            "/dev/shm", "/dev/mqueue", "/dev/hugepages", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/log",
        ];
        path.contains(['$', '%', '*'])
            || pseudo.iter().any(|known| is_within(path, known))
            || self.binds.covers(path)
            || self.class
            || self.allowed.contains(path)
    }
}
