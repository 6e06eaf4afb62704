//! The enforcement report: of each directive of a unit, whether it holds here.

use std::collections::BTreeMap;

use serde::Serialize;
use unitward_settings::{Settings, Source};
use unitward_unit::Origin;

/// How far a directive is enforced, and why not wholly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "kebab-case")]
pub enum Enforcement {
    /// As systemd does it.
    Enforced,
    /// In part; the rest does not hold, for this reason.
    Partly(String),
    /// Not at all, for this reason.
    NotPossibleHere(String),
    /// It says nothing about the sandbox of a process that is run once, such as `Restart=`.
    NotOfTheSandbox,
}

/// The enforcement of every directive that a unit sets.
#[derive(Clone, Debug, Default)]
pub struct Report {
    entries: BTreeMap<&'static str, Entry>,
}

/// A directive of the report.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whether it holds.
    pub enforcement: Enforcement,
    /// Where it stands.
    pub origin: Option<Origin>,
}

impl Report {
    /// A report in which nothing is enforced yet: every directive that the unit, the manager or another setting sets.
    pub(crate) fn of(settings: &Settings) -> Self {
        let mut entries = BTreeMap::new();
        for (directive, source) in settings.sources() {
            if matches!(source, Source::Default | Source::Reset(_)) {
                continue;
            }
            let enforcement = if OUTSIDE.contains(&directive) {
                Enforcement::NotOfTheSandbox
            } else {
                Enforcement::NotPossibleHere("unitward does not apply this directive".to_owned())
            };
            entries.insert(
                directive,
                Entry {
                    enforcement,
                    origin: source.origin(),
                },
            );
        }
        Self { entries }
    }

    /// Says that a directive is enforced, unless something else was said about it.
    pub(crate) fn enforced(&mut self, directive: &'static str) {
        if let Some(entry) = self.entries.get_mut(directive)
            && let Enforcement::NotPossibleHere(reason) = &entry.enforcement
            && reason == "unitward does not apply this directive"
        {
            entry.enforcement = Enforcement::Enforced;
        }
    }

    /// Says that a directive is enforced in part only.
    pub(crate) fn partly(&mut self, directive: &'static str, reason: impl Into<String>) {
        self.weaken(directive, Enforcement::Partly(reason.into()));
    }

    /// Says that a directive is not enforced.
    pub(crate) fn not_possible(&mut self, directive: &'static str, reason: impl Into<String>) {
        self.weaken(directive, Enforcement::NotPossibleHere(reason.into()));
    }

    /// Whether a directive is in it.
    pub(crate) fn has(&self, directive: &str) -> bool {
        self.entries.contains_key(directive)
    }

    /// Every directive, in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &Entry)> {
        self.entries
            .iter()
            .map(|(directive, entry)| (*directive, entry))
    }

    /// Those that are not wholly enforced.
    pub fn gaps(&self) -> impl Iterator<Item = (&'static str, &Entry)> {
        self.entries().filter(|(_, entry)| {
            matches!(
                entry.enforcement,
                Enforcement::Partly(_) | Enforcement::NotPossibleHere(_)
            )
        })
    }

    fn weaken(&mut self, directive: &'static str, enforcement: Enforcement) {
        let entry = self.entries.entry(directive).or_insert(Entry {
            enforcement: Enforcement::Enforced,
            origin: None,
        });
        entry.enforcement = enforcement;
    }
}

/// Directives that have no bearing on what a process of the service may do: restarts, logging rates, what the manager
/// does when a service fails, what holds only while the system starts or stops, what other daemons do.
const OUTSIDE: &[&str] = &[
    "CollectMode",
    "DefaultDependencies",
    "FailureAction",
    "GuessMainPID",
    "JobTimeoutAction",
    "LogLevelMax",
    "LogRateLimitBurst",
    "LogRateLimitIntervalSec",
    "ManagedOOMMemoryPressure",
    "ManagedOOMMemoryPressureDurationSec",
    "ManagedOOMMemoryPressureLimit",
    "ManagedOOMPreference",
    "ManagedOOMSwap",
    "OOMRules",
    "Restart",
    "RestartForceExitStatus",
    "RestartKillSignal",
    "RestartPreventExitStatus",
    "StartupAllowedCPUs",
    "StartupAllowedMemoryNodes",
    "StartupCPUWeight",
    "StartupIOWeight",
    "StartupMemoryHigh",
    "StartupMemoryLow",
    "StartupMemoryMax",
    "StartupMemorySwapMax",
    "StartupMemoryZSwapMax",
    "SuccessAction",
    "TimeoutCleanSec",
];
