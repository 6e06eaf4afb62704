//! `unitward run`: a unit's service, or any command, in the unit's sandbox.

mod plan;
pub(crate) mod report;

use std::process::ExitCode;

use unitward_sandbox::{Ending, Failure, Host, Outcome, Parting, Plan, ServiceResult};
use unitward_settings::Settings;

use crate::args::{self, Run};
use crate::error::Error;
use crate::exit::Exit;
use crate::subject::{self, Subject};
use crate::ui;

/// Runs it, and ends as it ends.
pub(crate) fn run(args: &Run) -> Result<ExitCode, Error> {
    if args.shell {
        use std::io::IsTerminal as _;
        return run_command(&Run {
            pty: args.pty || std::io::stdin().is_terminal(),
            subject: args::Subject {
                command: subject::shell().into(),
                ..args.subject.clone()
            },
            ..args.clone()
        });
    }
    run_command(args)
}

fn run_command(args: &Run) -> Result<ExitCode, Error> {
    let subject = Subject::new(&args.subject)?;
    let resolution = subject.resolution("")?;
    let settings = resolution.settings;
    let host = Host::read();
    let mut way = subject.options(&settings)?;
    way.terminal = args.pty;
    if args.no_die_with_parent {
        way.parting = Parting::Survive;
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
    let mut gaps = report::gaps(&settings, &plan.report);
    report::ignored(&settings, &resolution.diagnostics, &mut gaps);
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
        (Some(Ending::Killed(_)), _)
            if outcome.result == ServiceResult::Timeout && !outcome.stopped =>
        {
            ExitCode::from(TIMED_OUT)
        }
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

/// The exit status when a step of the start, or the service, took too long, as timeout(1) has it.
const TIMED_OUT: u8 = 124;

/// Says why the service did not start, and gives systemd's exit status.
fn failed(settings: &Settings, failure: &Failure) -> ExitCode {
    ui::note(&report::failure(settings, failure));
    failure
        .exit
        .map_or(Exit::Error.into(), |exit| ExitCode::from(exit.0))
}
