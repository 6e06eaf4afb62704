//! `unitward run`: a unit's service, or any command, in the unit's sandbox.

mod command_line;
mod plan;
mod report;
mod sockets;

use std::path::Path;
use std::process::ExitCode;

use unitward_sandbox::{
    Ending, Failure, Host, Options as Way, Outcome, Parting, Plan, ServiceResult, StreamChoice,
};
use unitward_settings::Settings;
use unitward_unit::load::{Loader, Options as LoadOptions, SearchPath};
use unitward_unit::{Unit, UnitName};

use crate::args::Run;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui;
use crate::units::{Target, Units, load_problem};
use crate::version;

/// Runs it, and ends as it ends.
pub(crate) fn run(args: &Run) -> Result<ExitCode, Error> {
    if args.shell {
        use std::io::IsTerminal as _;
        return run_command(&Run {
            command: command_line::shell().into(),
            pty: args.pty || std::io::stdin().is_terminal(),
            ..args.clone()
        });
    }
    run_command(args)
}

fn run_command(args: &Run) -> Result<ExitCode, Error> {
    let units = Units::new(&args.source, version::of_source(&args.source))?;
    let settings = settings(args, &units)?;
    let host = Host::read();
    let mut way = way(args);
    if args.command.is_empty() {
        way.sockets = sockets::find(args, &settings, units.aim().facts)?;
    }
    let plan = match Plan::new(&settings, &host, &way) {
        Ok(plan) => plan,
        Err(failure) => return Ok(failed(&settings, &failure)),
    };
    if args.dry_run {
        let text = if args.json {
            plan::json(&settings, &plan)
        } else {
            plan::text(&settings, &plan)
        };
        ui::print(&text)?;
        return Ok(Exit::Clean.into());
    }
    let gaps = report::gaps(&settings, &plan.report);
    if let Some(file) = &args.report {
        report::write(file, &settings, &plan.report)?;
    }
    if args.strict && !gaps.is_empty() {
        ui::note(&gaps);
        return Err(Error::new(
            "Not started, because of --strict: not every setting can be enforced here.",
        ));
    }
    if !gaps.is_empty() {
        ui::note(&gaps);
    }
    let explain = args.explain;
    let outcome = plan.run(&mut |event| {
        if explain {
            ui::note(&ui::printable(&format!("{event}.")));
        }
    });
    if let Some(failure) = &outcome.failure {
        ui::note(&report::failure(&settings, failure));
    }
    Ok(status(&outcome))
}

/// How the service is run, besides what its unit says.
fn way(args: &Run) -> Way {
    let mut way = Way::default();
    way.environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if !args.command.is_empty() {
        let choice = |directive| match command_line::sets(&args.properties, directive) {
            true => StreamChoice::Unit,
            false => StreamChoice::Own,
        };
        way.input = choice("StandardInput");
        way.output = choice("StandardOutput");
        way.error = choice("StandardError");
    }
    way.terminal = args.pty;
    if args.no_die_with_parent {
        way.parting = Parting::Survive;
    }
    way
}

/// The exit status of unitward: that of the main process, or why there was none.
fn status(outcome: &Outcome) -> ExitCode {
    let failed = outcome.result != ServiceResult::Success;
    match (outcome.ending, &outcome.failure) {
        (
            _,
            Some(Failure {
                exit: Some(exit), ..
            }),
        ) => ExitCode::from(exit.0),
        // What was asked for is no failure.
        (Some(Ending::Killed(_)), _) if outcome.stopped && !failed => Exit::Clean.into(),
        (Some(Ending::Exited(0)), _) | (None, None) if failed => match outcome.result {
            ServiceResult::ExecCondition => Exit::Nothing.into(),
            ServiceResult::Timeout => ExitCode::from(TIMED_OUT),
            _ => Exit::Findings.into(),
        },
        (Some(_), _) if outcome.result == ServiceResult::ExecCondition => Exit::Nothing.into(),
        (Some(Ending::Exited(status)), _) => ExitCode::from(status),
        (Some(Ending::Killed(signal) | Ending::Dumped(signal)), _) => {
            ExitCode::from(128_u8.saturating_add(signal))
        }
        (None, None) => Exit::Clean.into(),
        (None, Some(_)) => Exit::Error.into(),
    }
}

/// The exit status when a step of the start took too long, as timeout(1) has it.
const TIMED_OUT: u8 = 124;

/// The settings of the unit, with those of the command line on top.
fn settings(args: &Run, units: &Units) -> Result<Settings, Error> {
    let (target, unit) = unit(args, units)?;
    let resolution = match &target {
        Some(target) => units.resolve(target, &unit),
        None => unitward_settings::resolve(&unit, &units.aim()),
    };
    if let Some(refusal) = &resolution.refusal {
        return Err(Error::new(format!(
            "systemd refuses {}: {refusal}",
            unit.name
        )));
    }
    Ok(resolution.settings)
}

/// The unit, and what it is on this system; a mere command is no unit of it.
fn unit(args: &Run, units: &Units) -> Result<(Option<Target>, Unit), Error> {
    let (target, mut unit) = match &args.unit {
        Some(argument) => {
            let mut targets = units.targets(argument)?;
            let target = targets.pop().filter(|_| targets.is_empty());
            let target = target
                .ok_or_else(|| Error::new(format!("{} is not one unit.", argument.display())))?;
            let unit = units.load(&target)?;
            if let Some(problem) = load_problem(&unit) {
                return Err(Error::new(format!("{problem}.")));
            }
            (Some(target), unit)
        }
        None if args.command.is_empty() => {
            return Err(
                Error::new("There is nothing to run.").hint("Name a unit, or a command behind --.")
            );
        }
        None => {
            let name =
                UnitName::parse("run.service").map_err(|error| Error::new(error.to_string()))?;
            // It is no unit of this system's, so that nobody's drop-ins are for it.
            let loader = Loader::new(SearchPath::none(), LoadOptions::default());
            let unit = loader.load_text(&name, Path::new(command_line::FILE), "[Service]\n");
            (None, unit)
        }
    };
    let text = command_line::drop_in(&args.properties, &args.command)?;
    if !text.is_empty() {
        unit = unit.with_drop_in(Path::new(command_line::FILE), text);
    }
    Ok((target, unit))
}

/// Says why the service did not start, and gives systemd's exit status.
fn failed(settings: &Settings, failure: &Failure) -> ExitCode {
    ui::note(&report::failure(settings, failure));
    failure
        .exit
        .map_or(Exit::Error.into(), |exit| ExitCode::from(exit.0))
}
