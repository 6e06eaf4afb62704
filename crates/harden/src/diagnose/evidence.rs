//! What was seen to go wrong in a run, and how much each of it matters.

use std::net::SocketAddr;

use unitward_observe::{Facts, FailedCall, HowEnded, ProcessEnd};
use unitward_sandbox::Failure;

use super::cause::{By, Cause};
use super::off::off;
use super::subject::Subject;
use super::{call, network, privileges};
use crate::verify::Trial;

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// A call failed.
    Call(Box<FailedCall>),
    /// A step of making the sandbox failed: the step.
    Setup(String),
    /// A process was killed by a signal.
    Signal(ProcessEnd),
    /// A program was executed and got no privileges by its file.
    Program(String),
    /// Packets to an address got lost.
    Packets(SocketAddr),
    /// The service said so: the words.
    Output(String),
    /// Nothing was seen, but without the directive it works.
    Nothing,
}

/// Why something is thought to have mattered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Evidence {
    /// It kept the program from being started, or killed it.
    Fatal,
    /// It was the last thing that failed before its process ended in a bad way.
    LastBeforeTheEnd,
    /// The service's output names the path or the address.
    Named,
    /// The service's output has the error's message.
    Message,
    /// Without the sandbox it does not fail.
    OnlyInTheSandbox,
}

/// What went wrong, why, and how much it matters.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) denial: Denial,
    pub(super) causes: Vec<Cause>,
    pub(super) evidence: Vec<Evidence>,
    score: u32,
}

/// What went wrong in a run that the sandbox may have to do with, what matters most first.
pub(super) fn candidates(subject: &Subject<'_>, trial: &Trial) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    if let Some(failure) = &trial.outcome.failure {
        let denial = Denial::Setup(failure.to_string());
        let causes = subject.causes_of_failure(failure);
        found.push(Candidate::new(denial, causes, vec![Evidence::Fatal], 3000));
    }
    let output = format!("{}\n{}", trial.output, trial.workload_output);
    let last = last_before_ends(&trial.facts);
    for (at, failure) in trial.facts.failures.iter().enumerate() {
        if failure.error == "LOG" {
            continue;
        }
        let causes = subject.causes(failure);
        let mut evidence = Vec::new();
        let mut score = 100;
        if failure.error == "SIGSYS" {
            evidence.push(Evidence::Fatal);
            score += 1500;
        }
        if last.contains(&at) {
            evidence.push(Evidence::LastBeforeTheEnd);
            score += 400;
        }
        if names(&output, failure) {
            evidence.push(Evidence::Named);
            score += 250;
        }
        if output.contains(message(&failure.error)) {
            evidence.push(Evidence::Message);
            score += 200;
        }
        if failure.filtered {
            score += 60;
        }
        if !causes.iter().any(Cause::is_sandbox) {
            score /= 8;
        }
        // Later ones are closer to what came of it.
        score += u32::try_from(at).unwrap_or(0).min(50);
        found.push(Candidate::new(
            Denial::Call(Box::new(failure.clone())),
            causes,
            evidence,
            score,
        ));
    }
    for end in &trial.facts.endings {
        let HowEnded::Signal(signal) = end.how else {
            continue;
        };
        let causes = subject.causes_of_signal(signal, &end.program);
        if !causes.is_empty() {
            let evidence = vec![Evidence::Fatal];
            found.push(Candidate::new(
                Denial::Signal(end.clone()),
                causes,
                evidence,
                1200,
            ));
        }
    }
    for end in killed_with_the_rest(trial) {
        let causes = vec![subject.switched_off(
            "KillMode",
            "what is left of the service is killed when its main process has ended",
        )];
        found.push(Candidate::new(
            Denial::Signal(end.clone()),
            causes,
            Vec::new(),
            150,
        ));
    }
    for program in trial.facts.programs.keys() {
        if !privileges::gains(program) {
            continue;
        }
        let causes = privileges::no_new_privileges(subject, program);
        if !causes.is_empty() {
            let denial = Denial::Program(program.clone());
            found.push(Candidate::new(denial, causes, Vec::new(), 320));
        }
    }
    for key in trial.facts.addresses.keys() {
        let Ok(address) = key.address.parse::<SocketAddr>() else {
            continue;
        };
        if key.action == "bind" {
            continue;
        }
        let cause = network::filtered(subject, Some(address.ip()));
        if let Some(cause) = cause {
            let denial = Denial::Packets(address);
            found.push(Candidate::new(denial, vec![cause], Vec::new(), 310));
        }
    }
    found.extend(said(subject, &output));
    found.retain(|candidate| !candidate.causes.is_empty());
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    found
}

/// Takes out what fails in the same way without the sandbox.
pub(super) fn compare(found: Vec<Candidate>, without: &Trial) -> (Vec<Candidate>, Vec<FailedCall>) {
    let mut probes = Vec::new();
    let mut kept = Vec::new();
    for mut candidate in found {
        if let Denial::Call(failure) = &candidate.denial {
            if fails_as_well(&without.facts, failure) {
                probes.push((**failure).clone());
                continue;
            }
            candidate.evidence.push(Evidence::OnlyInTheSandbox);
        }
        kept.push(candidate);
    }
    (kept, probes)
}

impl Candidate {
    /// A service that could not even be planned.
    pub(super) fn unplanned(failure: &Failure) -> Self {
        let directive = failure.cause.directive;
        let why = failure.to_string();
        let mut cause = match directive {
            "" => Cause::elsewhere(By::Host, why),
            name => Cause::directive(name, failure.cause.origin, why),
        };
        // Another user is no smaller change.
        if !matches!(directive, "" | "User" | "Group") {
            cause = cause.or(off(directive));
        }
        let denial = Denial::Setup(failure.to_string());
        Self::new(denial, vec![cause], vec![Evidence::Fatal], 3000)
    }

    fn new(denial: Denial, causes: Vec<Cause>, evidence: Vec<Evidence>, score: u32) -> Self {
        Self {
            denial,
            causes,
            evidence,
            score,
        }
    }
}

/// Processes that were killed, because the service counted as ended.
pub(super) fn killed_with_the_rest(trial: &Trial) -> Vec<&ProcessEnd> {
    if trial.outcome.stopped {
        return Vec::new();
    }
    let endings = &trial.facts.endings;
    let first_exit = endings
        .iter()
        .find(|end| matches!(end.how, HowEnded::Exit(_)));
    let Some(exit) = first_exit else {
        return Vec::new();
    };
    let is_killed = |end: &&ProcessEnd| {
        matches!(
            end.how,
            HowEnded::Signal(libc::SIGTERM | libc::SIGKILL | libc::SIGHUP)
        ) && end.at >= exit.at
    };
    endings.iter().filter(is_killed).collect()
}

/// Whether the same call fails in the same way in another run.
fn fails_as_well(facts: &Facts, failure: &FailedCall) -> bool {
    facts.failures.iter().any(|other| {
        other.call == failure.call
            && other.error == failure.error
            && other.path == failure.path
            && other.address == failure.address
            && (failure.path.is_some()
                || failure.address.is_some()
                || other.arguments.first() == failure.arguments.first())
    })
}

/// The failures that were the last ones of their process, or of any, before a bad end.
fn last_before_ends(facts: &Facts) -> Vec<usize> {
    let mut found = Vec::new();
    let is_bad = |end: &&ProcessEnd| !matches!(end.how, HowEnded::Exit(0));
    for end in facts.endings.iter().filter(is_bad) {
        let before = |own: bool| {
            let failures = facts.failures.iter().enumerate();
            failures
                .filter(|(_, failure)| failure.last <= end.at)
                .filter(|(_, failure)| !own || failure.pid == end.pid)
                .max_by_key(|(at, failure)| (failure.last, *at))
                .map(|(at, _)| at)
        };
        found.extend(before(true).or_else(|| before(false)));
    }
    found
}

/// Whether a text names what a call was about.
fn names(output: &str, failure: &FailedCall) -> bool {
    let path = failure.path.as_deref().is_some_and(|path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        output.contains(path) || name.len() > 3 && output.contains(name)
    });
    let address = failure.address.as_ref().is_some_and(|key| {
        let port = key.address.rsplit(':').next().unwrap_or_default();
        output.contains(&key.address) || port.len() > 1 && output.contains(port)
    });
    path || address
}

/// The C library's message for an error.
fn message(error: &str) -> &'static str {
    match error {
        "EPERM" => "peration not permitted",
        "EACCES" => "ermission denied",
        "ENOENT" => "o such file or directory",
        "EROFS" => "ead-only file system",
        "EAFNOSUPPORT" => "ddress family not supported",
        "ENETUNREACH" => "etwork is unreachable",
        "EADDRNOTAVAIL" => "annot assign requested address",
        "ECONNREFUSED" => "onnection refused",
        "EMFILE" => "oo many open files",
        "ENOMEM" => "annot allocate memory",
        "ENOSYS" => "unction not implemented",
        "EINVAL" => "nvalid argument",
        "ENXIO" => "o such device or address",
        "ENODEV" => "o such device",
        "EXDEV" => "nvalid cross-device link",
        _ => "\0",
    }
}

/// Words of programs about something that is limited, the call that ran into it, and its error.
const SAYINGS: &[(&str, &str, &str)] = &[
    ("esource temporarily unavailable", "clone", "EAGAIN"),
    ("an't start new thread", "clone", "EAGAIN"),
    ("ork: retry", "clone", "EAGAIN"),
    ("annot allocate memory", "mmap", "ENOMEM"),
    ("ut of memory", "mmap", "ENOMEM"),
    ("MemoryError", "mmap", "ENOMEM"),
    ("emory exhausted", "mmap", "ENOMEM"),
    ("annot allocate memory", "mlock", "ENOMEM"),
    ("File too large", "write", "EFBIG"),
    ("file too large", "write", "EFBIG"),
    ("oo many open files", "dup", "EMFILE"),
    ("No locks available", "fcntl", "ENOLCK"),
    ("rgument list too long", "execve", "E2BIG"),
];

/// What the service says of limits: calls that run into them are not all watched.
fn said(subject: &Subject<'_>, output: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (words, name, error) in SAYINGS {
        if !output.contains(words) {
            continue;
        }
        let causes = subject.causes(&call(name, error, None));
        let causes: Vec<Cause> = causes.into_iter().filter(Cause::is_sandbox).collect();
        let line = output.lines().find(|line| line.contains(words));
        let denial = Denial::Output(line.unwrap_or(words).trim().to_owned());
        found.push(Candidate::new(denial, causes, vec![Evidence::Message], 500));
    }
    found
}
