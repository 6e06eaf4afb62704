//! A process beside its unit.

use std::path::{Path, PathBuf};

use unitward_exposure::{Rules, Tenths, assess};
use unitward_inspect::{Drift, Judgement, State};
use unitward_settings::Settings;
use unitward_unit::load::{Loader, Options, SearchPath};
use unitward_unit::{Unit, UnitName};

use crate::args;
use crate::error::Error;
use crate::subject::Subject;
use crate::verbs::run::report;

/// What comparing gave.
pub(super) struct Beside {
    /// The unit.
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) judgements: Vec<Judgement>,
    pub(super) drift: Vec<Drift>,
    /// Why some of it could not be planned.
    pub(super) unplanned: Option<String>,
    /// The level of the files.
    pub(super) level: Option<Tenths>,
    /// The level of what is in force.
    pub(super) effective: Option<Tenths>,
    /// The drop-in that stands for what is in force.
    pub(super) drop_in: String,
}

impl Beside {
    /// Whether something that was promised is missing.
    pub(super) fn is_bad(&self) -> bool {
        self.judgements.iter().any(|one| one.verdict.is_bad())
    }
}

/// Compares; none when there is no unit, and nothing was asked for.
pub(super) fn compare(
    args: &args::Inspect,
    state: &State,
    found: Option<&str>,
) -> Result<Option<Beside>, Error> {
    let unit: Option<PathBuf> = match (&args.unit, found) {
        (Some(unit), _) => Some(unit.clone()),
        (None, _) if !args.properties.is_empty() => None,
        (None, Some(found)) if found.ends_with(".service") => Some(PathBuf::from(found)),
        (None, _) => return Ok(None),
    };
    let command = match unit {
        Some(_) => Vec::new(),
        None => vec!["/proc/self/exe".into()],
    };
    let subject_args = args::Subject {
        unit,
        command,
        properties: args.properties.clone(),
        source: args.source.clone(),
    };
    let subject = Subject::new(&subject_args)?;
    let settings = subject.settings("")?;
    let (plan, unplanned) = match unitward_inspect::plan(&settings) {
        Ok(plan) => (Some(plan), None),
        Err(failure) => (None, Some(report::failure(&settings, &failure))),
    };
    let judgements = unitward_inspect::judge(&settings, plan.as_ref(), state);
    let resolve = |unit: &Unit| subject.resolve(unit);
    let drift = unitward_inspect::drift(subject.unit(), &settings, state.started_at, &resolve);
    let bare = |text: &str| subject.resolve(&bare(text)?);
    let plan_of = |settings: &Settings| unitward_inspect::plan(settings).ok();
    let drop_in = unitward_inspect::effective(state, &judgements, &bare, &plan_of);
    let level = |settings: &Settings| Some(assess(settings, Rules::Offline, None).ok()?.level());
    let effective = subject
        .unit()
        .clone()
        .with_drop_in(Path::new("<in force>"), drop_in.clone());
    Ok(Some(Beside {
        name: subject.name().to_owned(),
        level: level(&settings),
        effective: subject.resolve(&effective).as_ref().and_then(level),
        settings,
        judgements,
        drift,
        unplanned,
        drop_in,
    }))
}

/// A unit of no system, by its text.
pub(super) fn bare(text: &str) -> Option<Unit> {
    let name = UnitName::parse("inspect.service").ok()?;
    let loader = Loader::new(SearchPath::none(), Options::default());
    Some(loader.load_text(&name, Path::new("<inspect>"), text))
}
