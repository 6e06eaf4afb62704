//! # Drop-in that adds capabilities
//!
//! ## What it finds
//!
//! A drop-in after which the bounding set or the ambient set holds capabilities that it does not hold
//! without drop-ins. It is a warning when one of them leads to root, or when no limit is left.
//!
//! ## Why it matters
//!
//! The main file reads as if the service could do little. `CapabilityBoundingSet=~` lifts the limit
//! altogether.
//!
//! ## Example
//!
//! `exampled.service.d/capabilities.conf`:
//!
//! ```ini
//! [Service]
//! CapabilityBoundingSet=~
//! ```
//!
//! ## Use instead
//!
//! `exampled.service.d/capabilities.conf`:
//!
//! ```ini
//! [Service]
//! CapabilityBoundingSet=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## References
//!
//! capabilities(7); systemd.exec(5), CapabilityBoundingSet=.

use unitward_catalog::{Capabilities, Capability, capability_page};
use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::questions::drop_ins::is_drop_in;
use crate::questions::text::listed;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWD003",
    name: "capabilities-added",
    family: Family::Weakening,
    severity: Severity::Note,
    summary: "a drop-in gives a service more capabilities",
    directives: &["CapabilityBoundingSet", "AmbientCapabilities"],
    source: include_str!("capabilities_added.rs"),
    check,
};

/// More are not named one by one.
const NAMES_MAX: usize = 6;

/// What protections take out of any set.
const TAKEN: Capabilities = Capabilities::of(&[
    Capability::MKNOD,
    Capability::SYS_RAWIO,
    Capability::SYS_MODULE,
    Capability::SYSLOG,
    Capability::SYS_TIME,
    Capability::WAKE_ALARM,
]);

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let (Some(before), now) = (subject.without_drop_ins(), subject.settings()) else {
        return;
    };
    let bounding = (before.capability_bounding_set.set, now.capability_bounding_set.set);
    let ambient = (before.ambient_capabilities.set, now.ambient_capabilities.set);
    for (name, (before, now), limit) in [
        ("CapabilityBoundingSet", bounding, "the capabilities of this unit are not limited any more"),
        ("AmbientCapabilities", ambient, "the service gets all capabilities"),
    ] {
        let added = now.without(before).intersection(Capabilities::NAMED);
        let Some(origin) = adding_line(subject, name).filter(|_| !added.is_empty()) else {
            continue;
        };
        let names: Vec<&str> = added.iter().filter_map(Capability::name).collect();
        let all = now.union(TAKEN).intersection(Capabilities::NAMED) == Capabilities::NAMED;
        let message = match (all, names.get(..NAMES_MAX)) {
            (true, _) => format!("This drop-in lifts {name}=: {limit}"),
            (_, Some(first)) if names.len() > NAMES_MAX => {
                let more = names.len() - NAMES_MAX;
                format!("This drop-in adds {} and {more} more to {name}=", first.join(", "))
            }
            _ => format!("This drop-in adds {} to {name}=", listed(&names)),
        };
        let root = |capability| capability_page(capability).is_some_and(|page| page.danger == "root");
        let dangerous = all || added.iter().any(root);
        let finding = report.add(
            Place::from(origin),
            message,
            "Add only the capabilities that the service was seen to need.",
        );
        if dangerous {
            finding.severity(Severity::Warning);
        }
    }
}

/// The last line of a drop-in that is about a set.
fn adding_line(subject: &Subject<'_>, name: &str) -> Option<Origin> {
    let lines = subject.lines(name).map(|(origin, _)| origin);
    lines.filter(|origin| is_drop_in(subject, *origin)).last()
}
