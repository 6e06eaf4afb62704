//! One unit from file to report. Runs on many threads at once.

use unitward_exposure::{Case, Policy, Rules, assess, is_counted, outlook};
use unitward_lint::{Checked, Finding, Host, Subject};
use unitward_settings::{Base, Effect, Resolution};
use unitward_unit::load::LoadState;
use unitward_unit::{Unit, UnitKind};

use super::report::{Accepted, AcceptedBy, Outcome, UnitReport};
use super::select::Selection;
use crate::args::{Check, Format, HostArg};
use crate::units::{Target, Units, load_problem};
use unitward_config::{Config, Date};

/// Everything that is the same for all units of a call.
pub(crate) struct Analyst<'a> {
    pub(crate) args: &'a Check,
    pub(crate) config: &'a Config,
    pub(crate) today: Date,
    pub(crate) rules: Rules,
    pub(crate) policy: Option<&'a Policy>,
    pub(crate) selection: Selection,
    pub(crate) units: &'a Units,
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
            files: Vec::new(),
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
                LoadState::Masked => Outcome::Masked(problem),
                _ => Outcome::Failed(problem),
            };
            report.unit = Some(unit);
            return report;
        }
        let options = self.units.aim();
        let is_asked = self.asks_host(target);
        let host = self.host.as_ref().filter(|_| is_asked);
        let base = if is_asked {
            self.units.base()
        } else {
            &Base::default()
        };
        let resolution = base.resolve(&unit, &options);
        // An offline analysis does not read the manager's configuration.
        let counted = match self.rules {
            Rules::Offline if base.directives().any(is_counted) => &Base::default(),
            _ => base,
        };
        let again = (!std::ptr::eq(counted, base)).then(|| counted.resolve(&unit, &options));
        report.outcome = self.outcome(&unit, again.as_ref().unwrap_or(&resolution));
        if let (Outcome::Rated(exposure), true) = (&report.outcome, self.wants_outlook()) {
            let case = Case {
                unit: &unit,
                options: &options,
                base: counted,
                rules: self.rules,
                policy: self.policy,
            };
            let without = Subject::new(&unit, &resolution, host).with_base(base);
            let objects = |with: &Unit, resolution: &Resolution, directive: &'static str| {
                let with = Subject::new(with, resolution, host).with_base(base);
                unitward_lint::objects(&with, &without, directive)
            };
            report.outlook = Some(outlook(&case, exposure, &objects));
        }
        if self.wants_findings() {
            let policy = self.config.policy(unit.name.as_str(), self.today);
            let subject = Subject::new(&unit, &resolution, host)
                .with_policy(&policy)
                .with_base(base);
            let checked = unitward_lint::check(&subject);
            self.sort(&unit, checked, &mut report);
        }
        // Most forms of output need neither, and ten thousand of them take room.
        let has_places = !report.findings.is_empty() || !report.accepted.is_empty();
        if has_places {
            report.files.clone_from(&resolution.settings.files);
        }
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
            let name = unit.name.as_str();
            match self.config.exception(name, finding.rule, self.today) {
                Some(exception) => report.accepted.push(Accepted {
                    finding,
                    reason: exception.reason.clone(),
                    by: AcceptedBy::Exception,
                }),
                None => report.findings.push(finding),
            }
        }
    }

    /// Whether the system, its files, users, programs and the configuration of its manager, counts for this unit.
    fn asks_host(&self, target: &Target) -> bool {
        match self.args.host {
            HostArg::Always => true,
            HostArg::Never => false,
            HostArg::Auto => self.units.is_installed(target),
        }
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
        files: Vec::new(),
        resolution: None,
        outcome: Outcome::Failed(problem),
        threshold: None,
        outlook: None,
        findings: Vec::new(),
        accepted: Vec::new(),
    }
}
