//! # AmbientCapabilities= of a service that runs as root
//!
//! ## What it finds
//!
//! `AmbientCapabilities=` in a unit whose commands run as root, without `SecureBits=noroot`.
//!
//! ## Why it matters
//!
//! Root has every capability of the bounding set anyway, and loses the ambient ones when it changes its
//! user. The line grants nothing, and it does not limit root to what it names: that is the work of
//! `CapabilityBoundingSet=`.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## When to ignore
//!
//! When the service itself sets the secure bits that give ambient capabilities a meaning for root.
//!
//! ## References
//!
//! capabilities(7), "Transformation of capabilities during execve"; tried with systemd 252 and 262.

use crate::finding::Report;
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC012",
    name: "ambient-capabilities-for-root",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "AmbientCapabilities= neither gives root anything nor limits it",
    directives: &["AmbientCapabilities", "CapabilityBoundingSet", "User", "SecureBits"],
    source: include_str!("ambient_capabilities_for_root.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let bits = &settings.secure_bits;
    let special = bits.has("noroot") || bits.has("no-setuid-fixup");
    let ambient = &settings.ambient_capabilities;
    if ambient.set.is_empty() || special || !is_root(settings) {
        return;
    }
    report.add(
        place(ambient),
        "AmbientCapabilities= changes nothing for root, which has the whole bounding set",
        "Write User= to run without root, or CapabilityBoundingSet= to limit it, and remove the line.",
    );
}
