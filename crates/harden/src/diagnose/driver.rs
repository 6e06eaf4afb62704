//! Trying: from a broken service to the smallest changes with which it works.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use unitward_exposure::{Rules, Tenths, assess};
use unitward_observe::FailedCall;
use unitward_sandbox::{Enforcement, Failure, Host, Plan};
use unitward_settings::{Settings, Source};

use super::cause::{By, Cause, Relaxation};
use super::evidence::{Candidate, Denial, Evidence, candidates, compare, killed_with_the_rest};
use super::filter;
use super::off::{OFF, SET_UP, off};
use super::subject::Subject;
use crate::verify::{Complaint, Trial, TrialError};

/// Runs a service with some changes of its settings.
pub trait Runner {
    /// The settings with changes on top; none when systemd would refuse them.
    fn settings(&self, changes: &[Relaxation]) -> Option<Settings>;

    /// Plans the service.
    ///
    /// # Errors
    ///
    /// When something that planning needs is not there.
    fn plan(&self, settings: &Settings) -> Result<Plan, Failure>;

    /// Runs the service with its workload, watched or not.
    ///
    /// # Errors
    ///
    /// When it cannot be run at all.
    fn run(&mut self, settings: &Settings, observed: bool) -> Result<Trial, TrialError>;

    /// What this machine can do.
    fn host(&self) -> &Host;

    /// Says how long a workload that works took: one that takes far longer waits in vain.
    fn took(&mut self, time: Duration);
}

/// What came of a diagnosis.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What is worse than without the sandbox; empty when nothing is.
    pub complaints: Vec<Complaint>,
    /// What goes wrong in the sandbox, whether it is worse than without or not.
    pub fails: Vec<Complaint>,
    /// What broke the service, what was found first at the front.
    pub findings: Vec<Finding>,
    /// Whether the service works with all changes.
    pub confirmed: bool,
    /// Whether it works without the sandbox.
    pub works_without: bool,
    /// The settings that stand for "without the sandbox": what was switched off.
    pub without: Vec<&'static str>,
    /// Denials of the sandbox that did not matter, each with its cause.
    pub harmless: Vec<(Denial, Cause)>,
    /// Failures that are the same without the sandbox.
    pub probes: Vec<FailedCall>,
    /// Directives that are not wholly enforced here, so that nothing is said about them, and why.
    pub gaps: Vec<(&'static str, String)>,
    /// Why the service could not be watched, so that the cause was searched by switching directives off.
    pub blind: Option<String>,
    /// The exposure level before and after the changes.
    pub exposure: (Option<Tenths>, Option<Tenths>),
    /// How often the service was run.
    pub runs: usize,
}

/// One thing that broke the service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What went wrong.
    pub denial: Denial,
    /// Why.
    pub cause: Cause,
    /// Why it is thought to have mattered.
    pub evidence: Vec<Evidence>,
    /// The change that was tried; none where no setting helps.
    pub change: Option<Relaxation>,
    /// Whether trying it showed that it is needed.
    pub confirmed: bool,
    /// The exposure level with this change alone.
    pub exposure: Option<Tenths>,
}

/// How often a service is run at most.
pub(super) const MOST_RUNS: usize = 48;

/// Finds out what broke a service.
///
/// # Errors
///
/// When the service cannot even be run.
pub fn diagnose(runner: &mut dyn Runner) -> Result<Diagnosis, TrialError> {
    let mut search = Search {
        runner,
        runs: 0,
        blind: None,
    };
    search.diagnose()
}

/// The trying, with what it knows.
pub(super) struct Search<'a> {
    pub(super) runner: &'a mut dyn Runner,
    pub(super) runs: usize,
    blind: Option<String>,
}

/// A step of the way: a run, and its settings.
pub(super) struct Run {
    pub(super) settings: Settings,
    pub(super) trial: Trial,
    /// What went wrong in it, explained before another run changes the host.
    candidates: Vec<Candidate>,
}

impl Search<'_> {
    fn diagnose(&mut self) -> Result<Diagnosis, TrialError> {
        let first = self.run(&[])?.ok_or_else(refused)?;
        let (baseline, stripped) = self.baseline(&first)?;
        if works(&baseline.trial) {
            self.runner.took(baseline.trial.time);
        }
        let complaints = first.trial.complaints(&baseline.trial);
        let mut diagnosis = Diagnosis {
            fails: fails(&first.trial),
            findings: Vec::new(),
            confirmed: complaints.is_empty(),
            works_without: works(&baseline.trial),
            without: stripped
                .iter()
                .flat_map(|change| change.assignments.iter().map(|(name, _)| *name))
                .collect(),
            harmless: Vec::new(),
            probes: Vec::new(),
            gaps: self.gaps(&first.settings),
            blind: None,
            exposure: (level(&first.settings), None),
            runs: 0,
            complaints,
        };
        if diagnosis.complaints.is_empty() {
            Self::not_broken(&first, &baseline, &mut diagnosis);
        } else {
            self.peel(first, &baseline, &stripped, &mut diagnosis)?;
        }
        self.finish(&mut diagnosis);
        Ok(diagnosis)
    }

    /// The service without its sandbox: as the same user, or else as root.
    fn baseline(&mut self, first: &Run) -> Result<(Run, Vec<Relaxation>), TrialError> {
        let set_up = first.trial.outcome.failure.is_some();
        let mut changes = strip(&first.settings, &["User", "Group"], set_up);
        let kill = off("KillMode");
        if !killed_with_the_rest(&first.trial).is_empty() && !changes.contains(&kill) {
            changes.push(kill);
        }
        let with_user = self.run(&changes)?;
        if let Some(run) = with_user {
            let has_user = first.settings.user.name().is_some();
            if works(&run.trial) || !has_user {
                return Ok((run, changes));
            }
            changes = strip(&first.settings, &[], set_up);
            if let Some(root) = self.run(&changes)?
                && works(&root.trial)
            {
                return Ok((root, changes));
            }
            return Ok((run, changes));
        }
        let run = self.run(&[])?.ok_or_else(refused)?;
        Ok((run, Vec::new()))
    }

    fn gaps(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let Ok(plan) = self.runner.plan(settings) else {
            return Vec::new();
        };
        let gaps = plan.report.gaps();
        gaps.filter_map(|(directive, entry)| match &entry.enforcement {
            Enforcement::Partly(reason) | Enforcement::NotPossibleHere(reason) => {
                Some((directive, reason.clone()))
            }
            _ => None,
        })
        .collect()
    }

    /// Nothing is worse in the sandbox. When it fails all the same, the reason is elsewhere.
    fn not_broken(first: &Run, baseline: &Run, diagnosis: &mut Diagnosis) {
        let fails = !works(&baseline.trial);
        for candidate in first.candidates.clone() {
            let Some(cause) = candidate.causes.first() else {
                continue;
            };
            // Something fails in every program before it ends.
            let matters = candidate
                .evidence
                .iter()
                .any(|one| *one != Evidence::LastBeforeTheEnd);
            // What outlives its service is killed without its sandbox, too.
            let is_killed = cause.name() == Some("KillMode");
            let counts = is_killed || matters && !cause.is_sandbox();
            if fails && counts && diagnosis.findings.is_empty() {
                diagnosis.findings.push(Finding {
                    denial: candidate.denial,
                    change: cause.relaxation.clone().filter(|_| is_killed),
                    cause: cause.clone(),
                    evidence: candidate.evidence,
                    confirmed: false,
                    exposure: None,
                });
            } else if cause.is_sandbox() {
                diagnosis.harmless.push((candidate.denial, cause.clone()));
            }
        }
    }

    /// Takes one cause away after the other, until the service works.
    fn peel(
        &mut self,
        first: Run,
        baseline: &Run,
        stripped: &[Relaxation],
        diagnosis: &mut Diagnosis,
    ) -> Result<(), TrialError> {
        let mut accepted: Vec<Finding> = Vec::new();
        let mut tried: BTreeSet<Relaxation> = BTreeSet::new();
        let mut elsewhere: Vec<Candidate> = Vec::new();
        let mut at = first;
        let mut broken = true;
        let mut explained = false;
        'rounds: while broken && self.runs < MOST_RUNS {
            let (found, probes) = compare(at.candidates.clone(), &baseline.trial);
            if diagnosis.probes.is_empty() {
                diagnosis.probes = probes;
            }
            for candidate in found {
                if !candidate.causes.iter().any(Cause::is_sandbox) {
                    elsewhere.push(candidate);
                    continue;
                }
                if let Some(finding) = unmendable(&candidate) {
                    accepted.push(finding);
                    explained = true;
                    break 'rounds;
                }
                let Some((finding, run)) =
                    self.try_causes(&candidate, &at, baseline, &accepted, &mut tried)?
                else {
                    continue;
                };
                broken = !run.trial.complaints(&baseline.trial).is_empty();
                accepted.push(finding);
                at = run;
                continue 'rounds;
            }
            break;
        }
        // What a user may not do is no matter of the sandbox, though another user might.
        let is_permission = |candidate: &Candidate| {
            !candidate.evidence.is_empty()
                && candidate
                    .causes
                    .iter()
                    .any(|cause| cause.by == By::Permissions)
        };
        elsewhere.sort_by_key(|candidate| !is_permission(candidate));
        explained |= elsewhere.first().is_some_and(is_permission);
        if broken && !explained {
            broken = !self.bisect(stripped, baseline, &mut accepted)?;
        }
        if !broken {
            let (left, _) = compare(at.candidates, &baseline.trial);
            for candidate in left {
                let is_call = matches!(candidate.denial, Denial::Call(_));
                let cause = candidate.causes.into_iter().find(Cause::is_sandbox);
                if let Some(cause) = cause.filter(|_| is_call) {
                    diagnosis.harmless.push((candidate.denial, cause));
                }
            }
            self.minimise(baseline, &mut accepted, diagnosis)?;
        }
        diagnosis.confirmed = !broken;
        let fits = |candidate: &Candidate| accepted.is_empty() || is_permission(candidate);
        if broken && let Some(candidate) = elsewhere.into_iter().find(fits) {
            let Candidate {
                denial,
                mut causes,
                evidence,
                ..
            } = candidate;
            let cause = causes.remove(0);
            accepted.insert(
                0,
                Finding {
                    denial,
                    change: cause.relaxation.clone(),
                    cause,
                    evidence,
                    confirmed: false,
                    exposure: None,
                },
            );
        }
        diagnosis.findings = accepted;
        Ok(())
    }

    /// Tries the changes of a candidate: the first one that makes its denial vanish counts.
    fn try_causes(
        &mut self,
        candidate: &Candidate,
        at: &Run,
        baseline: &Run,
        accepted: &[Finding],
        tried: &mut BTreeSet<Relaxation>,
    ) -> Result<Option<(Finding, Run)>, TrialError> {
        // A change that does away with the denial, but after which nothing is known of what is broken still: a wider one may
        // do better.
        let mut second_best = None;
        for cause in candidate.causes.iter().filter(|cause| cause.is_sandbox()) {
            let changes: Vec<Relaxation> = match self.all_calls(cause, at, baseline, accepted) {
                Some(all) => vec![all],
                None => cause.relaxations().cloned().collect(),
            };
            for change in changes {
                if self.runs >= MOST_RUNS || !tried.insert(change.clone()) {
                    continue;
                }
                let mut with: Vec<Relaxation> = changes_of(accepted);
                with.push(change.clone());
                let Some(run) = self.run(&with)? else {
                    continue;
                };
                let works = run.trial.complaints(&baseline.trial).is_empty();
                if works || is_gone(&candidate.denial, at, &run) {
                    let finding = Finding {
                        denial: candidate.denial.clone(),
                        cause: cause.clone(),
                        evidence: candidate.evidence.clone(),
                        change: Some(change),
                        confirmed: works,
                        exposure: None,
                    };
                    let next = compare(run.candidates.clone(), &baseline.trial).0;
                    let goes_on = next
                        .iter()
                        .any(|candidate| candidate.causes.iter().any(Cause::is_sandbox));
                    if works || goes_on {
                        return Ok(Some((finding, run)));
                    }
                    second_best = second_best.or(Some((finding, run)));
                }
            }
        }
        Ok(second_best)
    }

    /// When a second call is not in the list of system calls, all that the service makes without the sandbox are added at
    /// once, rather than one a run.
    fn all_calls(
        &self,
        cause: &Cause,
        at: &Run,
        baseline: &Run,
        accepted: &[Finding],
    ) -> Option<Relaxation> {
        const LIST: &str = "SystemCallFilter";
        let is_second = accepted
            .iter()
            .any(|finding| finding.cause.name() == Some(LIST));
        if cause.name() != Some(LIST) || !is_second {
            return None;
        }
        let plan = self.runner.plan(&at.settings).ok()?;
        let subject = Subject::new(&at.settings, &plan, self.runner.host());
        let calls = filter::denied(&subject, &baseline.trial.facts);
        (!calls.is_empty()).then(|| Relaxation::of(LIST, calls.join(" ")))
    }

    /// Leaves out what is not needed.
    fn minimise(
        &mut self,
        baseline: &Run,
        accepted: &mut Vec<Finding>,
        diagnosis: &mut Diagnosis,
    ) -> Result<(), TrialError> {
        let mut at = 0;
        while accepted.len() > 1 && at < accepted.len() {
            let mut with = changes_of(accepted);
            with.remove(at);
            let run = self.run(&with)?;
            if run.is_some_and(|run| run.trial.complaints(&baseline.trial).is_empty()) {
                let finding = accepted.remove(at);
                diagnosis.harmless.push((finding.denial, finding.cause));
            } else {
                at += 1;
            }
        }
        for finding in accepted {
            finding.confirmed = true;
        }
        Ok(())
    }

    fn finish(&self, diagnosis: &mut Diagnosis) {
        for finding in &mut diagnosis.findings {
            let change = finding.change.clone();
            let settings = change.and_then(|change| self.runner.settings(&[change]));
            finding.exposure = settings.and_then(|settings| level(&settings));
        }
        let all = changes_of(&diagnosis.findings);
        diagnosis.exposure.1 = self
            .runner
            .settings(&all)
            .and_then(|settings| level(&settings));
        diagnosis.runs = self.runs;
        diagnosis.blind = self.blind.clone();
    }

    fn explain(&self, settings: &Settings, trial: &Trial) -> Vec<Candidate> {
        match self.runner.plan(settings) {
            Ok(plan) => {
                let subject = Subject::new(settings, &plan, self.runner.host());
                candidates(&subject, trial)
            }
            Err(failure) => vec![Candidate::unplanned(&failure)],
        }
    }

    /// Runs the service with changes; none when systemd would refuse them.
    pub(super) fn run(&mut self, changes: &[Relaxation]) -> Result<Option<Run>, TrialError> {
        let Some(settings) = self.runner.settings(changes) else {
            return Ok(None);
        };
        self.runs += 1;
        let observed = self.blind.is_none();
        let made = new_directories(changes);
        let trial = match self.runner.run(&settings, observed) {
            Err(TrialError::Plan(failure)) => failed(*failure),
            Err(error) if observed => {
                self.blind = Some(error.to_string());
                self.runner.run(&settings, false)?
            }
            other => other?,
        };
        let trial = match untraced(&trial).filter(|_| observed) {
            Some(reason) => {
                self.blind = Some(reason);
                self.runner.run(&settings, false)?
            }
            None => trial,
        };
        let candidates = self.explain(&settings, &trial);
        for directory in made {
            // What the service has put something into stays.
            let _ = std::fs::remove_dir(directory);
        }
        Ok(Some(Run {
            settings,
            trial,
            candidates,
        }))
    }
}

/// Why a process could not be traced, when that is what kept it from starting.
fn untraced(trial: &Trial) -> Option<String> {
    let failure = trial.outcome.failure.as_ref()?;
    failure
        .step
        .contains("wait for the observer")
        .then(|| failure.to_string())
}

/// Directories that changes would make on the host: trying them leaves nothing behind.
fn new_directories(changes: &[Relaxation]) -> Vec<PathBuf> {
    let places = [
        ("StateDirectory", "/var/lib"),
        ("CacheDirectory", "/var/cache"),
        ("LogsDirectory", "/var/log"),
    ];
    let assignments = changes.iter().flat_map(|change| &change.assignments);
    assignments
        .filter_map(|(directive, name)| {
            let (_, folder) = places.iter().find(|(known, _)| known == directive)?;
            Some(Path::new(folder).join(name))
        })
        .filter(|path| path.symlink_metadata().is_err())
        .collect()
}

/// A service that was not even planned.
fn failed(failure: Failure) -> Trial {
    Trial::failed(failure)
}

fn refused() -> TrialError {
    TrialError::Prepare(std::io::Error::other("systemd refuses the unit"))
}

/// A set-up that failed for a reason that no change of a setting does away with, such as a user that is not there.
fn unmendable(candidate: &Candidate) -> Option<Finding> {
    let cause = candidate.causes.first()?;
    let is_set_up = matches!(candidate.denial, Denial::Setup(_));
    (is_set_up && cause.relaxation.is_none()).then(|| Finding {
        denial: candidate.denial.clone(),
        cause: cause.clone(),
        evidence: candidate.evidence.clone(),
        change: None,
        confirmed: false,
        exposure: None,
    })
}

/// What switches the sandbox off, but for some directives; with what else may keep a service from being started.
fn strip(settings: &Settings, but: &[&str], set_up: bool) -> Vec<Relaxation> {
    let is_set = |name: &str| {
        settings.sources().any(|(directive, source)| {
            directive == name && !matches!(source, Source::Default | Source::Reset(_))
        })
    };
    let more: &[(&str, &str)] = if set_up { SET_UP } else { &[] };
    OFF.iter()
        .chain(more)
        .filter(|(name, _)| is_set(name) && !but.contains(name))
        .map(|(name, _)| off(name))
        .collect()
}

pub(super) fn changes_of(findings: &[Finding]) -> Vec<Relaxation> {
    findings
        .iter()
        .filter_map(|finding| finding.change.clone())
        .collect()
}

/// What goes wrong in a run, as far as it alone can tell.
fn fails(trial: &Trial) -> Vec<Complaint> {
    let mut fails = Vec::new();
    if let Some(failure) = &trial.outcome.failure {
        fails.push(Complaint::Failure(failure.step.clone()));
    } else if trial.outcome.result != unitward_sandbox::ServiceResult::Success {
        fails.push(Complaint::Result(
            trial.outcome.result,
            trial.outcome.ending,
        ));
    }
    if trial.workload.is_some_and(|status| status != 0) {
        fails.push(Complaint::Workload(trial.workload));
    }
    fails
}

/// Whether a service works, as far as a run alone can tell.
fn works(trial: &Trial) -> bool {
    fails(trial).is_empty()
}

/// Whether something that went wrong goes well with a change.
fn is_gone(denial: &Denial, before: &Run, after: &Run) -> bool {
    let facts = &after.trial.facts;
    match denial {
        Denial::Call(failure) => !facts.failures.iter().any(|other| {
            other.call == failure.call
                && other.error == failure.error
                && other.path == failure.path
                && other.address == failure.address
                && (other.path.is_some()
                    || other.address.is_some()
                    || other.arguments.first() == failure.arguments.first())
        }),
        Denial::Setup(step) => after
            .trial
            .outcome
            .failure
            .as_ref()
            .is_none_or(|failure| failure.to_string() != *step),
        Denial::Signal(end) => !facts
            .endings
            .iter()
            .any(|other| other.how == end.how && other.program == end.program),
        Denial::Output(words) => !after.trial.output.contains(words.as_str()),
        // Of these nothing is seen to fail.
        Denial::Program(_) | Denial::Packets(_) | Denial::Nothing => {
            before.trial.output != after.trial.output && after.trial.output.is_empty()
        }
    }
}

fn level(settings: &Settings) -> Option<Tenths> {
    assess(settings, Rules::Offline, None)
        .ok()
        .map(|exposure| exposure.level())
}

impl Diagnosis {
    /// The drop-in with all changes; empty when there are none.
    #[must_use]
    pub fn drop_in(&self) -> String {
        let lines: String = self
            .findings
            .iter()
            .filter_map(|finding| finding.change.as_ref())
            .map(Relaxation::lines)
            .collect();
        if lines.is_empty() {
            return lines;
        }
        format!("[Service]\n{lines}")
    }

    /// Whether the sandbox broke the service.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !self.complaints.is_empty()
    }
}

impl Finding {
    /// Whether the reason is not in the sandbox.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        !matches!(self.cause.by, By::Directive { .. })
    }
}
