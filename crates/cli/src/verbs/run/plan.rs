//! `--dry-run`: the plan, as text and as JSON.

use std::fmt::Write as _;

use serde_json::json;
use unitward_sandbox::{Cause, ControlGroupPlan, Plan, ProcessPlan};
use unitward_settings::Settings;

use super::report::place;
use crate::ui;

/// The plan for people: every step, with who asked for it.
pub(super) fn text(settings: &Settings, plan: &Plan) -> String {
    let mut text = life(plan);
    text.push_str(&control_group(settings, &plan.control_group));
    for process in &plan.processes {
        let _ = writeln!(text, "{}={}", process.phase.directive(), command(process));
        for (at, step) in process.steps.iter().enumerate() {
            let why = cause(settings, &step.cause)
                .map(|why| format!("  [{why}]"))
                .unwrap_or_default();
            let _ = writeln!(
                text,
                "  {:>3}. {}{why}",
                at + 1,
                ui::printable(&step.action.to_string())
            );
        }
    }
    text
}

/// How the service lives: when it counts as started, how long things may take, and how it is stopped.
fn life(plan: &Plan) -> String {
    let life = &plan.life;
    let timeouts = life.timeouts;
    let span = |span: Option<std::time::Duration>| match span {
        Some(span) => format!("{span:?}"),
        None => "as long as it takes".to_owned(),
    };
    let signal = unitward_settings::signal_name;
    let mut text = format!("Type={}\n", life.kind.word());
    let _ = writeln!(text, "  each step of the start: {}", span(timeouts.start));
    for (what, limit) in [
        ("the service as a whole", timeouts.runtime),
        ("between two reports", timeouts.watchdog),
    ] {
        if limit.is_some() {
            let _ = writeln!(text, "  {what}: {}", span(limit));
        }
    }
    for socket in &plan.sockets {
        for listen in &socket.listen {
            let _ = writeln!(
                text,
                "  {} opens {}={}",
                ui::printable(&socket.name),
                listen.directive,
                ui::printable(&listen.address.to_string())
            );
        }
    }
    let _ = writeln!(
        text,
        "  to stop: SIG{} (KillMode={}), after {} SIG{}",
        signal(life.signals.stop),
        life.kill_mode.word(),
        span(timeouts.stop),
        signal(life.signals.last)
    );
    text
}

/// The plan for programs.
pub(super) fn json(settings: &Settings, plan: &Plan) -> String {
    let processes: Vec<_> = plan
        .processes
        .iter()
        .map(|process| {
            let steps: Vec<_> = process
                .steps
                .iter()
                .map(|step| {
                    json!({
                        "action": step.action.name(),
                        "description": step.action.to_string(),
                        "directive": (!step.cause.directive.is_empty()).then_some(step.cause.directive),
                        "place": step.cause.origin.map(|origin| place(settings, origin)),
                        "exit_status": step.exit.0,
                    })
                })
                .collect();
            json!({ "phase": process.phase, "command": process.command.argv, "steps": steps })
        })
        .collect();
    let group: Vec<_> = plan
        .control_group
        .steps
        .iter()
        .map(|step| {
            json!({
                "action": step.action.name(),
                "description": step.action.to_string(),
                "directive": (!step.cause.directive.is_empty()).then_some(step.cause.directive),
                "place": step.cause.origin.map(|origin| place(settings, origin)),
            })
        })
        .collect();
    let value = json!({
        "version": 1,
        "unit": settings.unit.as_str(),
        "control_group": group,
        "processes": processes,
    });
    format!("{value:#}\n")
}

fn command(process: &ProcessPlan) -> String {
    let words: Vec<_> = process
        .command
        .argv
        .iter()
        .map(|word| ui::printable(word))
        .collect();
    words.join(" ")
}

/// The steps that make the control group of all processes.
fn control_group(settings: &Settings, plan: &ControlGroupPlan) -> String {
    let mut text = String::new();
    if !plan.steps.is_empty() {
        text.push_str("Control group\n");
    }
    for (at, step) in plan.steps.iter().enumerate() {
        let why = cause(settings, &step.cause)
            .map(|why| format!("  [{why}]"))
            .unwrap_or_default();
        let action = ui::printable(&step.action.to_string());
        let _ = writeln!(text, "  {:>3}. {action}{why}", at + 1);
    }
    text
}

fn cause(settings: &Settings, cause: &Cause) -> Option<String> {
    if cause.directive.is_empty() {
        return None;
    }
    let at = cause
        .origin
        .map(|origin| format!(" at {}", place(settings, origin)));
    Some(format!("{}={}", cause.directive, at.unwrap_or_default()))
}
