//! Programs that cannot be started: an interpreter or a library that the sandbox hides.

use std::path::Path;

use unitward_elf::{Closure, Program, Role, Root, SearchOptions, closure};

use super::cause::{Cause, Relaxation};
use super::off::off;
use super::subject::{Subject, exists};

/// Files that a program needs to start, by the paths that they are asked for.
pub(super) fn files(subject: &Subject<'_>, path: &str) -> Vec<String> {
    let Some(closure) = needed(subject, path) else {
        return Vec::new();
    };
    closure
        .files
        .iter()
        .filter(|needed| needed.role.is_code() && needed.role != Role::Program)
        .map(|needed| needed.located.path.to_string_lossy().into_owned())
        .collect()
}

/// Why the kernel finds no interpreter for a program that is there.
pub(super) fn missing(subject: &Subject<'_>, path: &str) -> Vec<Cause> {
    let is_there = subject.on_host(path).is_some_and(|real| exists(&real));
    let Some(closure) = needed(subject, path).filter(|_| is_there) else {
        return Vec::new();
    };
    let mut hidden: Vec<(String, String)> = Vec::new();
    for needed in &closure.files {
        if !needed.role.is_code() || needed.by.is_none() {
            continue;
        }
        let asked = needed.asked.to_string_lossy().into_owned();
        let inside = subject.resolved(&asked);
        if !subject.on_host(&inside).is_some_and(|real| exists(&real)) {
            hidden.push((asked, inside));
        }
    }
    let Some((first, inside)) = hidden.first() else {
        let gone = closure.missing.iter().find(|one| one.role.is_executed());
        return gone
            .map(|gone| {
                let name = Path::new(&gone.name).display();
                let why =
                    format!("{path} needs {name}, which is not there without the sandbox either");
                Cause::elsewhere(super::cause::By::Missing, why)
            })
            .into_iter()
            .collect();
    };
    let Some(place) = subject
        .places(inside)
        .find(|place| place.content != unitward_sandbox::plan::Content::Same)
    else {
        return Vec::new();
    };
    let list: Vec<&str> = hidden.iter().map(|(asked, _)| asked.as_str()).collect();
    let why = format!("{path} needs {first}, which the service does not see");
    vec![
        Cause::directive(place.cause.directive, place.cause.origin, why)
            .or(Relaxation::of("BindReadOnlyPaths", list.join(" ")))
            .or(off(place.cause.directive)),
    ]
}

fn needed(subject: &Subject<'_>, path: &str) -> Option<Closure> {
    let real = subject.on_host(path).filter(|real| exists(real))?;
    let root = Root::open("/").ok()?;
    let program = Program::read(&root, Path::new(&real)).ok()?;
    Some(closure(&root, &program, &SearchOptions::default()))
}
