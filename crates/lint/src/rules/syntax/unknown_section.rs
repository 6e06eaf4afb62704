//! # Unknown section
//!
//! ## What it finds
//!
//! A section that systemd does not read in a unit of this type.
//!
//! ## Why it matters
//!
//! systemd logs a warning and ignores the section with all its lines. Names are case-sensitive: `[service]`
//! is unknown. Sections of one's own start with `X-`, which systemd leaves alone.
//!
//! ## Example
//!
//! ```ini
//! [service]
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
//! systemd.unit(5), systemd.syntax(7).

use unitward_catalog::{keys, suggest};
use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX010",
    name: "unknown-section",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "systemd does not read a section in a unit of this type",
    directives: &[],
    source: include_str!("unknown_section.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let kind = subject.unit.name.kind();
    for remark in subject.diagnostics() {
        if report.is_full() || remark.cause != Cause::UnknownSection || remark.effect != Effect::Ignored {
            continue;
        }
        let name = excerpt(&remark.directive);
        let message = format!("systemd does not read the section [{name}] in a {kind} unit");
        let own = ["Unit", "Install", subject.section()];
        let remedy = match suggest(&remark.directive, own) {
            Some(section) => format!("Write [{section}]."),
            None if keys::of_section(&remark.directive).next().is_some() => {
                "Move the lines to a unit of the type that has this section.".to_owned()
            }
            None => "Remove the section, or write X- in front of a section of your own.".to_owned(),
        };
        report.add(Place::from(remark.origin), message, remedy);
    }
}
