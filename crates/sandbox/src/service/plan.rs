//! The plan of a service: its commands, its life, and the enforcement report.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use unitward_settings::{Command, ServiceType, Settings};

use super::bus;
use super::event::Event;
use super::life::Life;
use super::options::{Options, Parting};
use super::outcome::Outcome;
use super::supervisor::Supervisor;
use crate::cgroup::ControlGroupPlan;
use crate::dynamic_user::DynamicUser;
use crate::ipc::Owner;
use crate::places::Places;
use crate::plan::{Phase, ProcessPlan, UnitContext, lacking, process};
use crate::sockets::SocketUnit;
use crate::{Failure, Host, Report};

/// What will be done to run a unit's service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The control group of all processes.
    pub control_group: ControlGroupPlan,
    /// The processes: those of the start in their order, then those of reload and stop.
    pub processes: Vec<ProcessPlan>,
    /// When it counts as started, how long that may take, and how it is stopped.
    pub life: Life,
    /// Of each directive, whether it holds here.
    pub report: Report,
    /// Users that were made for the service. They are there as long as the plan.
    pub(super) users: Arc<Vec<DynamicUser>>,
    /// Whose objects of interprocess communication are removed in the end.
    pub(super) ipc: Option<Owner>,
    /// The units whose sockets the service is given.
    pub sockets: Vec<SocketUnit>,
    /// What is made on the host before the first process.
    pub places: Places,
    pub(super) settings: Settings,
    /// The user whom the credentials are for.
    pub(super) uid: Option<u32>,
    pub(super) parting: Parting,
    pub(super) orders: Option<Arc<OwnedFd>>,
    pub(super) terminal: bool,
    pub(super) shell: String,
    pub(super) caller_term: Option<String>,
}

impl Plan {
    /// Plans the service of a unit.
    ///
    /// # Errors
    ///
    /// When a user, a group or a file that planning needs is not there.
    pub fn new(settings: &Settings, host: &Host, options: &Options) -> Result<Self, Failure> {
        let unit = UnitContext::new(settings, host, options)?;
        let mut processes = Vec::new();
        for (phase, commands) in phases(settings) {
            for command in commands {
                processes.push(process::plan(&unit, command, phase)?);
            }
        }
        let mut report = RefCell::into_inner(unit.report);
        let ipc = Owner::of(unit.identity.uid, unit.identity.gid);
        report_life(&mut report, settings, options);
        lacking::report(settings, host, &mut report);
        let shell = unit.identity.shell.unwrap_or_else(|| "/bin/sh".to_owned());
        Ok(Self {
            control_group: unit.control_group,
            users: Arc::new(unit.dynamic_users),
            ipc: ipc.filter(|_| settings.remove_ipc.0),
            places: unit.places,
            sockets: options.sockets.clone(),
            processes,
            life: Life::of(settings, &options.environment),
            report,
            settings: settings.clone(),
            uid: unit.identity.uid,
            terminal: options.terminal,
            parting: options.parting,
            orders: options.orders.clone(),
            shell,
            caller_term: options.environment.get("TERM").cloned(),
        })
    }

    /// Runs the service to its end, and tells what happens on the way.
    #[must_use]
    pub fn run(&self, tell: &mut dyn FnMut(&Event<'_>)) -> Outcome {
        match Supervisor::new(self, tell) {
            Ok(supervisor) => supervisor.run(),
            Err(failure) => Outcome {
                failure: Some(failure),
                ..Outcome::default()
            },
        }
    }

    /// The commands of a phase.
    pub(super) fn commands(&self, phase: Phase) -> impl Iterator<Item = &ProcessPlan> {
        self.processes
            .iter()
            .filter(move |process| process.phase == phase)
    }
}

fn phases(settings: &Settings) -> [(Phase, &[Command]); 8] {
    [
        (Phase::Condition, &settings.exec_condition.0),
        (Phase::StartPre, &settings.exec_start_pre.0),
        (Phase::Start, &settings.exec_start.0),
        (Phase::StartPost, &settings.exec_start_post.0),
        (Phase::Reload, &settings.exec_reload.0),
        (Phase::ReloadPost, &settings.exec_reload_post.0),
        (Phase::Stop, &settings.exec_stop.0),
        (Phase::StopPost, &settings.exec_stop_post.0),
    ]
}

/// Whether there is a bus to ask for the name.
fn report_bus(report: &mut Report, settings: &Settings, options: &Options) {
    let there = bus::path(settings.scope, &options.environment)
        .is_some_and(|path| std::path::Path::new(&path).exists());
    if *settings.service_type == ServiceType::Dbus && !there {
        let reason = "there is no bus, and the service counts as started when its process does";
        report.not_possible("BusName", reason);
    } else {
        report.enforced("BusName");
    }
}

/// Says of the directives of the life of a service whether they hold.
fn report_life(report: &mut Report, settings: &Settings, options: &Options) {
    for directive in [
        "Type",
        "ExitType",
        "RemainAfterExit",
        "NotifyAccess",
        "ExecCondition",
        "ExecStartPre",
        "ExecStart",
        "ExecStartPost",
        "ExecReload",
        "ExecReloadPost",
        "ExecStop",
        "ExecStopPost",
        "ImportCredential",
        "LoadCredential",
        "LoadCredentialEncrypted",
        "NonBlocking",
        "SetCredential",
        "SetCredentialEncrypted",
        "OpenFile",
        "TimeoutStartSec",
        "TimeoutStopSec",
        "TimeoutAbortSec",
        "TimeoutStartFailureMode",
        "TimeoutStopFailureMode",
        "RuntimeMaxSec",
        "RuntimeRandomizedExtraSec",
        "WatchdogSec",
        "WatchdogSignal",
        "PermissionsStartOnly",
        "PIDFile",
        "SuccessExitStatus",
        "ReloadSignal",
        "KillMode",
        "KillSignal",
        "FinalKillSignal",
        "SendSIGHUP",
        "SendSIGKILL",
        "RemoveIPC",
        "RuntimeDirectory",
        "StateDirectory",
        "CacheDirectory",
        "LogsDirectory",
        "ConfigurationDirectory",
        "RuntimeDirectoryMode",
        "StateDirectoryMode",
        "CacheDirectoryMode",
        "LogsDirectoryMode",
        "ConfigurationDirectoryMode",
        "RuntimeDirectoryPreserve",
        "OOMPolicy",
    ] {
        report.enforced(directive);
    }
    report_bus(report, settings, options);
    let missing = |path: &&str| !std::path::Path::new(path).exists();
    let needed = settings.requires_mounts_for.0.iter();
    match needed.map(|item| item.value.as_str()).find(missing) {
        Some(path) => report.not_possible(
            "RequiresMountsFor",
            format!("there is no {path}, and unitward mounts nothing for it"),
        ),
        None => report.enforced("RequiresMountsFor"),
    }
    if options.sockets.is_empty() && !settings.sockets.0.is_empty() {
        report.not_possible("Sockets", "none of the socket units was found");
    } else {
        report.enforced("Sockets");
    }
    use unitward_settings::KillMode;
    if matches!(*settings.kill_mode, KillMode::Process | KillMode::None) {
        report.partly(
            "KillMode",
            "processes that a stop leaves alone are killed when unitward ends",
        );
    }
    if settings.file_descriptor_store_max.0 > 0 {
        let reason = "a service that is run once never gets its stored descriptors back";
        report.not_possible("FileDescriptorStoreMax", reason);
    }
}
