//! The enforcement report, and failures, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use unitward_sandbox::{Enforcement, Failure, Report};
use unitward_settings::{Diagnostic, Effect, Settings};
use unitward_unit::Origin;

use crate::error::Error;
use crate::{files, ui, units};

/// One directive of the JSON report.
#[derive(Serialize)]
struct Line<'a> {
    directive: &'a str,
    #[serde(flatten)]
    enforcement: &'a Enforcement,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// What is not wholly enforced, a line each; empty when everything is.
pub(super) fn gaps(settings: &Settings, report: &Report) -> String {
    let mut text = String::new();
    for (directive, entry) in report.gaps() {
        let (how, reason) = match &entry.enforcement {
            Enforcement::Partly(reason) => ("only partly enforced", reason),
            Enforcement::NotPossibleHere(reason) => ("not enforced", reason),
            _ => continue,
        };
        let at = entry
            .origin
            .map(|origin| format!(" ({})", place(settings, origin)))
            .unwrap_or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "{directive}={at} is {how} here: {reason}.");
    }
    text
}

/// Adds the lines that have no effect, as systemd's own messages say them.
pub(super) fn ignored(settings: &Settings, remarks: &[Diagnostic], text: &mut String) {
    let lines = remarks
        .iter()
        .filter(|remark| remark.effect > Effect::SkippedSilently);
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&ui::printable(&units::remark(line, &settings.files)));
        text.push('.');
    }
}

/// Writes the whole report as JSON; `-` is standard output.
pub(super) fn write(file: &Path, settings: &Settings, report: &Report) -> Result<(), Error> {
    let lines: Vec<Line<'_>> = report
        .entries()
        .map(|(directive, entry)| Line {
            directive,
            enforcement: &entry.enforcement,
            place: entry.origin.map(|origin| place(settings, origin)),
        })
        .collect();
    let value =
        serde_json::json!({ "version": 1, "unit": settings.unit.as_str(), "directives": lines });
    let text = format!("{value:#}\n");
    if file == Path::new("-") {
        return ui::print(&text);
    }
    files::replace(file, text.as_bytes())
}

/// One message for a failed step: what, by which line, and what to do.
pub(crate) fn failure(settings: &Settings, failure: &Failure) -> String {
    let mut text = String::new();
    if !failure.cause.directive.is_empty() {
        let _ = write!(text, "{}=", failure.cause.directive);
        if let Some(origin) = failure.cause.origin {
            let _ = write!(text, " at {}", place(settings, origin));
        }
        text.push_str(": ");
    }
    let _ = write!(text, "{failure}");
    if let Some(exit) = failure.exit {
        let _ = write!(text, " (exit status {exit})");
    }
    text.push('.');
    if let Some(advice) = &failure.advice {
        let _ = write!(text, "\n  {advice}");
    }
    text
}

/// File and line of an assignment.
pub(crate) fn place(settings: &Settings, origin: Origin) -> String {
    let file = usize::try_from(origin.file)
        .ok()
        .and_then(|at| settings.files.get(at));
    let path = file.map_or_else(|| "?".into(), |file| file.path.to_string_lossy());
    format!("{}:{}", ui::printable(&path), origin.line)
}
