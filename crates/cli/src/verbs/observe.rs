//! `unitward observe`: what a service, a command or a running process does.

mod summary;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Pid;
use unitward_harden::verify::{self, Exercise, Setup, Trial, TrialError};
use unitward_observe::Facts;
use unitward_sandbox::Host;
use unitward_settings::Settings;

use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;
use crate::subject::Subject;
use crate::ui::{self, Pager};
use crate::verbs::run::report;

/// Records, merges, and says what was seen.
pub(crate) fn run(args: &args::Observe, pager: Pager) -> Result<Exit, Error> {
    let mut facts = Facts::default();
    for file in &args.merge {
        facts.merge(read(file)?);
    }
    let mut exit = Exit::Clean;
    let pids = pids(args)?;
    if !pids.is_empty() {
        let limit = args.duration.map(Duration::from_secs);
        let seen = unitward_observe::attach(&pids, limit).map_err(|error| {
            Error::new(format!("Cannot observe it: {}.", ui::reason(&error)))
                .hint("Another user's processes need root; one process can have one tracer only.")
        })?;
        facts.merge(seen);
    } else if args.merge.is_empty()
        || args.subject.unit.is_some()
        || !args.subject.command.is_empty()
    {
        let (trial, settings) = observe(args)?;
        if let Some(failure) = &trial.outcome.failure {
            ui::note(&report::failure(&settings, failure));
        }
        ui::note(&ui::printable(&ended(&trial)));
        if trial.outcome.failure.is_some() || trial.workload.is_some_and(|status| status != 0) {
            exit = Exit::Findings;
        }
        facts.merge(trial.facts);
    }
    if let Some(file) = &args.output {
        match file == Path::new("-") {
            true => ui::print(&facts.to_json())?,
            false => files::replace(file, facts.to_json().as_bytes())?,
        }
    }
    if args.summary || args.output.is_none() {
        ui::page(&summary::text(&facts), pager)?;
    }
    Ok(exit)
}

fn observe(args: &args::Observe) -> Result<(Trial, Settings), Error> {
    let subject = Subject::new(&args.subject)?;
    let settings = subject.settings("")?;
    let options = subject.options(&settings)?;
    let setup = Setup {
        host: &Host::read(),
        options: &options,
        exercise: &exercise(&args.usage),
        observed: true,
        noted: None,
        quiet: false,
    };
    match verify::run(&settings, &setup) {
        Ok(trial) => Ok((trial, settings)),
        Err(TrialError::Plan(failure)) => Err(Error::new(report::failure(&settings, &failure))),
        Err(error) => Err(Error::new(format!("{error}."))),
    }
}

/// What is done with a service, by the command line.
pub(crate) fn exercise(args: &args::Use) -> Exercise {
    let mut exercise = Exercise::default();
    exercise.workload.clone_from(&args.workload);
    exercise.reload = !args.no_reload;
    exercise.limit = Duration::from_secs(args.workload_limit);
    exercise
}

/// How it ended, as a sentence.
fn ended(trial: &Trial) -> String {
    let mut text = format!(
        "The service ended with result {}",
        trial.outcome.result.name()
    );
    if let Some(ending) = trial.outcome.ending {
        text.push_str(&format!("; its main process {ending}"));
    }
    if let Some(status) = trial.workload.filter(|status| *status != 0) {
        text.push_str(&format!("; its last use failed with status {status}"));
    }
    text + "."
}

pub(crate) fn read(file: &Path) -> Result<Facts, Error> {
    let text = files::read_text(file)?;
    Facts::from_json(&text).map_err(|error| Error::new(format!("{}: {error}.", file.display())))
}

/// The processes that run already.
fn pids(args: &args::Observe) -> Result<Vec<Pid>, Error> {
    let mut numbers = args.pid.clone();
    if let Some(folder) = &args.cgroup {
        let file = Path::new("/sys/fs/cgroup")
            .join(folder)
            .join("cgroup.procs");
        let text = files::read_text(&file)?;
        numbers.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()));
        if numbers.is_empty() {
            return Err(Error::new(format!(
                "{}: no process is in it.",
                PathBuf::from(folder).display()
            )));
        }
    }
    let pid = |number: &i32| {
        let valid = Pid::from_raw(*number).filter(|_| *number > 0);
        valid.ok_or_else(|| Error::new(format!("{number} is no process.")))
    };
    numbers.iter().map(pid).collect()
}
