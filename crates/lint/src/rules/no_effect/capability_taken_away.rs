//! # Capability that another setting takes away
//!
//! ## What it finds
//!
//! A capability that `CapabilityBoundingSet=` names and that `PrivateDevices=` (CAP_MKNOD, CAP_SYS_RAWIO),
//! `ProtectClock=` (CAP_SYS_TIME, CAP_WAKE_ALARM), `ProtectKernelLogs=` (CAP_SYSLOG) or
//! `ProtectKernelModules=` (CAP_SYS_MODULE) removes from the set.
//!
//! ## Why it matters
//!
//! The protection wins, whichever line comes first. The service runs without a capability that its unit
//! says it has.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! CapabilityBoundingSet=CAP_SYS_TIME
//! ProtectClock=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! CapabilityBoundingSet=CAP_SYS_TIME
//! ProtectClock=no
//! ```
//!
//! ## References
//!
//! systemd.exec(5); tried with systemd 252 and 262.

use unitward_catalog::{Capabilities, Capability};
use unitward_settings::{Flag, Setting};
use unitward_unit::words::{Mode, Words};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC013",
    name: "capability-taken-away",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a setting removes a capability that CapabilityBoundingSet= names",
    directives: &["CapabilityBoundingSet", "PrivateDevices", "ProtectClock", "ProtectKernelLogs", "ProtectKernelModules"],
    source: include_str!("capability_taken_away.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let takers: [(&Setting<Flag>, &str, Capabilities); 4] = [
        (&settings.private_devices, "PrivateDevices", DEVICES),
        (&settings.protect_clock, "ProtectClock", CLOCK),
        (&settings.protect_kernel_logs, "ProtectKernelLogs", LOGS),
        (&settings.protect_kernel_modules, "ProtectKernelModules", MODULES),
    ];
    for (capability, at) in named(subject) {
        let taker = takers.iter().find(|(flag, _, takes)| flag.0 && takes.contains(capability));
        let (Some((flag, by, _)), Some(name)) = (taker, capability.name()) else {
            continue;
        };
        let finding = report.add(
            at,
            format!("{by}=yes takes {name} away again"),
            format!("Remove {name}, or write {by}=no."),
        );
        finding.see(place(flag), "this takes it away");
    }
}

const DEVICES: Capabilities = Capabilities::of(&[Capability::MKNOD, Capability::SYS_RAWIO]);
const CLOCK: Capabilities = Capabilities::of(&[Capability::SYS_TIME, Capability::WAKE_ALARM]);
const LOGS: Capabilities = Capabilities::of(&[Capability::SYSLOG]);
const MODULES: Capabilities = Capabilities::of(&[Capability::SYS_MODULE]);

/// The capabilities that the unit asks for by name, each with its place.
fn named(subject: &Subject<'_>) -> Vec<(Capability, Place)> {
    let mut named: Vec<(Capability, Place)> = Vec::new();
    for (origin, line) in subject.lines("CapabilityBoundingSet") {
        let text = line.value.text();
        if text.is_empty() {
            named.clear();
        }
        let list = text.strip_prefix('~');
        for word in Words::new(list.unwrap_or(text), Mode::UNQUOTE).map_while(Result::ok) {
            let Some(capability) = Capability::by_name(&word.text) else {
                continue;
            };
            named.retain(|(known, _)| *known != capability);
            if list.is_none() {
                named.push((capability, Place::part(origin, word.range)));
            }
        }
    }
    named
}
