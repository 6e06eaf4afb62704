//! `unitward.toml`: what a project or a host has decided about its units.
//!
//! This is the text and what it means; where the file is found is for the caller to say, and so is the day.

mod day;
mod pattern;

pub use day::Date;
pub use pattern::matches;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use unitward_catalog::Version;
use unitward_lint::{Expired, Policy, Rule, Severity};

/// What is wrong with a configuration, as a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// The configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The systemd whose rules apply.
    systemd: Option<String>,
    /// The level that a unit may have at most, from 0.0 to 10.0.
    threshold: Option<f64>,
    /// The severity from which a finding fails the call.
    pub fail_on: Option<FailOn>,
    /// Only these rules.
    pub select: Vec<String>,
    /// Not these rules.
    pub ignore: Vec<String>,
    /// A policy file of systemd-analyze, relative to this file.
    security_policy: Option<PathBuf>,
    /// What holds for single units.
    #[serde(rename = "unit")]
    units: Vec<UnitConfig>,
    /// Findings that are accepted.
    #[serde(rename = "exception")]
    pub exceptions: Vec<Exception>,
    /// Settings that units must have.
    #[serde(rename = "require")]
    pub requirements: Vec<Requirement>,
}

/// What holds for some units.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UnitConfig {
    /// A unit name, with `*` and `?`.
    name: String,
    threshold: Option<f64>,
}

/// A finding that is accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exception {
    /// The unit, with `*` and `?`.
    pub unit: String,
    /// The rule: a code, a family, or a name.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, as YYYY-MM-DD.
    pub expires: Option<Date>,
}

/// Settings that some units must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Requirement {
    /// The unit, with `*` and `?`.
    pub unit: String,
    /// The directive.
    pub setting: String,
    /// The values it may have, as systemctl show prints them.
    pub values: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// The severity from which a finding fails the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Only errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Every finding.
    Note,
    /// No finding.
    Never,
}

impl FailOn {
    /// The least severity that fails; none for never.
    #[must_use]
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

impl Config {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// It is no TOML, has a key that does not exist, or a value that makes no sense.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        let thresholds = config
            .units
            .iter()
            .filter_map(|unit| unit.threshold)
            .chain(config.threshold);
        if let Some(wrong) = thresholds.into_iter().find(|t| !(0.0..=10.0).contains(t)) {
            return Err(ConfigError(format!(
                "threshold = {wrong}: expected a number from 0.0 to 10.0"
            )));
        }
        if let Some(version) = &config.systemd {
            version
                .parse::<Version>()
                .map_err(|error| ConfigError(format!("systemd = {version:?}: {error}")))?;
        }
        if let Some(e) = config
            .exceptions
            .iter()
            .find(|e| e.reason.trim().is_empty())
        {
            return Err(ConfigError(format!(
                "the exception of {} for {} has no reason: say why it is accepted",
                e.rule, e.unit
            )));
        }
        Ok(config)
    }

    /// The systemd whose rules apply.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.systemd.as_ref()?.parse().ok()
    }

    /// The level in tenths that a unit may have at most: the last entry that names the unit counts.
    #[must_use]
    pub fn threshold(&self, unit: &str) -> Option<u64> {
        let own = self
            .units
            .iter()
            .rev()
            .find(|u| u.threshold.is_some() && matches(&u.name, unit));
        let level = own.and_then(|u| u.threshold).or(self.threshold)?;
        Some((level * 10.0).round() as u64)
    }

    /// What the configuration demands of a unit on a day.
    #[must_use]
    pub fn policy(&self, unit: &str, today: Date) -> Policy {
        let requirements = self.requirements.iter().filter(|r| matches(&r.unit, unit));
        let requirements = requirements.map(|r| unitward_lint::Requirement {
            setting: r.setting.clone(),
            values: r.values.clone(),
            reason: r.reason.clone(),
        });
        let expired = self
            .exceptions
            .iter()
            .filter(|e| matches(&e.unit, unit))
            .filter_map(|e| {
                let day = e.expires.filter(|last| *last < today)?;
                Some(Expired {
                    rule: e.rule.clone(),
                    day: day.to_string(),
                    reason: e.reason.clone(),
                })
            });
        let exceptions = self.exceptions.iter().filter(|e| {
            e.unit == unit
                && !e.unit.contains(['*', '?'])
                && e.expires.is_none_or(|last| last >= today)
        });
        Policy {
            requirements: requirements.collect(),
            expired: expired.collect(),
            exceptions: exceptions.map(|e| e.rule.clone()).collect(),
        }
    }

    /// The exception that accepts a finding of a rule in a unit on a day.
    #[must_use]
    pub fn exception(&self, unit: &str, rule: &Rule, today: Date) -> Option<&Exception> {
        self.exceptions.iter().find(|exception| {
            matches(&exception.unit, unit)
                && rule.answers_to(&exception.rule)
                && exception.expires.is_none_or(|last| last >= today)
        })
    }

    /// The policy file of systemd-analyze; a relative path starts at the folder that the configuration stands in.
    #[must_use]
    pub fn security_policy(&self, folder: &Path) -> Option<PathBuf> {
        self.security_policy.as_ref().map(|path| folder.join(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let error = |text| {
            Config::parse(text)
                .err()
                .map_or(String::new(), |error| error.to_string())
        };
        assert!(error("treshold = 5").contains("treshold"));
        assert!(error("threshold = 50").contains("0.0 to 10.0"));
        assert!(error("systemd = \"debian-99\"").contains("debian-99"));
        assert!(error("[[exception]]\nunit='*'\nrule='UWB001'\nreason=''").contains("no reason"));
        let config = Config::parse("threshold = 7.5\n[[unit]]\nname = 'ssh*'\nthreshold = 9.6")
            .unwrap_or_default();
        assert_eq!(
            (
                config.threshold("sshd.service"),
                config.threshold("x.service")
            ),
            (Some(96), Some(75))
        );
    }
}
