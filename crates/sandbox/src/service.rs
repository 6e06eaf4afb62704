//! A unit's service: its commands, one after the other.

use std::cell::RefCell;
use std::ffi::CString;

use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus};
use unitward_settings::{Command, Settings};

use crate::apply::{self, Spawned};
use crate::cgroup::{ControlGroup, ControlGroupPlan};
use crate::places::Places;
use crate::plan::{Phase, ProcessPlan, UnitContext, process};
use crate::{Exit, Failure, Host, Report};

/// What will be done to run a unit's service.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The control group of all processes.
    pub control_group: ControlGroupPlan,
    /// The processes, in the order in which they are started.
    pub processes: Vec<ProcessPlan>,
    /// Of each directive, whether it holds here.
    pub report: Report,
    environment: Vec<(String, String)>,
    places: Places,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an exit status.
    Exited(u8),
    /// By a signal.
    Killed(u8),
}

/// How a service ended.
#[derive(Debug)]
pub struct Outcome {
    /// How the last process ended; none when none was made.
    pub ending: Option<Ending>,
    /// Why a process was not made, or did not become its program.
    pub failure: Option<Failure>,
}

impl Plan {
    /// Plans the service of a unit. `environment` is that of the caller.
    ///
    /// # Errors
    ///
    /// When a user, a group or a file that planning needs is not there.
    pub fn new(
        settings: &Settings,
        host: &Host,
        environment: Vec<(String, String)>,
    ) -> Result<Self, Failure> {
        let unit = UnitContext::new(settings, host)?;
        let mut processes = Vec::new();
        for (phase, commands) in phases(settings) {
            for command in commands {
                processes.push(process::plan(&unit, command, phase)?);
            }
        }
        Ok(Self {
            control_group: unit.control_group,
            processes,
            report: RefCell::into_inner(unit.report),
            environment,
            places: unit.places,
        })
    }

    /// Runs the service to its end.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let _made = match self.places.make() {
            Ok(made) => made,
            Err(failure) => {
                return Outcome {
                    ending: None,
                    failure: Some(failure),
                };
            }
        };
        let mut ending = None;
        let group = match self.control_group.make() {
            Ok(group) => group,
            Err(failure) => {
                return Outcome {
                    ending: None,
                    failure: Some(failure),
                };
            }
        };
        for process in &self.processes {
            match self.start(process, &group) {
                Ok(spawned) => {
                    ending = wait(&spawned).ok();
                    if let Some(failure) = spawned.failure {
                        return Outcome {
                            ending,
                            failure: Some(failure),
                        };
                    }
                    if ending != Some(Ending::Exited(0)) && !process.command.ignore_failure {
                        break;
                    }
                }
                Err(failure) => {
                    return Outcome {
                        ending: None,
                        failure: Some(failure),
                    };
                }
            }
        }
        let failure = group.remove().err().map(|errno| {
            let step = "remove the control group of the service";
            Failure::new(Exit::CGROUP, crate::Cause::ALWAYS, step).with_errno(errno)
        });
        Outcome { ending, failure }
    }

    fn start(&self, process: &ProcessPlan, group: &ControlGroup) -> Result<Spawned, Failure> {
        let command = &process.command;
        let argv = command.argv.iter().map(|word| c_string(word)).collect();
        let environment = self
            .environment
            .iter()
            .chain(&self.control_group.environment)
            .map(|(name, value)| c_string(&format!("{name}={value}")))
            .collect();
        let prepared = apply::Prepared::new(
            vec![c_string(&command.path)],
            argv,
            environment,
            process.slots,
        );
        let cgroup = group.enter_descriptor(process.phase);
        apply::spawn(process, &prepared, cgroup).map_err(|errno| {
            let cause = crate::Cause {
                directive: process.phase.directive(),
                origin: Some(command.origin),
            };
            Failure::new(Exit::EXCEPTION, cause, "make a process").with_errno(errno)
        })
    }
}

fn phases(settings: &Settings) -> [(Phase, &[Command]); 4] {
    [
        (Phase::Condition, &settings.exec_condition.0),
        (Phase::StartPre, &settings.exec_start_pre.0),
        (Phase::Start, &settings.exec_start.0),
        (Phase::StartPost, &settings.exec_start_post.0),
    ]
}

fn wait(spawned: &Spawned) -> Result<Ending, Errno> {
    use std::os::fd::AsFd as _;
    let status = rustix::io::retry_on_intr(|| {
        rustix::process::waitid(
            WaitId::PidFd(spawned.child.pidfd.as_fd()),
            WaitIdOptions::EXITED,
        )
    })?;
    Ok(status.map_or(Ending::Exited(0), |status| ending(&status)))
}

fn ending(status: &WaitIdStatus) -> Ending {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ending::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
        (_, Some(signal)) => Ending::Killed(u8::try_from(signal).unwrap_or(0)),
        _ => Ending::Exited(0),
    }
}

fn c_string(text: &str) -> CString {
    CString::new(text.bytes().filter(|byte| *byte != 0).collect::<Vec<u8>>()).unwrap_or_default()
}
