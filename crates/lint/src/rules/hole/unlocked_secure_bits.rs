//! # SecureBits= that the service can take back
//!
//! ## What it finds
//!
//! `SecureBits=` with `noroot` or `no-setuid-fixup` but without its `-locked` twin, while
//! `CapabilityBoundingSet=` keeps CAP_SETPCAP.
//!
//! ## Why it matters
//!
//! A process with CAP_SETPCAP clears the bits again with one prctl, for itself and all that it starts. The
//! locked twin forbids it for good.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SecureBits=noroot no-setuid-fixup
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SecureBits=noroot noroot-locked no-setuid-fixup no-setuid-fixup-locked
//! ```
//!
//! ## References
//!
//! capabilities(7), "The securebits flags".

use unitward_catalog::Capability;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH018",
    name: "unlocked-secure-bits",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a bit of SecureBits= is not locked while CAP_SETPCAP is there",
    directives: &["SecureBits", "CapabilityBoundingSet"],
    source: include_str!("unlocked_secure_bits.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let bits = &settings.secure_bits;
    if !settings.capability_bounding_set.set.contains(Capability::SETPCAP) {
        return;
    }
    for (bit, lock) in [
        ("noroot", "noroot-locked"),
        ("no-setuid-fixup", "no-setuid-fixup-locked"),
    ] {
        if bits.has(bit) && !bits.has(lock) {
            report.add(
                place(bits),
                format!("A process with CAP_SETPCAP can take {bit} back"),
                format!("Add {lock}."),
            );
        }
    }
}
