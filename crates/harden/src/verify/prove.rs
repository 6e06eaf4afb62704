//! Trying a proposal, and loosening it until the service works inside.

use std::collections::{BTreeMap, BTreeSet};

use unitward_catalog::Capability;
use unitward_observe::FailedCall;
use unitward_sandbox::{Options, Plan};
use unitward_settings::Settings;

use super::loosening;
use super::probation::probation;
use super::trial::{Complaint, Setup, Trial, TrialError, run};
use crate::derive::{Change, Loosening, Proposal, Value, capabilities};
use crate::diagnose::{By, Subject};

/// How a proposal is tried.
pub struct Prover<'a> {
    /// The settings of the service with the text of a drop-in on top, or why there are none.
    pub resolve: &'a dyn Fn(&str) -> Result<Settings, String>,
    /// How the service is run.
    pub setup: Setup<'a>,
    /// What the service does without the proposal.
    pub before: &'a Trial,
    /// Who is told of each step.
    pub tell: &'a mut dyn FnMut(Step<'_>),
}

/// Something that happens while a proposal is tried.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// The service is run again, for this time.
    Run(u32),
    /// It does not work.
    Failed(&'a Complaint),
    /// A line is loosened.
    Loosened(&'a Loosened),
    /// The causes are not known: lines are left out to find the one that breaks it.
    Bisects,
}

/// A line that was loosened, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loosened {
    /// What was changed.
    pub change: Change,
    /// What made it necessary.
    pub because: String,
    loosening: Loosening,
    directive: String,
}

/// What came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Proof {
    /// The proposal as it was tried last.
    pub proposal: Proposal,
    /// The settings with it.
    pub settings: Settings,
    /// How it was tried.
    pub means: Means,
    /// What was loosened.
    pub loosened: Vec<Loosened>,
    /// What does not work; nothing when it is proved.
    pub complaints: Vec<Complaint>,
    /// Calls that are refused inside and were not before, and that break nothing.
    pub refused: Vec<FailedCall>,
    /// Proposed directives that the proof says nothing about, because they cannot be enforced here, and why.
    pub untried: BTreeMap<&'static str, String>,
    /// How often the service was run.
    pub runs: u32,
}

/// Why a proposal could not be tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The settings cannot be resolved.
    #[error("{0}")]
    Settings(String),
    /// The service cannot be run.
    #[error(transparent)]
    Trial(#[from] TrialError),
}

/// More runs than this are not made.
const RUNS: u32 = 60;

/// What lets root use the files of others.
const DAC_OVERRIDE: &str = "CAP_DAC_OVERRIDE";

/// The directive whose items can be found by trying alone.
const CAPABILITIES: &str = "CapabilityBoundingSet";

impl Loosened {
    /// What was changed, in words: `CapabilityBoundingSet= from "CAP_CHOWN" to "CAP_CHOWN CAP_KILL"`.
    #[must_use]
    pub fn text(&self) -> String {
        let values = |value: &Value| match value.0.as_slice() {
            [] => String::new(),
            [.., last] => last.clone(),
        };
        let change = &self.change;
        let mut text = format!("{}=", change.directive);
        if let Loosening::Call(call) = &self.loosening
            && change.after.is_some()
        {
            // The lists are long, and differ by a family of calls.
            text.push_str(&format!(", to allow {call}(2)"));
            return text;
        }
        match (&change.before, &change.after) {
            (Some(before), Some(after)) if before != after => {
                text.push_str(&format!(
                    " from \"{}\" to \"{}\"",
                    values(before),
                    values(after)
                ));
            }
            (_, None) => text.push_str(", which is left out"),
            _ => {}
        }
        if let Some((directive, value)) = &change.with {
            text.push_str(&format!(" by {directive}={}", values(value)));
        }
        text
    }
}

impl Proof {
    /// Whether the service works inside as it did before.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Tries a proposal, and loosens it by the smallest steps until it holds: by cause where the cause is known, by leaving out
/// where not. The last run is not observed: it is the proof.
///
/// # Errors
///
/// When the service cannot be run at all.
pub fn prove(proposal: Proposal, prover: &mut Prover<'_>) -> Result<Proof, ProveError> {
    let mut search = Search::new(proposal, prover);
    let mut complaints = search.by_cause()?;
    if !complaints.is_empty() {
        complaints = search.by_leaving_out()?;
    }
    if complaints.is_empty() && search.loosened.len() > 1 {
        search.shrink()?;
    }
    search.proof(complaints, Means::Inside)
}

/// Tries a proposal without enforcing it: the service runs as it is now, and lines that would refuse something are loosened
/// until none would.
///
/// # Errors
///
/// When the service cannot be run at all.
pub fn prove_on_probation(
    proposal: Proposal,
    present: &Settings,
    prover: &mut Prover<'_>,
) -> Result<Proof, ProveError> {
    let mut search = Search::new(proposal, prover);
    loop {
        let settings = search.settings()?;
        search.runs += 1;
        (search.prover.tell)(Step::Run(search.runs));
        let probation = probation(present, &settings, &search.prover.setup)?;
        let complaints = probation.trial.complaints(search.prover.before);
        let before = search.loosened.len();
        for refused in &probation.refused {
            let because = format!("{}: {}", described(&refused.call), refused.why);
            let wished = loosening::of(&refused.call, refused.directive, None);
            if let Some(loosened) = search.loosen_item(refused.directive, wished, &because) {
                (search.prover.tell)(Step::Loosened(&loosened));
                search.loosened.push(loosened);
            }
        }
        let is_settled = search.loosened.len() == before || search.runs >= RUNS;
        if is_settled || !complaints.is_empty() {
            search.refused = probation.refused.into_iter().map(|one| one.call).collect();
            return search.proof(complaints, Means::Probation);
        }
    }
}

/// How a proposal was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The service ran inside.
    Inside,
    /// The service ran outside, and what would have been refused was noted.
    Probation,
}

struct Search<'s, 'a> {
    original: Proposal,
    proposal: Proposal,
    loosened: Vec<Loosened>,
    refused: Vec<FailedCall>,
    untried: BTreeMap<&'static str, String>,
    runs: u32,
    prover: &'s mut Prover<'a>,
}

/// What a run without a plan or with one brought.
enum Came {
    /// A run.
    Trial(Box<Trial>),
    /// A directive whose planning failed.
    NoPlan(&'static str, String),
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(proposal: Proposal, prover: &'s mut Prover<'a>) -> Self {
        Self {
            original: proposal.clone(),
            proposal,
            loosened: Vec::new(),
            refused: Vec::new(),
            untried: BTreeMap::new(),
            runs: 0,
            prover,
        }
    }

    fn proof(self, complaints: Vec<Complaint>, means: Means) -> Result<Proof, ProveError> {
        Ok(Proof {
            settings: self.settings()?,
            proposal: self.proposal,
            means,
            loosened: self.loosened,
            complaints,
            refused: self.refused,
            untried: self.untried,
            runs: self.runs,
        })
    }
}

impl Search<'_, '_> {
    /// Loosens what refused something until nothing is worse than before, observed and not; gives what is still worse.
    fn by_cause(&mut self) -> Result<Vec<Complaint>, ProveError> {
        loop {
            let settings = self.settings()?;
            let (complaints, found) = match self.run(&settings, true)? {
                Came::NoPlan(directive, why) => {
                    let complaint = Complaint::Failure(why.clone());
                    let step = self.step(directive, &why);
                    (vec![complaint], step.into_iter().collect())
                }
                Came::Trial(trial) => {
                    let complaints = trial.complaints(self.prover.before);
                    self.refused = self.new_failures(&trial);
                    let found = match complaints.is_empty() {
                        true => Vec::new(),
                        false => self.causes(&settings, &trial),
                    };
                    (complaints, found)
                }
            };
            let Some(first) = complaints.first() else {
                let unobserved = self.complaints_unobserved(&settings)?;
                return Ok(unobserved);
            };
            (self.prover.tell)(Step::Failed(first));
            let found = match found.is_empty() {
                // Another user is the boldest line of all.
                true => Vec::from_iter(self.step("User", "the service does not work with it")),
                false => found,
            };
            if found.is_empty() || self.runs >= RUNS {
                return Ok(complaints);
            }
            for loosened in found {
                (self.prover.tell)(Step::Loosened(&loosened));
                self.loosened.push(loosened);
            }
        }
    }

    /// Finds lines that break the service by leaving others out: those before the first bad one work.
    fn by_leaving_out(&mut self) -> Result<Vec<Complaint>, ProveError> {
        (self.prover.tell)(Step::Bisects);
        loop {
            let whole = self.proposal.clone();
            let complaints = self.try_lines(&whole, whole.lines.len())?;
            if complaints.is_empty() || self.runs >= RUNS {
                return Ok(complaints);
            }
            let (mut works, mut fails) = (0, whole.lines.len());
            while fails - works > 1 && self.runs < RUNS {
                let middle = works + (fails - works) / 2;
                match self.try_lines(&whole, middle)?.is_empty() {
                    true => works = middle,
                    false => fails = middle,
                }
            }
            self.proposal = whole;
            let Some(line) = self.proposal.lines.get(fails - 1) else {
                return Ok(complaints);
            };
            let directive = line.directive;
            if directive == CAPABILITIES && self.by_capability()? {
                continue;
            }
            let Some(loosened) = self.step(directive, "the service does not work with it") else {
                return Ok(complaints);
            };
            (self.prover.tell)(Step::Loosened(&loosened));
            self.loosened.push(loosened);
        }
    }

    /// Finds the capabilities that are needed besides those that are kept: with all of them it works, and those are taken away
    /// again, by halves and ever smaller parts, that it works without. Says whether there are such.
    fn by_capability(&mut self) -> Result<bool, ProveError> {
        let lean = self.proposal.clone();
        let Some(mut needed) = self.sufficient(&lean)? else {
            self.proposal = lean;
            return Ok(false);
        };
        let mut part = needed.len() / 2;
        while part > 0 && self.runs < RUNS {
            let mut at = 0;
            while at < needed.len() && self.runs < RUNS {
                let mut fewer = needed.clone();
                fewer.drain(at..(at + part).min(needed.len()));
                match self.works_with(&lean, &fewer)? {
                    true => needed = fewer,
                    false => at += part,
                }
            }
            part /= 2;
        }
        self.proposal = lean;
        for capability in needed {
            let loosening = Loosening::Capability(capability.to_string());
            let because = "it does not work without";
            if let Some(loosened) = self.loosen_item(CAPABILITIES, loosening, because) {
                (self.prover.tell)(Step::Loosened(&loosened));
                self.loosened.push(loosened);
            }
        }
        Ok(true)
    }

    /// Capabilities with which it works: those that the kernel was seen to grant, or all there are; none when it does not
    /// work with all of them.
    fn sufficient(&mut self, lean: &Proposal) -> Result<Option<Vec<Capability>>, ProveError> {
        let facts = &self.prover.before.facts;
        if facts.shows_capabilities() {
            let granted: Vec<Capability> = capabilities::granted(facts).iter().collect();
            if self.works_with(lean, &granted)? {
                return Ok(Some(granted));
            }
        }
        let all: Vec<Capability> = Capability::all().collect();
        Ok(self.works_with(lean, &all)?.then_some(all))
    }

    /// Whether the service works with further capabilities.
    fn works_with(&mut self, lean: &Proposal, more: &[Capability]) -> Result<bool, ProveError> {
        self.proposal = lean.clone();
        for capability in more {
            let loosening = Loosening::Capability(capability.to_string());
            self.proposal.loosen_item(CAPABILITIES, &loosening);
        }
        let settings = self.settings()?;
        Ok(self.complaints_unobserved(&settings)?.is_empty())
    }

    /// Takes back, one by one, what need not have been loosened.
    fn shrink(&mut self) -> Result<(), ProveError> {
        let mut at = self.loosened.len();
        while at > 0 && self.runs < RUNS && self.loosened.len() > 1 {
            at -= 1;
            let mut fewer = self.loosened.clone();
            fewer.remove(at);
            let mut proposal = self.original.clone();
            for loosened in &fewer {
                proposal.loosen(&loosened.directive, loosened.loosening.clone());
            }
            let before = std::mem::replace(&mut self.proposal, proposal);
            let settings = self.settings()?;
            match self.complaints_unobserved(&settings)?.is_empty() {
                true => self.loosened = fewer,
                false => self.proposal = before,
            }
        }
        Ok(())
    }

    fn settings(&self) -> Result<Settings, ProveError> {
        (self.prover.resolve)(&self.proposal.drop_in()).map_err(ProveError::Settings)
    }

    /// What is worse with the first lines alone.
    fn try_lines(&mut self, whole: &Proposal, count: usize) -> Result<Vec<Complaint>, ProveError> {
        self.proposal = whole.clone();
        self.proposal.lines.truncate(count);
        let settings = self.settings();
        self.proposal = whole.clone();
        self.complaints_unobserved(&settings?)
    }

    fn complaints_unobserved(&mut self, settings: &Settings) -> Result<Vec<Complaint>, ProveError> {
        Ok(match self.run(settings, false)? {
            Came::NoPlan(_, why) => vec![Complaint::Failure(why)],
            Came::Trial(trial) => {
                self.untried.clone_from(&trial.unenforced);
                self.untried
                    .retain(|directive, _| self.proposal.line(directive).is_some());
                trial.complaints(self.prover.before)
            }
        })
    }

    fn run(&mut self, settings: &Settings, observed: bool) -> Result<Came, ProveError> {
        self.runs += 1;
        (self.prover.tell)(Step::Run(self.runs));
        let setup = Setup {
            observed,
            ..self.prover.setup.clone()
        };
        match run(settings, &setup) {
            Ok(trial) => Ok(Came::Trial(Box::new(trial))),
            Err(TrialError::Plan(failure)) if !failure.cause.directive.is_empty() => {
                Ok(Came::NoPlan(failure.cause.directive, failure.step.clone()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What fails in a run and did not before.
    fn new_failures(&self, trial: &Trial) -> Vec<FailedCall> {
        let key = |failure: &FailedCall| {
            let about = failure.path.clone().unwrap_or_default();
            (failure.call.clone(), failure.error.clone(), about)
        };
        let known: BTreeSet<_> = self.prover.before.facts.failures.iter().map(key).collect();
        let failures = trial.facts.failures.iter();
        failures
            .filter(|failure| !known.contains(&key(failure)) && !is_fallback(failure))
            .cloned()
            .collect()
    }

    /// What refused something in a run, loosened.
    fn causes(&mut self, settings: &Settings, trial: &Trial) -> Vec<Loosened> {
        let mut found = Vec::new();
        if let Some(failure) = &trial.outcome.failure
            && !failure.cause.directive.is_empty()
        {
            found.extend(self.step(failure.cause.directive, &failure.step));
            if !found.is_empty() {
                return found;
            }
        }
        let options: &Options = self.prover.setup.options;
        let Ok(plan) = Plan::new(settings, self.prover.setup.host, options) else {
            return found;
        };
        let subject = Subject::new(settings, &plan, self.prover.setup.host);
        for failure in self.refused.clone() {
            let before = found.len();
            for cause in subject.causes(&failure) {
                let By::Directive { name, .. } = cause.by else {
                    continue;
                };
                let because = format!("{}: {}", described(&failure), cause.why);
                let wished = loosening::of(&failure, name, cause.relaxation.as_ref());
                if let Some(loosened) = self.loosen(name, wished, &because) {
                    found.push(loosened);
                    break;
                }
            }
            // Whose it was is not known any more when it went with the service.
            if found.len() == before && failure.error == "EACCES" && failure.path.is_some() {
                let loosening = Loosening::Capability(DAC_OVERRIDE.to_owned());
                if !self.proposal.words(CAPABILITIES).contains(DAC_OVERRIDE) {
                    found.extend(self.loosen(CAPABILITIES, loosening, &described(&failure)));
                }
            }
        }
        found
    }

    /// Lets a line allow one thing more; nothing when it does already.
    fn loosen_item(
        &mut self,
        directive: &str,
        loosening: Loosening,
        because: &str,
    ) -> Option<Loosened> {
        let change = self.proposal.loosen_item(directive, &loosening)?;
        Some(Loosened {
            change,
            because: because.to_owned(),
            loosening,
            directive: directive.to_owned(),
        })
    }

    /// Loosens a line by its next step.
    fn step(&mut self, directive: &str, because: &str) -> Option<Loosened> {
        self.loosen(directive, Loosening::Step, because)
    }

    fn loosen(&mut self, directive: &str, loosening: Loosening, because: &str) -> Option<Loosened> {
        let change = self.proposal.loosen(directive, loosening.clone())?;
        Some(Loosened {
            change,
            because: because.to_owned(),
            loosening,
            directive: directive.to_owned(),
        })
    }
}

/// Whether every program knows another way: filters of namespaces cannot see the flags of clone3(2), and say that there is
/// no such call.
fn is_fallback(failure: &FailedCall) -> bool {
    failure.filtered && failure.call == "clone3" && failure.error == "ENOSYS"
}

/// A failed call, for people.
fn described(failure: &FailedCall) -> String {
    let about = match (&failure.path, &failure.address) {
        (Some(path), _) => format!(" of {path}"),
        (None, Some(address)) => format!(" to {}", address.address),
        (None, None) => String::new(),
    };
    format!("{}{about} failed with {}", failure.call, failure.error)
}
