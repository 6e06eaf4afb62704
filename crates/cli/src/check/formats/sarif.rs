//! SARIF 2.1.0, for code scanning.
//!
//! Every rule that ran is declared, so that an alert can be closed when its finding is gone. Accepted findings stay
//! in the file as suppressed results.

mod rules;
mod text;

use std::path::Path;

use serde_json::{Value, json};
use unitward_exposure::Tenths;
use unitward_lint::{Finding, Fix, Place};

use super::fingerprint::Fingerprints;
use super::{uri, words};
use crate::args::Check;
use crate::check::fix;
use crate::check::report::{Accepted, AcceptedBy, Location, Outcome, Report, UnitReport};
use crate::ui::printable;

use rules::Rules;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(args: &Check, report: &Report<'_>) -> String {
    let folder = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let log = Log {
        args,
        folder: &folder,
        rules: Rules::new(report),
    };
    let text = serde_json::to_string(&log.document(report)).unwrap_or_default();
    text + "\n"
}

/// What all results share.
struct Log<'a> {
    args: &'a Check,
    /// The folder below which paths are relative.
    folder: &'a Path,
    rules: Rules,
}

impl Log<'_> {
    fn document(&self, report: &Report<'_>) -> Value {
        let results: Vec<Value> = report.units.iter().flat_map(|u| self.unit(u)).collect();
        let notifications: Vec<Value> =
            report.units.iter().filter_map(|u| self.notice(u)).collect();
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "unitward",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules.descriptors(),
                }},
                "invocations": [{
                    "executionSuccessful": true,
                    "toolExecutionNotifications": notifications,
                }],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {
                    "systemd": report.version.number(),
                    "exposureRules": words::rules(report.rules),
                },
            }],
        })
    }

    fn unit(&self, unit: &UnitReport<'_>) -> Vec<Value> {
        let mut fingerprints = Fingerprints::default();
        let mut results = Vec::new();
        for finding in &unit.findings {
            results.push(self.finding(unit, finding, &fingerprints.next(unit, finding)));
        }
        for accepted in &unit.accepted {
            let fingerprint = fingerprints.next(unit, &accepted.finding);
            let mut result = self.finding(unit, &accepted.finding, &fingerprint);
            result["suppressions"] = json!([suppression(accepted)]);
            results.push(result);
        }
        // A finding that says the same, with the line, is enough.
        let is_told = unit
            .findings
            .iter()
            .any(|finding| finding.rule.name == "refused");
        if let (Outcome::Refused(why), false) = (&unit.outcome, is_told) {
            let message = format!("systemd refuses {}: {why}", unit.name);
            results.push(self.whole(unit, rules::REFUSED, &message));
        }
        if let (true, Some(exposure), Some(threshold)) =
            (unit.exceeds(), unit.exposure(), unit.threshold)
        {
            let level = exposure.level();
            let message = format!(
                "The exposure level of {} is {level} ({}), over the threshold of {}.",
                unit.name,
                level.level().name(),
                Tenths(threshold)
            );
            results.push(self.whole(unit, rules::EXPOSURE, &message));
        }
        results
    }

    fn finding(&self, unit: &UnitReport<'_>, finding: &Finding, fingerprint: &str) -> Value {
        let rule = finding.rule;
        let message = format!("{}. {}", finding.message, finding.remedy);
        let place = finding.place.as_ref().and_then(|place| unit.locate(place));
        let location = match place {
            Some(at) => self.location(&at),
            None => self.file(unit),
        };
        let mut result = json!({
            "ruleId": rule.code,
            "level": rules::level(finding.severity),
            "message": {"text": text::message(&message)},
            "locations": [location],
            "partialFingerprints": {"unitward/v1": fingerprint},
        });
        if let Some(index) = self.rules.index(rule.code) {
            result["ruleIndex"] = json!(index);
        }
        let related = finding.related.iter().enumerate();
        let related: Vec<Value> = related
            .filter_map(|(id, (place, phrase))| self.related(unit, id, place, phrase))
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = json!(related);
        }
        if let Some(fix) = finding.fix.as_ref().and_then(|fix| self.fix(unit, fix)) {
            result["fixes"] = json!([fix]);
        }
        result
    }

    /// A result about a unit as a whole.
    fn whole(&self, unit: &UnitReport<'_>, rule: &str, message: &str) -> Value {
        let mut result = json!({
            "ruleId": rule,
            "level": "error",
            "message": {"text": text::message(message)},
            "locations": [self.file(unit)],
            "partialFingerprints": {"unitward/v1": format!("{rule}:{}", unit.name)},
        });
        if let Some(index) = self.rules.index(rule) {
            result["ruleIndex"] = json!(index);
        }
        result
    }

    /// A unit that could not be looked at: no finding, but a reader should know.
    fn notice(&self, unit: &UnitReport<'_>) -> Option<Value> {
        let (Outcome::Failed(why) | Outcome::Absent(why)) = &unit.outcome else {
            return None;
        };
        let mut notice = json!({
            "level": "error",
            "message": {"text": text::message(&format!("{}: {why}", unit.name))},
        });
        if unit.path.is_some() {
            notice["locations"] = json!([self.file(unit)]);
        }
        Some(notice)
    }

    fn related(
        &self,
        unit: &UnitReport<'_>,
        id: usize,
        place: &Place,
        phrase: &str,
    ) -> Option<Value> {
        let mut location = self.location(&unit.locate(place)?);
        location["id"] = json!(id);
        location["message"] = json!({"text": text::message(phrase)});
        Some(location)
    }

    fn location(&self, at: &Location<'_>) -> Value {
        json!({"physicalLocation": {
            "artifactLocation": {"uri": uri::reference(at.path, self.folder)},
            "region": {
                "startLine": at.line,
                "startColumn": at.column,
                "endLine": at.end_line,
                "endColumn": at.end_column,
            },
        }})
    }

    /// The first line of a unit's main file.
    fn file(&self, unit: &UnitReport<'_>) -> Value {
        let path = unit.path.as_deref().unwrap_or(Path::new(&unit.name));
        json!({"physicalLocation": {
            "artifactLocation": {"uri": uri::reference(path, self.folder)},
            "region": {"startLine": 1},
        }})
    }

    /// Lines at the start of the drop-in that `--fix` writes.
    fn fix(&self, unit: &UnitReport<'_>, fix: &Fix) -> Option<Value> {
        let path = fix::place(self.args, unit)?;
        let mut lines = format!("[{}]\n", fix.section);
        for line in &fix.lines {
            lines.push_str(line);
            lines.push('\n');
        }
        let description = format!(
            "Add to the drop-in {}: {}",
            printable(&path.display().to_string()),
            fix.lines.join("; ")
        );
        Some(json!({
            "description": {"text": text::message(&description)},
            "artifactChanges": [{
                "artifactLocation": {"uri": uri::reference(&path, self.folder)},
                "replacements": [{
                    "deletedRegion": {"charOffset": 0, "charLength": 0},
                    "insertedContent": {"text": lines},
                }],
            }],
            "properties": {"safety": words::safety(fix.safety)},
        }))
    }
}

fn suppression(accepted: &Accepted) -> Value {
    let kind = match accepted.by {
        AcceptedBy::Comment => "inSource",
        AcceptedBy::Exception => "external",
    };
    let mut suppression = json!({"kind": kind, "status": "accepted"});
    if !accepted.reason.is_empty() {
        suppression["justification"] = json!(printable(&accepted.reason));
    }
    suppression
}
