//! # Key in the wrong section
//!
//! ## What it finds
//!
//! A key that systemd knows, in a section that does not have it.
//!
//! ## Why it matters
//!
//! systemd logs a warning and ignores the line, so that the setting is not in force.
//!
//! ## Example
//!
//! ```ini
//! [Unit]
//! NoNewPrivileges=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! NoNewPrivileges=yes
//! ```
//!
//! ## References
//!
//! systemd.directives(7).

use unitward_catalog::keys;
use unitward_settings::Cause;

use crate::finding::{Fix, Place, Report, Safety};
use crate::questions::lines::value;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX011",
    name: "wrong-section",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "a key stands in a section that does not have it",
    directives: &[],
    source: include_str!("wrong_section.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let own = subject.section();
    for remark in subject.diagnostics() {
        if report.is_full() || remark.cause != Cause::WrongSection {
            continue;
        }
        let key = &remark.directive;
        let right = [own, "Unit", "Install"]
            .into_iter()
            .find(|section| keys::find(section, key).is_some());
        let message = match right {
            Some(section) => format!("systemd ignores {key}= here, because it belongs into [{section}]"),
            None => format!(
                "systemd ignores {key}=, which belongs into [{}] of another type of unit",
                remark.expected
            ),
        };
        let remedy = match right {
            Some(section) => format!("Move the line to [{section}]."),
            None => "Remove the line.".to_owned(),
        };
        let finding = report.add(Place::from(remark.origin), message, remedy);
        if let (Some(section), Some(text)) = (right, value(subject, remark.origin)) {
            finding.fix(Fix {
                section,
                lines: vec![format!("{key}={text}")],
                safety: Safety::Unsafe,
            });
        }
    }
}
