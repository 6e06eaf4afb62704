//! # DevicePolicy=strict without /dev/null
//!
//! ## What it finds
//!
//! `DevicePolicy=strict` without a `DeviceAllow=` that permits to read /dev/null, while standard input is
//! /dev/null, as it is by default.
//!
//! ## Why it matters
//!
//! systemd opens /dev/null inside the policy of the service. The start fails with 208 (STDIN).
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! DevicePolicy=strict
//! DeviceAllow=char-rtc r
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DevicePolicy=strict
//! DeviceAllow=/dev/null rw
//! DeviceAllow=char-rtc r
//! ```
//!
//! ## References
//!
//! systemd.resource-control(5), DevicePolicy=; `unitward explain 208`.

use unitward_settings::{DevicePolicy, Scope, Stream};

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB018",
    name: "null-device-denied",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "the device policy denies /dev/null, which systemd opens for every service",
    directives: &["DevicePolicy", "DeviceAllow", "StandardInput"],
    source: include_str!("null_device_denied.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let null = settings.standard_input.0 == Stream::Word("null");
    if *settings.device_policy != DevicePolicy::Strict || settings.scope == Scope::User || !null {
        return;
    }
    let permitted = settings.device_allow.0.iter().any(|rule| {
        let device = rule.device.as_str();
        rule.read && matches!(device, "/dev/null" | "char-*" | "char-mem" | "char-1" | "/dev/char/1:3")
    });
    if permitted {
        return;
    }
    report.add(
        place(&settings.device_policy),
        "DevicePolicy=strict denies /dev/null, which is standard input: the start fails with 208/STDIN",
        "Add DeviceAllow=/dev/null rw, or use DevicePolicy=closed.",
    );
}
