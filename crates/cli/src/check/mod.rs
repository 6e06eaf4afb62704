//! `unitward check`: how exposed units are, and what is wrong with their settings.

mod analysis;
mod fix;
pub(crate) mod report;
mod select;

mod formats;

use std::path::Path;

use rayon::prelude::*;
use unitward_config::FailOn;
use unitward_elf::Root;
use unitward_exposure::{Policy, Rules};
use unitward_lint::{Host, Severity};

use crate::args::{Check, RulesArg};
use crate::config::{self, Found};
use crate::error::Error;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::units::{Target, Units};
use crate::version;

use analysis::Analyst;
use report::{Outcome, Report};
use select::Selection;

/// Checks the units of a call and prints the result.
pub(crate) fn run(args: &Check) -> Result<Exit, Error> {
    let found = configuration(args)?;
    let config = &found.config;
    let version = args.source.version.or(config.version()).unwrap_or_else(|| {
        version::installed(args.source.root.as_deref().unwrap_or(Path::new("/")))
    });
    let units = Units::new(&args.source, version)?;
    let targets = targets(args, &units)?;
    if targets.is_empty() {
        return Ok(Exit::Nothing);
    }
    let policy_file = args
        .security_policy
        .clone()
        .or_else(|| found.security_policy());
    let policy = policy_file.as_deref().map(read_policy).transpose()?;
    let analyst = Analyst {
        args,
        config,
        today: config::today(),
        rules: rules(args),
        policy: policy.as_ref(),
        selection: Selection::new(args, config)?,
        units: &units,
        host: host(args),
    };
    let progress = Progress::start(targets.len());
    let examine_one = |target| {
        let report = analyst.unit(target);
        progress.step();
        report
    };
    // A few units are done before threads have started.
    let examine = || match targets.len() {
        ..8 => targets.iter().map(examine_one).collect::<Vec<_>>(),
        _ => targets.par_iter().map(examine_one).collect(),
    };
    let reports = match args.jobs {
        None => examine(),
        Some(jobs) => rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build()
            .map_err(|error| Error::new(format!("Cannot start {jobs} threads: {error}.")))?
            .install(examine),
    };
    progress.finish();
    let report = Report {
        units: reports,
        version,
        rules: rules(args),
        ran: analyst.selection.rules(),
        fails_from: fails_from(args, config),
    };
    if args.fix || args.diff {
        fix::run(args, &report)?;
        if args.diff {
            return Ok(exit(args, &report));
        }
    }
    let text = formats::render(args, &report);
    write(args, &text)?;
    Ok(exit(args, &report))
}

fn configuration(args: &Check) -> Result<Found, Error> {
    match &args.config {
        _ if args.isolated => Ok(Found::default()),
        Some(path) => Found::read(path),
        None => {
            let first = args.targets.iter().find(|target| target.exists());
            Found::find(first.map_or(Path::new("."), |target| target))
        }
    }
}

fn targets(args: &Check, units: &Units) -> Result<Vec<Target>, Error> {
    if args.targets.is_empty() {
        return Ok(units.all());
    }
    let mut targets = Vec::new();
    for argument in &args.targets {
        targets.extend(units.targets(argument)?);
    }
    Ok(targets)
}

fn read_policy(path: &Path) -> Result<Policy, Error> {
    let text = crate::files::read_text(path)?;
    Policy::parse(&text).map_err(|error| Error::new(format!("{}: {error}", path.display())))
}

const fn rules(args: &Check) -> Rules {
    match args.rules {
        RulesArg::Offline => Rules::Offline,
        RulesArg::Running => Rules::Running,
    }
}

/// The system below `--root`, else this one.
fn host(args: &Check) -> Option<Host> {
    let root = args.source.root.as_deref().unwrap_or(Path::new("/"));
    Root::open(root).ok().map(Host::new)
}

/// Where the output goes: standard output, or a file that is complete or not there.
fn write(args: &Check, text: &str) -> Result<(), Error> {
    let Some(path) = &args.output else {
        return crate::ui::print(text);
    };
    crate::files::replace(path, text.as_bytes())
}

/// The severity from which a finding fails the call.
fn fails_from(args: &Check, config: &unitward_config::Config) -> Option<Severity> {
    let fail_on = args.fail_on.map(FailOn::from).or(config.fail_on);
    fail_on.map_or(Some(Severity::Warning), FailOn::severity)
}

/// The exit status: a level over its threshold, a unit that systemd refuses, or a finding that counts.
fn exit(args: &Check, report: &Report<'_>) -> Exit {
    if args.exit_zero {
        return Exit::Clean;
    }
    if report
        .units
        .iter()
        .all(|unit| matches!(unit.outcome, Outcome::Absent(_) | Outcome::Masked(_)))
    {
        return Exit::Nothing;
    }
    if report
        .units
        .iter()
        .any(|unit| unit.fails(report.fails_from))
    {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
