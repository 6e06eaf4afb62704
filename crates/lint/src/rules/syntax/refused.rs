//! # Unit that systemd refuses
//!
//! ## What it finds
//!
//! A value, or a combination of settings, for which systemd does not load the unit.
//!
//! ## Why it matters
//!
//! The unit cannot be started: `systemctl` reports `bad-setting` or `error`. A line that would refuse the
//! unit ends the reading of a drop-in instead: the unit starts, without the rest of the drop-in.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=bin/exampled
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled
//! ```
//!
//! ## References
//!
//! systemd.service(5); systemd.exec(5); observed in systemd 252, 257 and 262.

use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::{excerpt, expectation};
use crate::questions::{meant, newer};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX008",
    name: "refused",
    family: Family::Syntax,
    severity: Severity::Error,
    summary: "systemd refuses the unit, or the rest of a drop-in",
    directives: &[],
    source: include_str!("refused.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut line_refuses = false;
    for remark in subject.diagnostics() {
        let what = match remark.effect {
            Effect::Refused => "refuses the unit because of",
            Effect::EndsDropIn => "does not read the rest of the drop-in after",
            _ => continue,
        };
        line_refuses |= remark.effect == Effect::Refused;
        if remark.cause == Cause::UnknownSection {
            report.add(
                Place::from(remark.origin),
                format!("systemd {what} the section header {}", excerpt(&remark.directive)),
                "Write a section header such as [Service].",
            );
        }
        if remark.cause != Cause::Value || newer::is_new(subject, remark) {
            continue;
        }
        let name = &remark.directive;
        let value = excerpt(&remark.word);
        let expected = expectation(&remark.expected);
        let remedy = match meant::word(name, &remark.word, subject.settings().version) {
            Some(word) => format!("Write {name}={word}."),
            None => format!("Correct the value; see `unitward explain {name}`."),
        };
        let place = Place::part(remark.origin, remark.range.clone());
        report.add(place, format!("systemd {what} {name}={value}{expected}"), remedy);
    }
    // What follows from lines that were not read says nothing.
    if line_refuses || subject.unit.fragment().is_none_or(|f| f.document.fatal().is_some()) {
        return;
    }
    if let Some(refusal) = &subject.resolution.refusal {
        let reason = refusal.reason.trim_end_matches('.');
        report.add(
            refusal.origin.map(Place::from),
            format!("systemd refuses the unit: {reason}"),
            format!("Change {}=.", refusal.directive),
        );
    }
}
