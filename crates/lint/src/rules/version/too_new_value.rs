//! # Value of a later systemd
//!
//! ## What it finds
//!
//! A value, or a word in a list, that a later systemd reads and the one aimed at does not.
//!
//! ## Why it matters
//!
//! systemd ignores the line or the word. `PrivateTmp=disconnected` on systemd 252 is not "a little less
//! private": the line is ignored, and the service uses the /tmp of the host.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! PrivateTmp=disconnected
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! PrivateTmp=yes
//! ```
//!
//! ## When to ignore
//!
//! When one unit serves several releases of systemd, and an earlier line has the value for the older ones.
//!
//! ## References
//!
//! NEWS of systemd; `unitward explain DIRECTIVE`.

use unitward_settings::Effect;

use crate::finding::{Place, Report};
use crate::questions::newer;
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWV004",
    name: "too-new-value",
    family: Family::Version,
    severity: Severity::Warning,
    summary: "a value came with a later systemd",
    directives: &[],
    source: include_str!("too_new_value.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let version = subject.settings().version;
    for remark in subject.diagnostics() {
        let Some(since) = newer::since(subject, remark) else {
            continue;
        };
        if report.is_full() {
            return;
        }
        let (key, word) = (&remark.directive, excerpt(&remark.word));
        let what = match remark.effect {
            Effect::Skipped => format!("skips {word} in {key}="),
            Effect::SkippedSilently => format!("skips {word} in {key}= without a message"),
            Effect::Refused => format!("refuses the unit because of {key}={word}"),
            Effect::EndsDropIn => format!("does not read the rest of the drop-in after {key}={word}"),
            _ => format!("ignores {key}={word}"),
        };
        report.add(
            Place::part(remark.origin, remark.range.clone()),
            format!("systemd {version} {what}; systemd {since} reads it"),
            format!("Write a value that systemd {version} knows; see `unitward explain {key}`."),
        );
    }
}
