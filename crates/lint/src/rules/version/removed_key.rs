//! # Key that is gone
//!
//! ## What it finds
//!
//! A key that older releases of systemd read, and the one aimed at does not any more.
//!
//! ## Why it matters
//!
//! systemd logs that support was removed, or that the key is unknown, and ignores the line. A unit with
//! `MemoryLimit=` runs without any limit on systemd 258 and later.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! MemoryLimit=1G
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! MemoryMax=1G
//! ```
//!
//! ## References
//!
//! NEWS of systemd; systemd.resource-control(5), "Deprecated options".

use unitward_catalog::{Directive, directive};
use unitward_settings::Cause;

use crate::finding::{Fix, Place, Report, Safety};
use crate::questions::lines::value;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWV002",
    name: "removed-key",
    family: Family::Version,
    severity: Severity::Warning,
    summary: "the systemd aimed at does not read a key any more",
    directives: &["MemoryLimit", "CPUShares", "BlockIOWeight", "Capabilities"],
    source: include_str!("removed_key.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let version = subject.settings().version;
    for remark in subject.diagnostics() {
        if report.is_full() || remark.cause != Cause::Removed {
            continue;
        }
        let key = &remark.directive;
        let new = directive(key).and_then(successor);
        let finding = report.add(
            Place::from(remark.origin),
            format!("systemd {version} ignores {key}=, which was removed"),
            match new {
                Some(new) => format!("Write {new}=."),
                None => "Remove the line.".to_owned(),
            },
        );
        // Nothing is lost when nothing replaces it.
        if new.is_none() {
            finding.severity(Severity::Note);
        }
        // Other successors have another scale.
        let same_scale = key == "MemoryLimit";
        if let (Some(new), Some(text), true) = (new, value(subject, remark.origin), same_scale) {
            finding.fix(Fix {
                section: subject.section(),
                lines: vec![format!("{new}={text}")],
                safety: Safety::Unsafe,
            });
        }
    }
}

/// The name that took its place, as its page says.
pub(super) fn successor(directive: &'static Directive) -> Option<&'static str> {
    let (_, rest) = directive.summary().split_once("; ")?;
    rest.strip_suffix('.')?.strip_suffix("= replaces it")
}
