//! # Unknown key
//!
//! ## What it finds
//!
//! A key that no section of any known systemd has.
//!
//! ## Why it matters
//!
//! systemd logs a warning and ignores the line. A misspelt protection is no protection. Keys of one's own
//! start with `X-`, which systemd leaves alone.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSytem=strict
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! ```
//!
//! ## References
//!
//! systemd.directives(7); systemd.unit(5).

use unitward_settings::Cause;

use crate::finding::{Fix, Place, Report, Safety};
use crate::questions::text::excerpt;
use crate::questions::{lines::value, meant};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX009",
    name: "unknown-key",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "systemd does not know a key",
    directives: &[],
    source: include_str!("unknown_key.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let version = subject.settings().version;
    for remark in subject.diagnostics() {
        if report.is_full() || remark.cause != Cause::UnknownKey {
            continue;
        }
        let written = excerpt(&remark.directive);
        let section = subject.section();
        let near = meant::key(section, &remark.directive, version);
        let near = near.or_else(|| meant::key("Unit", &remark.directive, version));
        let message = format!("systemd does not know {written}= and ignores the line");
        let remedy = match near {
            Some(name) => format!("Write {name}=."),
            None => "Remove the line, or write X- in front of a key of your own.".to_owned(),
        };
        let finding = report.add(Place::from(remark.origin), message, remedy);
        let known = near.filter(|name| unitward_catalog::directive(name).is_some_and(|d| d.is_in(section)));
        if let (Some(name), Some(text)) = (known, value(subject, remark.origin)) {
            finding.fix(Fix {
                section,
                lines: vec![format!("{name}={text}")],
                safety: Safety::Unsafe,
            });
        }
    }
}
