//! # Program that does not exist
//!
//! ## What it finds
//!
//! A program in `ExecStart=` or its siblings that does not exist on this system or is not executable, or whose
//! interpreter (of a script), loader or libraries are missing.
//!
//! ## Why it matters
//!
//! The command fails with 203 (EXEC), or with 127 when a library is missing.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampeld
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled
//! ```
//!
//! ## When to ignore
//!
//! The program is installed later, for example on a disk that is mounted first. A command with the prefix - may
//! fail anyway.
//!
//! ## References
//!
//! systemd.service(5), "Command lines"; `unitward explain 203`.

use unitward_elf::{Effect, Error, FileKind, Root};

use crate::questions::commands::commands;
use crate::questions::mounts::has_other_root;
use crate::questions::paths::PathSet;
use crate::questions::programs;
use crate::questions::text::excerpt;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Host, Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB003",
    name: "missing-program",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a command has no program on this system",
    directives: &["ExecStart", "ExecStartPre", "ExecCondition", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"],
    source: include_str!("missing_program.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(host) = subject.host.filter(|_| !has_other_root(settings)) else {
        return;
    };
    // A unit that asks for files before it starts may never start here.
    let conditions = ["ConditionPath", "ConditionFile", "ConditionDirectory"];
    let mut lines = subject.unit.assignments().filter(|(_, line)| line.section == "Unit");
    let conditional = lines.any(|(_, line)| conditions.iter().any(|start| line.key.starts_with(start)));
    let binds = settings.binds.0.iter();
    let binds: PathSet = binds.map(|item| item.value.destination.as_str()).collect();
    for (name, command) in commands(settings) {
        if report.is_full() {
            return;
        }
        let bound = binds.covers(&command.path);
        let optional = command.ignore_failure && name != "ExecStart";
        if bound || command.shell || optional {
            continue;
        }
        let Some(problem) = problem(host, &command.path) else {
            continue;
        };
        let finding = report.add(
            Place::from(command.origin),
            format!("{name}= cannot execute {}: {problem}", command.path),
            "Correct the path, or install what is missing.",
        );
        if command.ignore_failure || conditional {
            finding.severity(Severity::Note);
        } else if name != "ExecStart" {
            finding.severity(Severity::Warning);
        }
    }
}

/// Why a program cannot be executed.
fn problem(host: &Host, path: &str) -> Option<String> {
    let Some(closure) = host.closure(path) else {
        return Some(absence(&host.root, path)?.to_owned());
    };
    let program = closure.files.first()?;
    if !program.located.is_executable() {
        return Some("no execute bit is set".to_owned());
    }
    let mut missing = closure.missing.iter();
    let missing = missing.find(|missing| missing.effect == Effect::Fatal)?;
    let name = missing.name.to_string_lossy();
    Some(format!("it needs {}: {}", excerpt(&name), missing.cause))
}

/// Why a program is no regular file; none when it may be one.
fn absence(root: &Root, path: &str) -> Option<&'static str> {
    let Some(path) = programs::located(root, path) else {
        return Some("no directory of programs has it");
    };
    match root.resolve(&path) {
        Err(Error::NotFound { .. }) => Some("it does not exist"),
        Ok(located) if located.kind != FileKind::Regular => Some("it is no regular file"),
        // Whether systemd could read it is not known here.
        _ => None,
    }
}
