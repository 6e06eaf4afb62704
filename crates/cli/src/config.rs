//! `unitward.toml`: what a project or a host decides about its units.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use unitward_catalog::Version;
use unitward_lint::{Expired, Policy};

use crate::args::FailOn;
use crate::error::Error;

/// The names under which a configuration file is found, from the unit's folder upward.
const NAMES: [&str; 2] = ["unitward.toml", ".unitward.toml"];
/// Where the configuration of the host is.
const HOST: &str = "/etc/unitward/unitward.toml";

/// The configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The systemd whose rules apply.
    systemd: Option<String>,
    /// The level that a unit may have at most, from 0.0 to 10.0.
    threshold: Option<f64>,
    /// The severity from which a finding fails the call.
    pub(crate) fail_on: Option<FailOn>,
    /// Only these rules.
    pub(crate) select: Vec<String>,
    /// Not these rules.
    pub(crate) ignore: Vec<String>,
    /// A policy file of systemd-analyze, relative to this file.
    security_policy: Option<PathBuf>,
    /// What holds for single units.
    #[serde(rename = "unit")]
    units: Vec<UnitConfig>,
    /// Findings that are accepted.
    #[serde(rename = "exception")]
    pub(crate) exceptions: Vec<Exception>,
    /// Settings that units must have.
    #[serde(rename = "require")]
    pub(crate) requirements: Vec<Requirement>,
    #[serde(skip)]
    path: PathBuf,
}

/// What holds for some units.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UnitConfig {
    /// A unit name, with `*` and `?`.
    name: String,
    threshold: Option<f64>,
}

/// A finding that is accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Exception {
    /// The unit, with `*` and `?`.
    pub(crate) unit: String,
    /// The rule: a code, a family, or a name.
    pub(crate) rule: String,
    /// Why.
    pub(crate) reason: String,
    /// The last day on which it holds, as YYYY-MM-DD.
    pub(crate) expires: Option<Date>,
}

/// Settings that some units must have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Requirement {
    /// The unit, with `*` and `?`.
    pub(crate) unit: String,
    /// The directive.
    pub(crate) setting: String,
    /// The values it may have, as systemctl show prints them.
    pub(crate) values: Vec<String>,
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Date {
    year: i64,
    month: u8,
    day: u8,
}

impl Config {
    /// The configuration for what is looked at in a folder: the nearest file upward, else that of the host, else none.
    pub(crate) fn find(start: &Path) -> Result<Self, Error> {
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        let upward = start
            .ancestors()
            .flat_map(|folder| NAMES.map(|name| folder.join(name)));
        match upward
            .chain([PathBuf::from(HOST)])
            .find(|path| path.is_file())
        {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::new(format!("Cannot read {}: {error}.", path.display())))?;
        let mut config = Self::parse(&text).map_err(|error| {
            Error::new(format!("{}: {error}", path.display()))
                .hint("unitward explain config says what can stand there.")
        })?;
        config.path = path.to_owned();
        Ok(config)
    }

    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let thresholds = config
            .units
            .iter()
            .filter_map(|unit| unit.threshold)
            .chain(config.threshold);
        if let Some(wrong) = thresholds.into_iter().find(|t| !(0.0..=10.0).contains(t)) {
            return Err(format!(
                "threshold = {wrong}: expected a number from 0.0 to 10.0"
            ));
        }
        if let Some(version) = &config.systemd {
            version
                .parse::<Version>()
                .map_err(|error| format!("systemd = {version:?}: {error}"))?;
        }
        if let Some(e) = config
            .exceptions
            .iter()
            .find(|e| e.reason.trim().is_empty())
        {
            return Err(format!(
                "the exception of {} for {} has no reason: say why it is accepted",
                e.rule, e.unit
            ));
        }
        Ok(config)
    }

    /// The systemd whose rules apply.
    pub(crate) fn version(&self) -> Option<Version> {
        self.systemd.as_ref()?.parse().ok()
    }

    /// The level in tenths that a unit may have at most: the last entry that names the unit counts.
    pub(crate) fn threshold(&self, unit: &str) -> Option<u64> {
        let own = self
            .units
            .iter()
            .rev()
            .find(|u| u.threshold.is_some() && matches(&u.name, unit));
        let level = own.and_then(|u| u.threshold).or(self.threshold)?;
        Some((level * 10.0).round() as u64)
    }

    /// What the configuration demands of a unit.
    pub(crate) fn policy(&self, unit: &str) -> Policy {
        let today = Date::today();
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

    /// The policy file, from where this file stands.
    pub(crate) fn security_policy(&self) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        self.security_policy.as_ref().map(|path| folder.join(path))
    }
}

/// Whether a name fits a pattern in which `*` stands for any text and `?` for one character. Linear in the product of
/// the lengths at worst.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                n += 1;
            }
            Some(c) if Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, seen)) => {
                    star = Some((at, seen + 1));
                    p = at + 1;
                    n = seen + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == b'*'))
}

impl Date {
    /// Today, in UTC.
    pub(crate) fn today() -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        Self::from_days(i64::try_from(seconds / 86_400).unwrap_or_default())
    }

    /// A day by its number since 1970-01-01, in the proleptic Gregorian calendar: the year is taken to start in March.
    fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self {
            year,
            month: month as u8,
            day: day as u8,
        }
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('-').collect();
        let date = match parts.as_slice() {
            [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2 => {
                y.parse().ok().zip(m.parse().ok()).zip(d.parse().ok())
            }
            _ => None,
        };
        match date {
            Some(((year, month), day)) if (1..=12).contains(&month) && (1..=31).contains(&day) => {
                Ok(Self { year, month, day })
            }
            _ => Err(format!("`{text}` is no day: expected YYYY-MM-DD")),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        for (days, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
        ] {
            assert_eq!(Date::from_days(days).to_string(), text);
        }
        assert!(Date::try_from("2026-1-01".to_owned()).is_err());
        assert!(Date::try_from("2026-13-01".to_owned()).is_err());
    }

    #[test]
    fn patterns_fit() {
        for (pattern, name, fits) in [
            ("*", "a.service", true),
            ("foo*.service", "foobar.service", true),
            ("foo?.service", "foo.service", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "aXc", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| Config::parse(text).err().unwrap_or_default();
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
