//! The steps of one process, in the order in which systemd takes them.

use unitward_settings::Command;

use super::steps::Steps;
use super::{Action, Cause, Phase, Step, UnitContext};
use super::{attributes, environment, mounts, namespaces, observer, privileges, streams};
use crate::{Exit, Failure};

/// What is done to make one process of a unit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProcessPlan {
    /// The command.
    pub command: Command,
    /// When it is run.
    pub phase: Phase,
    /// Namespaces that the process is born in (CLONE_NEW*): those that cannot be had later.
    pub born_in: super::Namespaces,
    /// The steps, in order; the last one is [`Action::Execute`].
    pub steps: Vec<Step>,
    /// What settings make of the mount tree, folders before what is in them; empty when it is the host's.
    pub tree: Vec<super::TreeEntry>,
    /// The environment, as far as it is known.
    pub(crate) environment: environment::Environment,
    /// How many descriptors the steps pass among themselves.
    pub(crate) slots: usize,
}

/// Plans the process of a command.
pub(crate) fn plan(
    unit: &UnitContext<'_>,
    command: &Command,
    phase: Phase,
) -> Result<ProcessPlan, Failure> {
    let cx = unit.command(command, phase);
    let mut steps = Steps::default();
    observer::plan(&cx, &mut steps);
    // What follows is counted and restricted already.
    for file in unit.control_group.joins(phase) {
        let file = namespaces::c_string(&file);
        steps.always(Exit::CGROUP, Action::JoinControlGroup(file));
    }
    steps.ask(
        "IgnoreSIGPIPE",
        &unit.settings.ignore_sigpipe,
        Exit::SIGNAL_MASK,
        Action::ResetSignals {
            ignore_sigpipe: unit.settings.ignore_sigpipe.0,
        },
    );
    cx.enforced("IgnoreSIGPIPE");
    let born_in = namespaces::born_in(&cx, &mut steps);
    steps.always(Exit::SETSID, Action::NewSession);
    namespaces::open(&cx, &mut steps);
    streams::plan(&cx, &mut steps);
    attributes::scheduling(&cx, &mut steps);
    attributes::keyring(&cx, &mut steps);
    namespaces::enter(&cx, &mut steps);
    let (slots, tree) = mounts::plan(&cx, &mut steps)?;
    attributes::umask(&cx, &mut steps);
    // After the mounts, so that a low limit of open files is no hindrance to making them.
    attributes::limits(&cx, &mut steps);
    namespaces::host_name(&cx, &mut steps);
    privileges::groups(&cx, &mut steps);
    namespaces::users(&cx, &mut steps);
    steps.always(Exit::FDS, Action::Descriptors);
    privileges::plan(&cx, &mut steps)?;
    let cause = Cause {
        directive: phase.directive(),
        origin: Some(command.origin),
    };
    steps.push(Exit::EXEC, cause, Action::Execute);
    Ok(ProcessPlan {
        command: command.clone(),
        phase,
        born_in,
        steps: steps.0,
        tree,
        environment: environment::Environment::plan(&cx),
        slots,
    })
}
