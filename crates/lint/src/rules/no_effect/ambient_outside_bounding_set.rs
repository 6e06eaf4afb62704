//! # Ambient capability outside of the bounding set
//!
//! ## What it finds
//!
//! A capability in `AmbientCapabilities=` that is not in the bounding set, because `CapabilityBoundingSet=`
//! leaves it out or another setting removes it.
//!
//! ## Why it matters
//!
//! systemd drops the capability without a message, and the service starts without it. It will fail later,
//! where it needs it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! CapabilityBoundingSet=CAP_CHOWN
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! CapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## References
//!
//! systemd.exec(5), AmbientCapabilities=; capabilities(7); tried with systemd 252 and 262.

use unitward_catalog::{Capabilities, Capability};

use crate::finding::Report;
use crate::questions::text::listed;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC011",
    name: "ambient-outside-bounding-set",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "an ambient capability is not in the bounding set",
    directives: &["AmbientCapabilities", "CapabilityBoundingSet", "PrivateDevices", "ProtectClock", "ProtectKernelModules", "ProtectKernelLogs"],
    source: include_str!("ambient_outside_bounding_set.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let ambient = &settings.ambient_capabilities;
    let bounding = &settings.capability_bounding_set;
    // A list of exceptions asks for all the others, wherever they come from.
    let excepts = |(_, line): (_, unitward_unit::Assignment<'_>)| line.value.text().starts_with('~');
    if ambient.set.is_empty() || subject.lines("AmbientCapabilities").any(excepts) {
        return;
    }
    let missing = ambient.set.without(bounding.set).intersection(Capabilities::NAMED);
    let missing: Vec<&str> = missing.iter().filter_map(Capability::name).collect();
    if missing.is_empty() {
        return;
    }
    let (verb, it) = if missing.len() == 1 { ("is", "it") } else { ("are", "them") };
    let finding = report.add(
        place(ambient),
        format!("{} {verb} not in the bounding set, so the service does not get {it}", listed(&missing)),
        match bounding.implied_by() {
            Some(by) => format!("Remove {by}=, or add to CapabilityBoundingSet= what is missing there."),
            None => format!("Add {} to CapabilityBoundingSet=.", listed(&missing)),
        },
    );
    finding.see(place(bounding), "the bounding set");
}
