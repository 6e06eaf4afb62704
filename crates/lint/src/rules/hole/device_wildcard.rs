//! # Devices that give the whole machine away
//!
//! ## What it finds
//!
//! `DeviceAllow=` for all character or block devices, for memory (/dev/mem, /dev/kmem, /dev/port), or for whole
//! disks.
//!
//! ## Why it matters
//!
//! `char-*` includes the memory of the machine, `block-*` every disk. Who can write to a disk changes every
//! file on it, whatever is mounted read-only; who can read it reads every file.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! DeviceAllow=char-* rw
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DeviceAllow=char-rtc r
//! DeviceAllow=/dev/example0 rw
//! ```
//!
//! ## When to ignore
//!
//! The service works on disks, as smartd does, and has no narrower class.
//!
//! ## References
//!
//! systemd.resource-control(5), DeviceAllow=.

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH016",
    name: "device-wildcard",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "DeviceAllow= permits memory, disks or every device",
    directives: &["DeviceAllow"],
    source: include_str!("device_wildcard.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    for rule in &settings.device_allow.0 {
        let (Some(origin), Some(what)) = (rule.origin, gives(&rule.device)) else {
            continue;
        };
        let deed = match (rule.read, rule.write) {
            (_, true) => "write to",
            (true, false) => "read",
            _ => continue,
        };
        let finding = report.add(
            Place::from(origin),
            format!("DeviceAllow={} lets the service {deed} {what}", rule.device),
            "Name the devices that the service needs.",
        );
        if !rule.write {
            finding.severity(Severity::Note);
        }
    }
}

/// What a device, or a class of devices, gives.
fn gives(device: &str) -> Option<&'static str> {
    let disks = ["/dev/sd", "/dev/nvme", "/dev/vd", "/dev/xvd", "/dev/mmcblk", "/dev/dm-", "/dev/md", "/dev/disk/", "/dev/mapper/"];
    match device {
        "char-*" => Some("every character device, the memory of the machine included"),
        "block-*" => Some("every disk"),
        "char-mem" | "/dev/mem" | "/dev/kmem" => Some("the memory of the machine"),
        "/dev/port" => Some("the ports of all hardware"),
        "block-sd" | "block-nvme" | "block-blkext" | "block-virtblk" | "block-device-mapper" => Some("disks"),
        "/dev/mapper/control" => None,
        _ => disks.iter().any(|disk| device.starts_with(disk)).then_some("a disk, past its file systems"),
    }
}
