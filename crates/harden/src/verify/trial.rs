//! One run of a service with its exercise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use unitward_observe::Facts;
use unitward_sandbox::{
    Ending, Enforcement, Event, Failure, Host, Options, Outcome, Phase, Plan, ServiceResult,
};
use unitward_seccomp::Program;
use unitward_settings::Settings;

use super::exercise::{Driver, Exercise};
use super::scratch::Scratch;
use super::watch::Watch;

/// How a service is tried.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// What this machine can do.
    pub host: &'a Host,
    /// How it is run, besides its settings.
    pub options: &'a Options,
    /// What is done with it.
    pub exercise: &'a Exercise,
    /// Whether it is watched.
    pub observed: bool,
    /// A filter whose answers are only told of; with it the service has to be watched.
    pub noted: Option<Arc<Program>>,
    /// Whether what it prints is kept for [`Trial::output`], and not printed.
    pub quiet: bool,
}

/// What came of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trial {
    /// What it did; empty when it was not watched.
    pub facts: Facts,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it came to be started.
    pub ready: bool,
    /// Whether there was a workload.
    pub has_workload: bool,
    /// Whether it was reloaded.
    pub reloaded: bool,
    /// The exit status of the workload, or of the last use of the service; none when it did not come to an end.
    pub workload: Option<i32>,
    /// How commands besides the service ended, in their order.
    pub commands: Vec<(Phase, Ending)>,
    /// Steps whose time was over.
    pub late: Vec<Phase>,
    /// The end of what the service printed.
    pub output: String,
    /// The end of what the workload printed.
    pub workload_output: String,
    /// Directives that did not hold, or in part only, because they cannot be enforced here, and why.
    pub unenforced: BTreeMap<&'static str, String>,
    /// How long it took.
    pub time: Duration,
}

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// There was no plan.
    #[error("{0:?}")]
    Plan(Box<Failure>),
    /// The tracer, the workload's shell or their files could not be made.
    #[error("cannot prepare the run: {0}")]
    Prepare(#[from] std::io::Error),
}

/// What is worse in one run than in another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Complaint {
    /// A process was not made, or did not become its program.
    Failure(String),
    /// The service did not come to be started.
    NotReady,
    /// It ended in another way.
    Result(ServiceResult, Option<Ending>),
    /// A command besides it ended in another way.
    Command(Phase, Ending),
    /// A step took too long.
    Late(Phase),
    /// The reload did not come about.
    NotReloaded,
    /// The workload failed.
    Workload(Option<i32>),
}

/// Runs a service.
///
/// # Errors
///
/// When it cannot even be tried. That it fails is a result.
pub fn run(settings: &Settings, setup: &Setup<'_>) -> Result<Trial, TrialError> {
    let begin = Instant::now();
    let scratch = Scratch::new()?;
    // Both are made first: what is there before the service is not taken for a part of it.
    let watch = match setup.observed {
        true => Some(Arc::new(Watch::start(setup.noted.as_deref())?)),
        false => None,
    };
    let reload = setup.exercise.reload && can_reload(settings);
    let mut driver = Driver::new(setup.exercise, reload, &scratch)?;
    let mut options = setup.options.clone();
    options.orders = Some(driver.orders());
    if setup.quiet {
        options.log = Some(scratch.file(LOG).to_string_lossy().into_owned());
    }
    options.observer = watch
        .clone()
        .map(|watch| watch as Arc<dyn unitward_sandbox::Observer>);
    let plan = Plan::new(settings, setup.host, &options)
        .map_err(|failure| TrialError::Plan(Box::new(failure)))?;
    let mut main = 0;
    let (mut ready, mut reloaded) = (false, false);
    let (mut commands, mut late) = (Vec::new(), Vec::new());
    let outcome = plan.run(&mut |event| match event {
        Event::Started { process, pid } if process.phase == Phase::Start => main = *pid,
        Event::Ready => {
            ready = true;
            driver.tell(&main.to_string());
        }
        Event::Reloaded => {
            reloaded = true;
            driver.tell("reloaded");
        }
        Event::Ended { phase, ending } if *phase != Phase::Start => {
            commands.push((*phase, *ending))
        }
        Event::TimedOut { phase } => late.push(*phase),
        _ => {}
    });
    let unenforced = unenforced(&plan);
    drop(plan);
    let patience = match (outcome.stopped, &setup.exercise.workload) {
        (true, _) => Duration::from_secs(1),
        // The workload notices that the service is gone, or goes on alone.
        (false, Some(_)) => setup.exercise.limit.min(Duration::from_secs(5)),
        (false, None) => Duration::ZERO,
    };
    let workload = driver.end(&scratch, patience);
    let facts = watch.map(|watch| watch.finish()).unwrap_or_default();
    Ok(Trial {
        facts,
        outcome,
        ready,
        has_workload: setup.exercise.workload.is_some(),
        reloaded,
        workload,
        commands,
        late,
        output: scratch.tail(LOG),
        workload_output: scratch.tail(Driver::OUTPUT),
        unenforced,
        time: begin.elapsed(),
    })
}

fn unenforced(plan: &Plan) -> BTreeMap<&'static str, String> {
    let gaps = plan.report.gaps();
    gaps.filter_map(|(directive, entry)| match &entry.enforcement {
        Enforcement::Partly(reason) | Enforcement::NotPossibleHere(reason) => {
            Some((directive, reason.clone()))
        }
        _ => None,
    })
    .collect()
}

/// What the service prints.
const LOG: &str = "service";

fn can_reload(settings: &Settings) -> bool {
    *settings.service_type.value() == unitward_settings::ServiceType::NotifyReload
        || !settings.exec_reload.0.is_empty()
}

impl Trial {
    /// A run of a service that could not be planned.
    pub(crate) fn failed(failure: Failure) -> Self {
        let mut outcome = Outcome::default();
        outcome.result = ServiceResult::Resources;
        outcome.failure = Some(failure);
        Self {
            facts: Facts::default(),
            outcome,
            ready: false,
            reloaded: false,
            workload: None,
            has_workload: false,
            commands: Vec::new(),
            late: Vec::new(),
            output: String::new(),
            workload_output: String::new(),
            unenforced: BTreeMap::new(),
            time: Duration::ZERO,
        }
    }

    /// What is worse than in another run, the gravest first.
    #[must_use]
    pub fn complaints(&self, before: &Self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if let Some(failure) = &self.outcome.failure
            && before.outcome.failure.is_none()
        {
            complaints.push(Complaint::Failure(failure.step.clone()));
        }
        if before.ready && !self.ready {
            complaints.push(Complaint::NotReady);
        }
        // Which of the statuses that mean success it was may depend on when it was told to stop.
        let ended = |trial: &Self| match trial.outcome.result {
            ServiceResult::Success => (ServiceResult::Success, None),
            result => (result, trial.outcome.ending),
        };
        if ended(self) != ended(before) {
            complaints.push(Complaint::Result(self.outcome.result, self.outcome.ending));
        }
        if before.reloaded && !self.reloaded {
            complaints.push(Complaint::NotReloaded);
        }
        if self.workload != before.workload {
            complaints.push(Complaint::Workload(self.workload));
        }
        for (phase, ending) in &self.commands {
            if !before.commands.contains(&(*phase, *ending)) {
                complaints.push(Complaint::Command(*phase, *ending));
            }
        }
        for phase in &self.late {
            if !before.late.contains(phase) {
                complaints.push(Complaint::Late(*phase));
            }
        }
        complaints
    }
}
