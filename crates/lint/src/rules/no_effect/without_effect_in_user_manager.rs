//! # Setting that has no effect in a user manager
//!
//! ## What it finds
//!
//! Settings that need the privileges of the system manager, in a unit of a user manager: device and network
//! policies (`DevicePolicy=`, `DeviceAllow=`, `IPAddressAllow=`, `IPAddressDeny=`, `SocketBindAllow=`,
//! `RestrictFileSystems=` and others) and `ProtectProc=`, `ProcSubset=`.
//!
//! ## Why it matters
//!
//! The service starts, and nothing says that the restriction is missing.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! IPAddressDeny=any
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! PrivateNetwork=yes
//! ```
//!
//! ## References
//!
//! systemd.resource-control(5); tried with user managers of systemd 257 and 262.

use unitward_settings::Scope;

use crate::finding::{Place, Report};
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC020",
    name: "without-effect-in-user-manager",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a setting has no effect in the manager of a user",
    directives: &["DevicePolicy", "DeviceAllow", "IPAddressAllow", "IPAddressDeny", "IPIngressFilterPath", "IPEgressFilterPath", "BPFProgram", "SocketBindAllow", "SocketBindDeny", "RestrictFileSystems", "RestrictNetworkInterfaces", "NFTSet", "ProtectProc", "ProcSubset"],
    source: include_str!("without_effect_in_user_manager.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.settings().scope != Scope::User {
        return;
    }
    for name in RULE.directives {
        let Some((origin, text)) = subject.last(name) else {
            continue;
        };
        if matches!(text, "auto" | "default" | "all") {
            continue;
        }
        report.add(
            Place::from(origin),
            format!("{name}={} has no effect in a user manager", excerpt(text)),
            match *name {
                "IPAddressAllow" | "IPAddressDeny" => "Write PrivateNetwork=yes if the service needs no network, or remove the line.",
                "DevicePolicy" | "DeviceAllow" => "Write PrivateDevices=yes, or remove the line.",
                _ => "Remove the line, or run the service in the system manager.",
            },
        );
    }
}
