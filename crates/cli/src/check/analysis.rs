//! One unit from file to report. Runs on many threads at once.

use unitward_catalog::Version;
use unitward_exposure::{Policy, Rules, assess, outlook};
use unitward_lint::{Checked, Finding, Host, Subject};
use unitward_settings::{Effect, Options, Resolution, Scope, resolve};
use unitward_unit::load::LoadState;
use unitward_unit::{HostFacts, Unit, UnitKind};

use super::report::{Accepted, AcceptedBy, Outcome, UnitReport};
use super::select::{Selection, names};
use crate::args::{Check, Format, HostArg};
use crate::config::{Config, Date, matches};
use crate::units::{Target, Units, load_problem};

/// Everything that is the same for all units of a call.
pub(crate) struct Analyst<'a> {
    pub(crate) args: &'a Check,
    pub(crate) config: &'a Config,
    pub(crate) version: Version,
    pub(crate) rules: Rules,
    pub(crate) policy: Option<&'a Policy>,
    pub(crate) selection: Selection,
    pub(crate) units: &'a Units,
    pub(crate) facts: &'a HostFacts,
    /// The system; what was read of it is shared by all units.
    pub(crate) host: Option<Host>,
}

impl<'a> Analyst<'a> {
    /// Looks at one unit.
    pub(crate) fn unit(&self, target: &Target) -> UnitReport<'a> {
        let unit = match self.units.load(target) {
            Ok(unit) => unit,
            Err(error) => return failed(target, error.to_string()),
        };
        let mut report = UnitReport {
            name: unit.name.to_string(),
            path: unit.fragment().map(|file| file.path.clone()),
            unit: None,
            resolution: None,
            outcome: Outcome::Unrated,
            threshold: self
                .args
                .threshold
                .or_else(|| self.config.threshold(unit.name.as_str())),
            outlook: None,
            findings: Vec::new(),
            accepted: Vec::new(),
        };
        if let Some(problem) = load_problem(&unit) {
            report.outcome = match unit.state {
                LoadState::NotFound => Outcome::Absent(problem),
                _ => Outcome::Failed(problem),
            };
            report.unit = Some(unit);
            return report;
        }
        let options = Options {
            version: self.version,
            scope: if self.args.source.user {
                Scope::User
            } else {
                Scope::System
            },
            facts: self.facts,
            user_umask: 0o022,
        };
        let resolution = resolve(&unit, &options);
        report.outcome = self.outcome(&unit, &resolution);
        if let (Outcome::Rated(exposure), true) = (&report.outcome, self.wants_outlook()) {
            report.outlook = Some(outlook(&unit, &options, self.rules, self.policy, exposure));
        }
        if self.wants_findings() {
            let host = self.host(target);
            let policy = self.config.policy(unit.name.as_str());
            let subject = Subject::new(&unit, &resolution, host).with_policy(&policy);
            let checked = unitward_lint::check(&subject);
            self.sort(&unit, checked, &mut report);
        }
        // Most forms of output need neither, and ten thousand of them take room.
        let has_places = !report.findings.is_empty() || !report.accepted.is_empty();
        report.unit = (has_places || self.wants_outlook()).then_some(unit);
        report.resolution = self.wants_outlook().then_some(resolution);
        report
    }

    fn outcome(&self, unit: &Unit, resolution: &Resolution) -> Outcome<'a> {
        if let Some(reason) = refusal(unit, resolution) {
            return Outcome::Refused(reason);
        }
        if unit.name.kind() != UnitKind::Service {
            return Outcome::Unrated;
        }
        match assess(&resolution.settings, self.rules, self.policy) {
            Ok(exposure) => Outcome::Rated(exposure),
            Err(error) => Outcome::Failed(format!("the security policy cannot be used: {error}")),
        }
    }

    /// Puts findings aside that the call, a comment or an exception accepts.
    fn sort(&self, unit: &Unit, checked: Checked, report: &mut UnitReport<'_>) {
        let selected = |finding: &Finding| self.selection.has(finding.rule);
        let today = Date::today();
        for suppressed in checked.suppressed {
            if selected(&suppressed.finding) {
                report.accepted.push(Accepted {
                    finding: suppressed.finding,
                    reason: suppressed.suppression.reason,
                    by: AcceptedBy::Comment,
                });
            }
        }
        for finding in checked.findings.into_iter().filter(selected) {
            let exception = self.config.exceptions.iter().find(|e| {
                matches(&e.unit, unit.name.as_str())
                    && names(&e.rule, finding.rule)
                    && e.expires.is_none_or(|last| last >= today)
            });
            match exception {
                Some(exception) => report.accepted.push(Accepted {
                    finding,
                    reason: exception.reason.clone(),
                    by: AcceptedBy::Exception,
                }),
                None => report.findings.push(finding),
            }
        }
    }

    /// The system that rules may ask for files, users and programs about this unit.
    fn host(&self, target: &Target) -> Option<&Host> {
        let asked = match self.args.host {
            HostArg::Always => true,
            HostArg::Never => false,
            HostArg::Auto => self.units.is_installed(target),
        };
        self.host.as_ref().filter(|_| asked)
    }

    const fn wants_outlook(&self) -> bool {
        matches!(self.args.format, Format::Full | Format::Json | Format::Html)
    }

    const fn wants_findings(&self) -> bool {
        !matches!(self.args.format, Format::Table | Format::SystemdJson)
            || self.args.fix
            || self.args.diff
    }
}

/// Why systemd refuses a unit, as a sentence with file and line.
fn refusal(unit: &Unit, resolution: &Resolution) -> Option<String> {
    let line = resolution
        .diagnostics
        .iter()
        .find(|d| d.effect == Effect::Refused);
    if let Some(d) = line {
        let path = unit.path(d.origin).display();
        return Some(format!(
            "{path}:{}: {}={}: expected {}",
            d.origin.line, d.directive, d.word, d.expected
        ));
    }
    resolution
        .refusal
        .as_ref()
        .map(|refusal| match refusal.origin {
            Some(origin) => format!(
                "{}:{}: {}",
                unit.path(origin).display(),
                origin.line,
                refusal.reason
            ),
            None => refusal.reason.clone(),
        })
}

/// The report of something that is no unit at all.
fn failed(target: &Target, problem: String) -> UnitReport<'static> {
    let (name, path) = match target {
        Target::Name(name) | Target::Text(name, _) => (name.to_string(), None),
        Target::File(path) => (path.display().to_string(), Some(path.clone())),
    };
    UnitReport {
        name,
        path,
        unit: None,
        resolution: None,
        outcome: Outcome::Failed(problem),
        threshold: None,
        outlook: None,
        findings: Vec::new(),
        accepted: Vec::new(),
    }
}
