//! # SecureBits=keep-caps beside no-setuid-fixup
//!
//! ## What it finds
//!
//! `keep-caps` in a `SecureBits=` that also has `no-setuid-fixup`.
//!
//! ## Why it matters
//!
//! `keep-caps` keeps the permitted capabilities when a process changes from user 0 to another one.
//! `no-setuid-fixup` switches off all adjustment of capabilities when user ids change, so there is nothing
//! left that `keep-caps` could do. The kernel also clears `keep-caps` at every execve. The line suggests a
//! protection, or a permission, that is not there.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SecureBits=keep-caps no-setuid-fixup
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SecureBits=no-setuid-fixup no-setuid-fixup-locked
//! ```
//!
//! ## References
//!
//! capabilities(7), "The securebits flags"; prctl(2), PR_SET_KEEPCAPS.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC001",
    name: "keep-caps-beside-no-setuid-fixup",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "keep-caps does nothing beside no-setuid-fixup",
    directives: &["SecureBits"],
    source: include_str!("keep_caps_beside_no_setuid_fixup.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let bits = &subject.settings().secure_bits;
    if bits.has("keep-caps") && bits.has("no-setuid-fixup") {
        report.add(
            place(bits),
            "keep-caps does nothing here, because no-setuid-fixup already keeps capabilities over a change of user",
            "Remove keep-caps.",
        );
    }
}
