//! The JSON of `unitward inspect` (docs/inspect-v1.md).

use serde_json::{Value, json};
use unitward_exposure::Tenths;
use unitward_inspect::Row;

use super::Inspected;
use super::beside::Beside;
use crate::verbs::run::report;

/// The version of the form.
pub(super) const VERSION: u32 = 1;

/// The rows of `--all`.
pub(super) fn rows(rows: &[Row]) -> String {
    format!("{:#}\n", json!({ "version": VERSION, "processes": rows }))
}

/// Processes with their units.
pub(super) fn processes(all: &[Inspected]) -> String {
    let list: Vec<Value> = all.iter().map(process).collect();
    format!("{:#}\n", json!({ "version": VERSION, "processes": list }))
}

fn process(inspected: &Inspected) -> Value {
    json!({
        "state": inspected.state,
        "unit": inspected.unit,
        "beside": inspected.beside.as_ref().map(beside),
        "not_compared": inspected.why_not,
    })
}

fn beside(beside: &Beside) -> Value {
    let directives: Vec<Value> = beside
        .judgements
        .iter()
        .map(|one| {
            json!({
                "directive": one.directive,
                "verdict": one.verdict,
                "proof": one.proof,
                "implied_by": one.implied_by,
                "place": one.origin.map(|origin| report::place(&beside.settings, origin)),
            })
        })
        .collect();
    let level = |level: Option<Tenths>| level.map(|level| level.to_string());
    json!({
        "unit": beside.name,
        "directives": directives,
        "drift": beside.drift,
        "not_planned": beside.unplanned,
        "level": level(beside.level),
        "effective_level": level(beside.effective),
        "effective_settings": beside.drop_in,
    })
}
