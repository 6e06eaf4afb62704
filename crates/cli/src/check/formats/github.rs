//! Annotations of GitHub Actions (workflow commands `::error file=…`).

use std::fmt::Write as _;

use unitward_lint::Severity;

use crate::check::report::Report;

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for unit in &report.units {
        let unit_path = unit.path.as_ref().map(|path| path.display().to_string());
        for finding in &unit.findings {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let place = match finding.place.as_ref().and_then(|place| unit.locate(place)) {
                Some(at) => format!(
                    "file={},line={},endLine={},col={},endColumn={}",
                    property(&at.path.display().to_string()),
                    at.line,
                    at.end_line,
                    at.column,
                    at.end_column
                ),
                None => format!(
                    "file={}",
                    property(unit_path.as_deref().unwrap_or(&unit.name))
                ),
            };
            let title = property(&format!("{} {}", finding.rule.code, finding.rule.name));
            let message = message(&format!("{}. {}", finding.message, finding.remedy));
            let _ = writeln!(out, "::{command} {place},title={title}::{message}");
        }
        let file = property(unit_path.as_deref().unwrap_or(&unit.name));
        if let Some(problem) = unit.problem() {
            let _ = writeln!(
                out,
                "::error file={file},title=unitward::{}",
                message(&format!("{}: {problem}", unit.name))
            );
        } else if let (true, Some(exposure)) = (unit.exceeds(), unit.exposure()) {
            let threshold = unitward_exposure::Tenths(unit.threshold.unwrap_or_default());
            let text = format!(
                "{}: exposure {} is over the threshold of {threshold}",
                unit.name,
                exposure.level()
            );
            let _ = writeln!(
                out,
                "::error file={file},title=Exposure::{}",
                message(&text)
            );
        }
    }
    out
}

/// Escapes the text of a message.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
