//! Prometheus' text format, for the textfile collector of node_exporter.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use unitward_exposure::Tenths;
use unitward_lint::Severity;

use super::words;
use crate::check::report::{Report, UnitReport};

/// The metrics, with the time of the check: that of `SOURCE_DATE_EPOCH`, where it is set.
pub(super) fn render(report: &Report<'_>) -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let now = given.and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| now.as_secs())
    });
    at(report, now)
}

fn at(report: &Report<'_>, seconds: u64) -> String {
    let units = labelled(report);
    let each = |family: &mut Family, value: fn(&UnitReport<'_>) -> Option<String>| {
        for (labels, unit) in &units {
            if let Some(value) = value(unit) {
                family.add(labels, &value);
            }
        }
    };
    let mut info = Family::new("unitward_check_info", "What the check was made with.");
    let labels = [
        label("version", env!("CARGO_PKG_VERSION")),
        label("systemd", &report.version.to_string()),
        label("rules", words::rules(report.rules)),
    ];
    info.add(&labels.join(","), "1");
    let mut time = Family::new(
        "unitward_check_timestamp_seconds",
        "When the check was made, in seconds since 1970.",
    );
    time.add("", &seconds.to_string());
    let mut level = Family::new(
        "unitward_exposure_level",
        "The exposure level of a unit as systemd-analyze security computes it, from 0 to 10.",
    );
    each(&mut level, |unit| {
        Some(unit.exposure()?.level().to_string())
    });
    let mut threshold = Family::new(
        "unitward_exposure_threshold",
        "The exposure level that a unit may have at most.",
    );
    each(&mut threshold, |unit| {
        Some(Tenths(unit.threshold?).to_string())
    });
    let mut findings = Family::new("unitward_findings", "Findings in a unit, by severity.");
    for (labels, unit) in units.iter().filter(|(_, unit)| unit.is_loaded()) {
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            let number = unit
                .findings
                .iter()
                .filter(|f| f.severity == severity)
                .count();
            let severity = label("severity", &severity.to_string());
            findings.add(&format!("{labels},{severity}"), &number.to_string());
        }
    }
    let mut accepted = Family::new(
        "unitward_findings_accepted",
        "Findings in a unit that a comment or an exception accepts.",
    );
    each(&mut accepted, |unit| {
        let loaded = unit.is_loaded();
        loaded.then(|| unit.accepted.len().to_string())
    });
    let mut refused = Family::new(
        "unitward_unit_refused",
        "Whether systemd refuses a unit, or it could not be loaded.",
    );
    each(&mut refused, |unit| {
        Some(u8::from(unit.problem().is_some()).to_string())
    });
    [info, time, level, threshold, findings, accepted, refused]
        .iter()
        .map(Family::text)
        .collect()
}

/// The units with their labels. Several units of one name, from several folders, also get their paths: a series must
/// not be there twice.
fn labelled<'a>(report: &'a Report<'_>) -> Vec<(String, &'a UnitReport<'a>)> {
    let mut names = HashSet::new();
    let mut seen = HashSet::new();
    let twice: HashSet<&str> = report
        .units
        .iter()
        .map(|unit| unit.name.as_str())
        .filter(|name| !names.insert(*name))
        .collect();
    let labels = |unit: &UnitReport<'_>| match &unit.path {
        Some(path) if twice.contains(unit.name.as_str()) => format!(
            "{},{}",
            label("unit", &unit.name),
            label("path", &path.display().to_string())
        ),
        _ => label("unit", &unit.name),
    };
    report
        .units
        .iter()
        .map(|unit| (labels(unit), unit))
        .filter(|(labels, _)| seen.insert(labels.clone()))
        .collect()
}

/// A metric: a gauge with its series.
struct Family {
    name: &'static str,
    help: &'static str,
    series: String,
}

impl Family {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            series: String::new(),
        }
    }

    fn add(&mut self, labels: &str, value: &str) {
        let name = self.name;
        let _ = if labels.is_empty() {
            writeln!(self.series, "{name} {value}")
        } else {
            writeln!(self.series, "{name}{{{labels}}} {value}")
        };
    }

    /// The metric with its description; nothing where it has no series.
    fn text(&self) -> String {
        if self.series.is_empty() {
            return String::new();
        }
        let Self { name, help, series } = self;
        format!("# HELP {name} {help}\n# TYPE {name} gauge\n{series}")
    }
}

fn label(name: &str, value: &str) -> String {
    let value = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        assert_eq!(label("a", "x\\y\"z\n{}"), r#"a="x\\y\"z\n{}""#);
    }
}
