//! # Empty assignment that resets nothing
//!
//! ## What it finds
//!
//! `Key=` without a value, for a key that systemd does not reset this way.
//!
//! ## Why it matters
//!
//! An empty assignment clears lists. For booleans and most words systemd logs a warning and keeps the value
//! that is there: a drop-in with `ProtectHome=` leaves `ProtectHome=yes` of the main file in force.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectHome=
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectHome=no
//! ```
//!
//! ## References
//!
//! systemd.syntax(7); observed with every key in systemd 252, 257 and 262.

use unitward_catalog::directive;
use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX012",
    name: "empty-without-reset",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "an empty assignment does not go back to the default",
    directives: &[],
    source: include_str!("empty_without_reset.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for remark in subject.diagnostics() {
        let value = remark.cause == Cause::Value && remark.effect == Effect::Ignored;
        if report.is_full() || !value || !remark.word.is_empty() {
            continue;
        }
        let name = &remark.directive;
        let default = directive(name).map_or("", |directive| directive.default);
        let remedy = match default {
            "" => "Write a value, or remove the line.".to_owned(),
            _ if default.contains([' ', ',', '(']) => "Write a value, or remove the line.".to_owned(),
            _ => format!("Write {name}={default} to go back to the default."),
        };
        report.add(
            Place::from(remark.origin),
            format!("systemd ignores {name}= without a value and keeps an earlier one"),
            remedy,
        );
    }
}
