//! # Word that is skipped without a message
//!
//! ## What it finds
//!
//! A word in `SecureBits=`, `CapabilityBoundingSet=` or `AmbientCapabilities=` that systemd does not know.
//!
//! ## Why it matters
//!
//! systemd skips it and says nothing, not even in the journal, and `systemd-analyze verify` is silent too.
//! `SecureBits=no-root` switches nothing on; the word is `noroot`. A misspelt capability is missing from the
//! set. When no word of a `CapabilityBoundingSet=` line is known, the set becomes empty; after `~` nothing is
//! removed.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SecureBits=no-root no-root-locked
//! CapabilityBoundingSet=~CAP_SYS_PTRACE SYS_ADMIN
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SecureBits=noroot noroot-locked
//! CapabilityBoundingSet=~CAP_SYS_PTRACE CAP_SYS_ADMIN
//! ```
//!
//! ## References
//!
//! capabilities(7); systemd.exec(5), "Capabilities"; observed in systemd 252, 257 and 262.

use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::{excerpt, expectation};
use crate::questions::{meant, newer};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX007",
    name: "silently-skipped-word",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "systemd skips a word and says nothing",
    directives: &["SecureBits", "CapabilityBoundingSet", "AmbientCapabilities"],
    source: include_str!("silently_skipped_word.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for remark in subject.diagnostics() {
        let word = remark.cause == Cause::Value && remark.effect == Effect::SkippedSilently;
        if report.is_full() || !word || newer::is_new(subject, remark) {
            continue;
        }
        let name = &remark.directive;
        let message = format!(
            "systemd skips {} in {name}= without a message{}",
            excerpt(&remark.word),
            expectation(&remark.expected)
        );
        let remedy = match meant::word(name, &remark.word, subject.settings().version) {
            Some(word) => format!("Write {word}."),
            None => format!("Correct or remove the word; see `unitward explain {name}`."),
        };
        report.add(Place::part(remark.origin, remark.range.clone()), message, remedy);
    }
}
