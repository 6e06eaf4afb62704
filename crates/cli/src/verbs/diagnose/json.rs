//! The diagnosis, for programs.

use serde_json::{Value, json};
use unitward_harden::diagnose::{By, Denial, Diagnosis, Finding, Relaxation};
use unitward_observe::HowEnded;
use unitward_settings::Settings;

use super::text;
use crate::verbs::run::report::place;

/// The version of the form: it changes when a field changes its meaning or goes away.
const FORM: u32 = 1;

/// The whole document.
pub(super) fn document(settings: &Settings, diagnosis: &Diagnosis) -> String {
    let complaints: Vec<String> = diagnosis.complaints.iter().map(text::complaint).collect();
    let findings: Vec<Value> = diagnosis
        .findings
        .iter()
        .map(|finding| self::finding(settings, finding))
        .collect();
    let harmless: Vec<Value> = diagnosis
        .harmless
        .iter()
        .map(|(denied, cause)| json!({ "directive": cause.name(), "denial": denial(denied) }))
        .collect();
    let (before, after) = diagnosis.exposure;
    let value = json!({
        "version": FORM,
        "unit": settings.unit.as_str(),
        "broken": diagnosis.is_broken(),
        "confirmed": diagnosis.confirmed,
        "works_without_sandbox": diagnosis.works_without,
        "complaints": complaints,
        "findings": findings,
        "harmless": harmless,
        "probes": diagnosis.probes,
        "not_enforced": diagnosis.gaps.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "not_watched": diagnosis.blind,
        "drop_in": diagnosis.drop_in(),
        "exposure": {
            "before": before.map(|level| level.to_string()),
            "after": after.map(|level| level.to_string()),
        },
        "runs": diagnosis.runs,
    });
    format!("{value:#}\n")
}

fn finding(settings: &Settings, finding: &Finding) -> Value {
    let evidence: Vec<&str> = finding
        .evidence
        .iter()
        .map(|one| text::evidence(*one))
        .collect();
    json!({
        "by": by(&finding.cause.by),
        "directive": finding.cause.name(),
        "place": finding.cause.origin().map(|origin| place(settings, origin)),
        "why": finding.cause.why,
        "denial": denial(&finding.denial),
        "evidence": evidence,
        "change": finding.change.as_ref().map(change),
        "confirmed": finding.confirmed,
        "exposure": finding.exposure.map(|level| level.to_string()),
    })
}

const fn by(by: &By) -> &'static str {
    match by {
        By::Directive { .. } => "directive",
        By::Permissions => "permissions",
        By::Missing => "missing",
        _ => "host",
    }
}

fn change(change: &Relaxation) -> Vec<Value> {
    change
        .assignments
        .iter()
        .map(|(directive, value)| json!({ "directive": directive, "value": value }))
        .collect()
}

fn denial(denial: &Denial) -> Value {
    let words = text::denial(denial);
    match denial {
        Denial::Call(failure) => json!({ "kind": "call", "call": failure, "words": words }),
        Denial::Setup(step) => json!({ "kind": "set-up", "step": step, "words": words }),
        Denial::Signal(end) => {
            let signal = match end.how {
                HowEnded::Signal(signal) => Some(signal),
                HowEnded::Exit(_) => None,
            };
            json!({ "kind": "signal", "signal": signal, "program": end.program, "words": words })
        }
        Denial::Program(program) => {
            json!({ "kind": "program", "program": program, "words": words })
        }
        Denial::Packets(address) => {
            json!({ "kind": "packets", "address": address, "words": words })
        }
        Denial::Output(output) => json!({ "kind": "output", "output": output, "words": words }),
        _ => json!({ "kind": "unseen" }),
    }
}
