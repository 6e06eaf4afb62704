//! # Key of a later systemd
//!
//! ## What it finds
//!
//! A key that the systemd aimed at does not know yet.
//!
//! ## Why it matters
//!
//! systemd logs a warning and ignores the line. A protection that came with a later release is not there,
//! and nothing fails.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! PrivatePIDs=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectProc=invisible
//! ```
//!
//! ## When to ignore
//!
//! When one unit serves several releases of systemd: older ones ignore the line, newer ones apply it.
//!
//! ## References
//!
//! NEWS of systemd; systemd.exec(5), "Added in version"; `unitward explain DIRECTIVE`.

use unitward_settings::Cause;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWV001",
    name: "too-new-key",
    family: Family::Version,
    severity: Severity::Warning,
    summary: "a key came with a later systemd",
    directives: &[],
    source: include_str!("too_new_key.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let version = subject.settings().version;
    for remark in subject.diagnostics() {
        let Cause::TooNew { since } = remark.cause else {
            continue;
        };
        if report.is_full() {
            return;
        }
        let key = &remark.directive;
        let brought = match since {
            0 => "a later one brought it".to_owned(),
            since => format!("systemd {since} brought it"),
        };
        report.add(
            Place::from(remark.origin),
            format!("systemd {version} ignores {key}=: {brought}"),
            format!("Remove the line, or keep it for systems that have it and do not count on it here; see `unitward explain {key}`."),
        );
    }
}
