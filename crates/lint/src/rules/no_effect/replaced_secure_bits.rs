//! # SecureBits= line that a later one replaces
//!
//! ## What it finds
//!
//! Several `SecureBits=` lines, of which an earlier one has bits that the last one lacks.
//!
//! ## Why it matters
//!
//! The manual says that lines add up. They do not: in systemd 252, 257 and 262 the last line replaces the
//! ones before, so that `noroot` in the first is gone.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SecureBits=noroot
//! SecureBits=noroot-locked
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SecureBits=noroot noroot-locked
//! ```
//!
//! ## References
//!
//! systemd.exec(5), SecureBits=; observed in systemd 252, 257 and 262.

use std::collections::HashSet;

use crate::finding::{Place, Report};
use crate::questions::text::some;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC016",
    name: "replaced-secure-bits",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "a later SecureBits= line replaces an earlier one",
    directives: &["SecureBits"],
    source: include_str!("replaced_secure_bits.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut before: Vec<_> = Vec::new();
    for (origin, line) in subject.lines("SecureBits") {
        match line.value.text() {
            "" => before.clear(),
            text => before.push((origin, text)),
        }
    }
    let Some((last, text)) = before.pop() else {
        return;
    };
    let kept: HashSet<&str> = text.split_ascii_whitespace().collect();
    for (origin, earlier) in before {
        let bits = earlier.split_ascii_whitespace();
        let lost: Vec<&str> = bits.filter(|bit| !kept.contains(bit)).collect();
        if report.is_full() || lost.is_empty() {
            continue;
        }
        let finding = report.add(
            Place::from(origin),
            format!("A later SecureBits= line replaces this one: {} is not set", some(&lost)),
            "Write all bits in one line.",
        );
        finding.see(Place::from(last), "this line counts");
    }
}
