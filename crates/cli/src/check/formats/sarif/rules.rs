//! The rules of a call, as SARIF declares them.

use std::collections::HashMap;

use serde_json::{Value, json};
use unitward_lint::{Family, Rule, Severity};

use super::super::words;
use super::text;
use crate::check::report::Report;

/// The id of results about a level over its threshold.
pub(super) const EXPOSURE: &str = "exposure-threshold";
/// The id of results about a unit that systemd refuses.
pub(super) const REFUSED: &str = "refused-unit";

/// The declared rules, each with its place.
pub(super) struct Rules {
    descriptors: Vec<Value>,
    places: HashMap<&'static str, usize>,
}

impl Rules {
    pub(super) fn new(report: &Report<'_>) -> Self {
        let ids = report.ran.iter().map(|rule| rule.code);
        let ids = ids.chain([EXPOSURE, REFUSED]);
        let descriptors = report.ran.iter().map(|rule| descriptor(rule));
        Self {
            places: ids.enumerate().map(|(at, id)| (id, at)).collect(),
            descriptors: descriptors.chain([exposure(), refused()]).collect(),
        }
    }

    /// Where a rule stands among the declared ones.
    pub(super) fn index(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub(super) fn descriptors(&self) -> &[Value] {
        &self.descriptors
    }
}

fn descriptor(rule: &Rule) -> Value {
    let documentation = rule.documentation();
    let why = text::section(&documentation, "Why it matters");
    let full = format!("{}\n\n{why}", text::sentence(rule.summary));
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": text::sentence(rule.summary)},
        "fullDescription": {"text": text::plain(&full).trim()},
        "help": {"text": text::plain(&documentation), "markdown": documentation},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["security", words::family(rule.family)],
            "security-severity": security_severity(rule.family, rule.severity),
        },
    })
}

fn exposure() -> Value {
    let help = "A service's exposure level goes from 0.0 to 10.0 and says how much of the system is within \
        reach of somebody who has taken over the service. `unitward check` computes it as `systemd-analyze \
        security` does. The threshold comes from `--threshold` or from `unitward.toml`.\n\n\
        `unitward check UNIT` shows which settings would lower the level most, and what they may break.\n";
    built_in(
        EXPOSURE,
        "The exposure level of a unit is over its threshold.",
        help,
        "7.0",
    )
}

fn refused() -> Value {
    let help = "systemd does not load this unit, or does not start it, because of a value that it cannot read or \
        a combination that it does not accept. None of the unit's settings is in force.\n\n\
        The message names the line.\n";
    built_in(REFUSED, "systemd refuses a unit.", help, "5.0")
}

fn built_in(id: &str, summary: &str, help: &str, severity: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": text::plain(help).trim()},
        "help": {"text": text::plain(help), "markdown": help},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security"], "security-severity": severity},
    })
}

pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// How much a rule's findings matter to security, from 0.0 to 10.0. Code scanning reads 7.0 and more as high, 4.0 and
/// more as medium. What opens a way in comes first; then what suggests a protection that is not there; what merely
/// breaks, or is badly written, last.
const fn security_severity(family: Family, severity: Severity) -> &'static str {
    match (family, severity) {
        (Family::Hole | Family::Weakening, Severity::Error) => "8.0",
        (Family::Hole | Family::Weakening, Severity::Warning) => "6.5",
        (Family::Hole | Family::Weakening, Severity::Note) => "3.5",
        (Family::NoEffect | Family::Version | Family::Policy, Severity::Error) => "7.0",
        (Family::NoEffect | Family::Version | Family::Policy, Severity::Warning) => "5.5",
        (Family::NoEffect | Family::Version | Family::Policy, Severity::Note) => "2.5",
        (Family::Syntax | Family::Breakage, Severity::Error) => "5.0",
        (Family::Syntax | Family::Breakage, Severity::Warning) => "4.0",
        (Family::Syntax | Family::Breakage, Severity::Note) => "1.5",
    }
}
