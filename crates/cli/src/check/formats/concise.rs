//! One line a finding: `FILE:LINE:COLUMN: CODE severity: message`. Then one line a unit with its level.

use std::fmt::Write as _;

use crate::check::report::{Report, UnitReport};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for unit in &report.units {
        findings(&mut out, unit);
        level(&mut out, unit);
    }
    out
}

fn findings(out: &mut String, unit: &UnitReport<'_>) {
    for finding in &unit.findings {
        match finding.place.as_ref().and_then(|place| unit.locate(place)) {
            Some(at) => {
                let _ = write!(out, "{}:{}:{}", at.path.display(), at.line, at.column);
            }
            None => {
                let path = unit.path.as_ref().map(|path| path.display().to_string());
                out.push_str(&path.unwrap_or_else(|| unit.name.clone()));
            }
        }
        let rule = finding.rule;
        let _ = writeln!(
            out,
            ": {} {}: {}",
            rule.code, finding.severity, finding.message
        );
    }
}

fn level(out: &mut String, unit: &UnitReport<'_>) {
    let name = &unit.name;
    let _ = match (
        unit.exposure().map(|exposure| exposure.level()),
        unit.reason(),
    ) {
        (Some(level), _) if unit.exceeds() => {
            let threshold = unitward_exposure::Tenths(unit.threshold.unwrap_or_default());
            writeln!(
                out,
                "{name}: {level} {}, over the threshold of {threshold}",
                level.level().name()
            )
        }
        (Some(level), _) => writeln!(out, "{name}: {level} {}", level.level().name()),
        (None, Some(reason)) => writeln!(out, "{name}: {reason}"),
        (None, None) => Ok(()),
    };
}
