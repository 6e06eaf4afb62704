//! `unitward harden`: watches a service, proposes the tightest settings that it works with, and proves them.

mod apply;
mod words;

use std::path::Path;

use unitward_exposure::{Rules, Tenths, assess};
use unitward_harden::derive::{self, Level, Service};
use unitward_harden::verify::{
    self, Proof, ProveError, Prover, Setup, Trial, TrialError, prove, prove_on_probation,
};
use unitward_observe::Facts;
use unitward_sandbox::{Host, ServiceResult};
use unitward_settings::Settings;

use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;
use crate::subject::Subject;
use crate::ui;
use crate::verbs::observe::{exercise, read};
use crate::verbs::run::report;

/// What there is to tell in the end.
struct Hardened<'a> {
    name: &'a str,
    before: Tenths,
    after: Tenths,
    observed: Trial,
    proof: Proof,
}

/// Observes, derives, proves, and prints the drop-in.
pub(crate) fn run(args: &args::Harden) -> Result<Exit, Error> {
    let subject = Subject::new(&args.subject)?;
    let settings = subject.settings("")?;
    let options = subject.options(&settings)?;
    let (host, exercise) = (Host::read(), exercise(&args.usage));
    let setup = Setup {
        host: &host,
        options: &options,
        exercise: &exercise,
        observed: true,
        noted: None,
        quiet: true,
    };
    let name = subject.name();
    ui::note(&words::begins(name, &settings, &exercise));
    let observed = verify::run(&settings, &setup).map_err(|error| not_run(&settings, error))?;
    if let Some(problem) = words::problem(&settings, &observed) {
        let mut error = Error::new(format!("{name} does not work even as it is: {problem}"));
        let output = words::last_lines(&observed);
        if !output.is_empty() {
            error = error.hint(output);
        }
        return Err(error);
    }
    let mut facts = observed.facts.clone();
    for file in &args.facts {
        facts.merge(read(file)?);
    }
    ui::note(&words::observed(&facts, &observed, &settings));
    let proposal = derive::derive(&facts, &service(args, name, &settings), level(args.level));
    let resolve = |text: &str| subject.settings(text).map_err(|error| error.to_string());
    let mut prover = Prover {
        resolve: &resolve,
        setup,
        before: &observed,
        tell: &mut |step| ui::note(&ui::printable(&words::step(step, args.probation))),
    };
    let proof = match args.probation {
        true => prove_on_probation(proposal, &settings, &mut prover),
        false => prove(proposal, &mut prover),
    }
    .map_err(|error| match error {
        ProveError::Trial(error) => not_run(&settings, error),
        error => Error::new(format!("The proposal cannot be tried: {error}.")),
    })?;
    let result = Hardened {
        name,
        before: exposure(&settings)?,
        after: exposure(&proof.settings)?,
        observed,
        proof,
    };
    finish(args, &result)
}

/// Prints what came of it, and writes what was asked for.
fn finish(args: &args::Harden, result: &Hardened<'_>) -> Result<Exit, Error> {
    let drop_in = words::drop_in(result);
    if args.json {
        ui::print(&words::json(result, &drop_in))?;
    } else if let Some(file) = &args.output {
        files::replace(file, drop_in.as_bytes())?;
    } else if !args.apply {
        ui::print(&drop_in)?;
    }
    ui::note(&ui::printable(&words::verdict(result)));
    if !result.proof.is_proved() {
        return Ok(Exit::Findings);
    }
    if args.apply && !proof_is_whole(result) {
        return Err(
            Error::new("Not applied, because not every setting could be tried.")
                .hint("Run it as root, or take the drop-in of -o after a look at it."),
        );
    }
    if args.apply {
        apply::write(result.name, &drop_in)?;
    }
    Ok(Exit::Clean)
}

fn service<'a>(args: &args::Harden, name: &'a str, settings: &'a Settings) -> Service<'a> {
    Service {
        settings,
        unit_name: name,
        root: Path::new("/"),
        command: args.subject.unit.is_none(),
        jail: args.jail,
    }
}

const fn level(level: args::LevelArg) -> Level {
    match level {
        args::LevelArg::Safe => Level::Safe,
        args::LevelArg::Tight => Level::Tight,
        args::LevelArg::Paranoid => Level::Paranoid,
    }
}

fn exposure(settings: &Settings) -> Result<Tenths, Error> {
    let exposure = assess(settings, Rules::Offline, None);
    let exposure = exposure.map_err(|error| Error::new(error.to_string()))?;
    Ok(exposure.level())
}

fn not_run(settings: &Settings, error: TrialError) -> Error {
    match error {
        TrialError::Plan(failure) => Error::new(report::failure(settings, &failure)),
        error => Error::new(format!("{error}.")),
    }
}

fn proof_is_whole(result: &Hardened<'_>) -> bool {
    result.proof.untried.is_empty()
}

/// Whether a run went well.
fn is_well(trial: &Trial) -> bool {
    trial.outcome.result == ServiceResult::Success
        && trial.outcome.failure.is_none()
        && trial.workload.unwrap_or(0) == 0
}

/// What is known of a service that was recorded.
fn gaps(facts: &Facts) -> impl Iterator<Item = &str> {
    let gaps = facts.recordings.iter().flat_map(|one| &one.gaps);
    gaps.map(String::as_str)
}
