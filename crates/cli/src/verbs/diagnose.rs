//! `unitward diagnose`: which setting broke a service, and the smallest change with which it works.

mod json;
mod text;

use std::path::Path;
use std::time::Duration;

use unitward_harden::diagnose::{Diagnosis, Relaxation, Runner, diagnose};
use unitward_harden::verify::{self, Exercise, Setup, Trial, TrialError};
use unitward_sandbox::{Failure, Host, Options as Way, Plan, StreamChoice};
use unitward_settings::Settings;

use crate::args::Diagnose;
use crate::error::Error;
use crate::exit::Exit;
use crate::subject::Subject;
use crate::verbs::run::report;
use crate::{files, ui};

/// Runs the service, as often as it takes. Ends with 1 when the sandbox broke it.
pub(crate) fn run(args: &Diagnose) -> Result<Exit, Error> {
    let subject = Subject::new(&args.subject)?;
    let settings = subject.settings("")?;
    let mut way = subject.options(&settings)?;
    // What it prints is looked at.
    (way.output, way.error) = (StreamChoice::Unit, StreamChoice::Unit);
    let mut service = Service {
        limits: limits(&settings, args.limit),
        subject,
        host: Host::read(),
        way,
        exercise: exercise(args),
    };
    let diagnosis = diagnose(&mut service).map_err(|error| cannot_run(&settings, &error))?;
    if let Some(file) = &args.fix {
        write_fix(file, &diagnosis)?;
    }
    let text = if args.json {
        json::document(&settings, &diagnosis)
    } else {
        text::report(&settings, &diagnosis, ui::Paint::of_stdout())
    };
    ui::print(&text)?;
    Ok(if diagnosis.is_broken() || !diagnosis.works_without {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// What is done with the service. A command ends by itself; a service is left alone for a while.
fn exercise(args: &Diagnose) -> Exercise {
    const COMMAND: u64 = 5000;
    const SERVICE: u64 = 1000;
    let mut exercise = Exercise::default();
    exercise.workload = args.workload.clone();
    exercise.reload = false;
    let usual = match args.subject.command.is_empty() {
        true => SERVICE,
        false => COMMAND,
    };
    exercise.settle = Duration::from_millis(args.settle.map_or(usual, |seconds| seconds * 1000));
    exercise.limit = Duration::from_secs(args.limit);
    exercise
}

/// A start or a stop that waits in vain is not waited for as long as the unit would.
fn limits(settings: &Settings, seconds: u64) -> String {
    let most = seconds.saturating_mul(1_000_000);
    let timeouts = [
        ("TimeoutStartSec", settings.timeout_start_sec.0),
        ("TimeoutStopSec", settings.timeout_stop_sec.0),
    ];
    timeouts
        .into_iter()
        // 0 is no limit at all.
        .filter(|(_, own)| *own == 0 || *own > most)
        .map(|(name, _)| format!("{name}={seconds}\n"))
        .collect()
}

fn cannot_run(settings: &Settings, error: &TrialError) -> Error {
    match error {
        TrialError::Plan(failure) => Error::new(report::failure(settings, failure)),
        error => Error::new(format!("Cannot run the service: {error}.")),
    }
}

fn write_fix(file: &Path, diagnosis: &Diagnosis) -> Result<(), Error> {
    let text = diagnosis.drop_in();
    if text.is_empty() {
        ui::note("There is nothing to change, so that no drop-in was written.");
        return Ok(());
    }
    files::replace(file, text.as_bytes())
}

/// The service as it is run.
struct Service<'a> {
    subject: Subject<'a>,
    host: Host,
    way: Way,
    exercise: Exercise,
    /// Lines that keep it from waiting for long.
    limits: String,
}

impl Runner for Service<'_> {
    fn settings(&self, changes: &[Relaxation]) -> Option<Settings> {
        let lines: String = changes.iter().map(Relaxation::lines).collect();
        let text = format!("[Service]\n{}{lines}", self.limits);
        self.subject.settings(&text).ok()
    }

    fn plan(&self, settings: &Settings) -> Result<Plan, Failure> {
        Plan::new(settings, &self.host, &self.way)
    }

    fn run(&mut self, settings: &Settings, observed: bool) -> Result<Trial, TrialError> {
        let setup = Setup {
            host: &self.host,
            options: &self.way,
            exercise: &self.exercise,
            observed,
            noted: None,
            quiet: true,
        };
        verify::run(settings, &setup)
    }

    fn host(&self) -> &Host {
        &self.host
    }

    fn took(&mut self, time: Duration) {
        let enough = time * 2 + Duration::from_secs(2);
        self.exercise.limit = self.exercise.limit.min(enough);
    }
}
