//! What `unitward harden` says.

use std::fmt::Write as _;

use serde_json::json;
use unitward_harden::verify::{Complaint, Exercise, Means, Step, Trial};
use unitward_observe::Facts;
use unitward_settings::{ServiceType, Settings};

use super::{Hardened, gaps, is_well};
use crate::verbs::run::report;

pub(super) fn begins(name: &str, settings: &Settings, exercise: &Exercise) -> String {
    let use_ = match exercise.workload {
        Some(_) => "the workload",
        None => "no workload: only what it does by itself is seen",
    };
    let reload = match reloads(settings) && exercise.reload {
        true => ", a reload",
        false => "",
    };
    format!("Observing {name}: start, {use_}{reload}, stop.")
}

fn reloads(settings: &Settings) -> bool {
    *settings.service_type.value() == ServiceType::NotifyReload
        || !settings.exec_reload.0.is_empty()
}

/// Why a run says nothing about a sandbox; none when it went well.
pub(super) fn problem(settings: &Settings, trial: &Trial) -> Option<String> {
    if is_well(trial) {
        return None;
    }
    if let Some(failure) = &trial.outcome.failure {
        return Some(report::failure(settings, failure));
    }
    if let Some(status) = trial.workload.filter(|status| *status != 0) {
        return Some(format!("the workload failed with status {status}."));
    }
    let mut text = format!("it ended with result {}", trial.outcome.result.name());
    if let Some(ending) = trial.outcome.ending {
        let _ = write!(text, "; its main process {ending}");
    }
    Some(text + ".")
}

/// What the workload, or else the service, printed last.
pub(super) fn last_lines(trial: &Trial) -> String {
    const MOST: usize = 5;
    let printed = match trial.workload_output.trim() {
        "" => trial.output.trim(),
        printed => printed,
    };
    let lines: Vec<&str> = printed.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(MOST))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

pub(super) fn observed(facts: &Facts, trial: &Trial, settings: &Settings) -> String {
    let mut text = format!(
        "Observed for {:.1} s: {} system calls, {} paths, {} programs.",
        trial.time.as_secs_f64(),
        facts.calls.len(),
        facts.paths.len(),
        facts.programs.len()
    );
    if !reloads(settings) {
        text.push_str(" No reload was seen: the unit has none.");
    } else if !trial.reloaded {
        text.push_str(" No reload was seen.");
    }
    for gap in gaps(facts) {
        let _ = write!(text, " Not complete: {gap}.");
    }
    text
}

pub(super) fn step(step: Step<'_>, probation: bool) -> String {
    match step {
        Step::Run(number) if probation => {
            format!("Run {number} with the proposed settings on probation …")
        }
        Step::Run(number) => format!("Run {number} inside the proposed settings …"),
        Step::Failed(complaint) => format!("  It does not work: {}.", complaint_text(complaint)),
        Step::Loosened(loosened) => {
            format!(
                "  Loosened {}, because {}.",
                loosened.text(),
                loosened.because
            )
        }
        Step::Bisects => "  The cause is not known; leaving lines out to find it.".to_owned(),
        _ => String::new(),
    }
}

fn complaint_text(complaint: &Complaint) -> String {
    match complaint {
        Complaint::Failure(step) => format!("cannot {step}"),
        Complaint::NotReady => "the service did not come to be started".to_owned(),
        Complaint::Result(result, Some(ending)) => {
            format!(
                "it ended with result {}; its main process {ending}",
                result.name()
            )
        }
        Complaint::Result(result, None) => format!("it ended with result {}", result.name()),
        Complaint::Command(phase, ending) => {
            format!("the command of {}= {ending}", phase.directive())
        }
        Complaint::Late(phase) => format!("the time for {}= was over", phase.directive()),
        Complaint::NotReloaded => "the reload did not come about".to_owned(),
        Complaint::Workload(Some(status)) => format!("the workload failed with status {status}"),
        Complaint::Workload(None) => "the workload did not come to its end".to_owned(),
        _ => "it does not do what it did".to_owned(),
    }
}

/// The drop-in, with what is known about it at its head.
pub(super) fn drop_in(result: &Hardened<'_>) -> String {
    let proof = &result.proof;
    let mut text = format!("# Written by unitward harden for {}.\n", result.name);
    let _ = writeln!(text, "# {}", verdict(result));
    for loosened in &proof.loosened {
        let line = format!(
            "# Loosened: {}, because {}.",
            loosened.text(),
            loosened.because
        );
        let _ = writeln!(text, "{}", crate::ui::printable(&line));
    }
    text.push_str(&proof.proposal.drop_in());
    text
}

/// Whether it is proved, with what, and the levels.
pub(super) fn verdict(result: &Hardened<'_>) -> String {
    let proof = &result.proof;
    let mut text = match proof.complaints.first() {
        None if proof.means == Means::Probation => format!(
            "On probation, nothing would be refused of {}",
            exercised(&result.observed)
        ),
        None => format!("Proved with {}", exercised(&result.observed)),
        Some(first) => format!("Not proved: {}", complaint_text(first)),
    };
    let runs = match proof.runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let _ = write!(
        text,
        " in {runs}. Exposure level {} {} before, {} {} after.",
        result.before,
        result.before.level().name(),
        result.after,
        result.after.level().name()
    );
    if !proof.untried.is_empty() {
        let names: Vec<String> = proof
            .untried
            .keys()
            .map(|name| format!("{name}="))
            .collect();
        let _ = write!(
            text,
            " Not tried, because they cannot be enforced here: {}.",
            names.join(", ")
        );
    }
    text
}

/// What was done with the service, in words.
fn exercised(trial: &Trial) -> String {
    let mut parts = vec!["start"];
    match trial.workload {
        Some(_) if trial.has_workload => parts.push("workload"),
        _ => {}
    }
    if trial.reloaded {
        parts.push("reload");
    }
    if trial.outcome.stopped {
        parts.push("stop");
    }
    let last = parts.pop().unwrap_or_default();
    match parts.is_empty() {
        true => last.to_owned(),
        false => format!("{} and {last}", parts.join(", ")),
    }
}

/// The result for programs.
pub(super) fn json(result: &Hardened<'_>, drop_in: &str) -> String {
    let proof = &result.proof;
    let lines: Vec<_> = proof
        .proposal
        .lines
        .iter()
        .map(|line| {
            json!({
                "directive": line.directive,
                "values": line.value.0,
                "evidence": line.evidence,
            })
        })
        .collect();
    let open: Vec<_> = proof
        .proposal
        .open
        .iter()
        .map(|open| json!({"directive": open.directive, "reason": open.reason, "evidence": open.evidence}))
        .collect();
    let loosened: Vec<_> = proof
        .loosened
        .iter()
        .map(|one| json!({"change": one.text(), "because": one.because}))
        .collect();
    let value = json!({
        "format": "unitward-harden",
        "version": 1,
        "unit": result.name,
        "proved": proof.is_proved() && proof.means == Means::Inside,
        "complaints": proof.complaints.iter().map(complaint_text).collect::<Vec<_>>(),
        "runs": proof.runs,
        "exposure": {"before": result.before.to_string(), "after": result.after.to_string()},
        "lines": lines,
        "open": open,
        "suggestions": proof.proposal.suggestions,
        "loosened": loosened,
        "refused": proof.refused,
        "untried": proof.untried,
        "drop_in": drop_in,
    });
    format!("{value:#}\n")
}
