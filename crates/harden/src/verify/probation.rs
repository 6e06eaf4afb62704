//! A proposal on probation: the service runs as it is, and what the proposal would refuse is only noted.

use std::sync::Arc;

use unitward_observe::{Facts, FailedCall, PathFact, Use};
use unitward_sandbox::Plan;
use unitward_seccomp::Arch;
use unitward_settings::{FilterHost, Settings};

use super::trial::{Setup, Trial, TrialError, run};
use crate::diagnose::{By, Subject};

/// What a probation brought.
#[derive(Debug)]
#[non_exhaustive]
pub struct Probation {
    /// The run.
    pub trial: Trial,
    /// What would have been refused.
    pub refused: Vec<Refused>,
}

/// Something that proposed settings would refuse.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The call, as it would fail.
    pub call: FailedCall,
    /// The directive that would refuse it.
    pub directive: &'static str,
    /// Why.
    pub why: String,
}

/// Directives that decide about paths.
const OF_PATHS: [&str; 9] = [
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "InaccessiblePaths",
    "NoExecPaths",
    "ExecPaths",
    "TemporaryFileSystem",
];

/// Runs a service in its present settings, and notes what proposed ones would refuse: calls by their filter, which lets all
/// pass and tells of them, and paths by their mounts. Capabilities are not looked at: what the kernel grants is not what is
/// needed.
///
/// # Errors
///
/// When the service cannot be run.
pub fn probation(
    present: &Settings,
    proposed: &Settings,
    setup: &Setup<'_>,
) -> Result<Probation, TrialError> {
    let policy = proposed.system_call_policy(FilterHost::new(Arch::NATIVE));
    let filter = policy.compile().map_err(std::io::Error::other)?;
    let setup = Setup {
        observed: true,
        noted: filter.map(|filter| Arc::new(filter.logged())),
        ..setup.clone()
    };
    let trial = run(present, &setup)?;
    let plan = Plan::new(proposed, setup.host, setup.options)
        .map_err(|failure| TrialError::Plan(Box::new(failure)))?;
    let subject = Subject::new(proposed, &plan, setup.host);
    let mut refused = Vec::new();
    for call in trial
        .facts
        .failures
        .iter()
        .filter(|call| call.error == "LOG")
    {
        let call = FailedCall {
            error: "EPERM".to_owned(),
            ..call.clone()
        };
        refused.extend(by_directive(&subject, call, None));
    }
    for call in paths(&trial.facts) {
        refused.extend(by_directive(&subject, call, Some(&OF_PATHS)));
    }
    Ok(Probation { trial, refused })
}

/// The directive that would refuse a call, when it is one of these.
fn by_directive(
    subject: &Subject<'_>,
    call: FailedCall,
    directives: Option<&[&str]>,
) -> Option<Refused> {
    let mut causes = subject.causes(&call).into_iter();
    causes.find_map(|cause| {
        let By::Directive { name, .. } = cause.by else {
            return None;
        };
        directives
            .is_none_or(|directives| directives.contains(&name))
            .then(|| Refused {
                call: call.clone(),
                directive: name,
                why: cause.why,
            })
    })
}

/// What was done to paths, as calls that fail as they would where it is forbidden.
fn paths(facts: &Facts) -> impl Iterator<Item = FailedCall> {
    facts
        .paths
        .iter()
        .filter(|(_, fact)| fact.seen.successes() > 0)
        .flat_map(|(path, fact)| uses(path, fact))
}

fn uses(path: &str, fact: &PathFact) -> Vec<FailedCall> {
    let call = |name: &str, error: &str, flags: i32| FailedCall {
        first: fact.seen.first,
        last: fact.seen.first,
        count: fact.seen.count,
        pid: 0,
        program: fact.seen.programs.first().cloned().unwrap_or_default(),
        architecture: Arch::NATIVE.name().to_owned(),
        call: name.to_owned(),
        arguments: [0, 0, u64::from(flags.cast_unsigned()), 0, 0, 0],
        error: error.to_owned(),
        filtered: false,
        path: Some(path.to_owned()),
        address: None,
    };
    let has = |wanted: &[Use]| wanted.iter().any(|usage| fact.uses.contains(usage));
    let mut calls = Vec::new();
    if has(&[Use::Create, Use::Remove, Use::Rename, Use::Bind]) {
        calls.push(call("openat", "EROFS", O_WRITE | O_CREAT));
    } else if has(&[
        Use::Write,
        Use::Mode,
        Use::Owner,
        Use::Times,
        Use::Size,
        Use::Attribute,
    ]) {
        calls.push(call("openat", "EROFS", O_WRITE));
    }
    if has(&[Use::Execute, Use::MapExecutable]) {
        calls.push(call("execve", "EACCES", 0));
    }
    if has(&[Use::Read, Use::WorkingDirectory, Use::Watch, Use::Connect]) {
        calls.push(call("openat", "EACCES", 0));
        calls.push(call("openat", "ENOENT", 0));
    }
    calls
}

/// O_WRONLY and O_CREAT of open(2).
const O_WRITE: i32 = 1;
const O_CREAT: i32 = 0o100;
