//! Combinations that make systemd refuse a unit (spec: systemd's service_verify, observed in 252, 257, 262).

use std::fmt;

use unitward_catalog::Version;
use unitward_unit::Origin;

use crate::table::Settings;
use crate::values::*;

/// Why systemd refuses a unit although each of its lines can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The directive to change first.
    pub directive: &'static str,
    /// The assignment to point to, where there is one.
    pub origin: Option<Origin>,
    /// The reason, as a sentence.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The first reason to refuse a service, if any.
pub(crate) fn verify_service(settings: &Settings) -> Option<Refusal> {
    let starts = settings.exec_start.0.len();
    let oneshot = *settings.service_type == ServiceType::Oneshot;
    let acts = *settings.success_action != EmergencyAction::None;
    let refuse = |directive, origin, reason: &str| {
        Some(Refusal {
            directive,
            origin,
            reason: reason.to_owned(),
        })
    };
    if starts == 0 && settings.exec_stop.0.is_empty() && !acts {
        return refuse(
            "ExecStart",
            None,
            "The service has no command: neither ExecStart= nor ExecStop= nor SuccessAction=.",
        );
    }
    if starts == 0 && !oneshot {
        return refuse(
            "ExecStart",
            None,
            "The service has no ExecStart=, which only Type=oneshot permits.",
        );
    }
    if starts == 0 && !settings.remain_after_exit.0 && !acts {
        return refuse(
            "RemainAfterExit",
            settings.remain_after_exit.origin(),
            "The service has no ExecStart= and no SuccessAction=, which needs RemainAfterExit=yes.",
        );
    }
    if starts > 1 && !oneshot {
        let origin = settings.exec_start.0.get(1).map(|command| command.origin);
        return refuse(
            "ExecStart",
            origin,
            "The service has more than one ExecStart=, which only Type=oneshot permits.",
        );
    }
    if oneshot && matches!(*settings.restart, Restart::Always | Restart::OnSuccess) {
        return refuse(
            "Restart",
            settings.restart.origin(),
            "Type=oneshot does not go with Restart=always or Restart=on-success.",
        );
    }
    if *settings.service_type == ServiceType::Dbus && settings.bus_name.0.is_none() {
        return refuse(
            "BusName",
            settings.service_type.origin(),
            "Type=dbus needs BusName=.",
        );
    }
    if settings.pam_name.0.is_some()
        && !matches!(
            *settings.kill_mode,
            KillMode::ControlGroup | KillMode::Mixed
        )
    {
        return refuse(
            "KillMode",
            settings.kill_mode.origin(),
            "PAMName= needs KillMode=control-group or KillMode=mixed.",
        );
    }
    if settings.version < Version::V257 {
        return None;
    }
    if settings.dynamic_user.0 && settings.working_directory.is_home() {
        return refuse(
            "WorkingDirectory",
            settings.working_directory.origin(),
            "WorkingDirectory=~ does not go with DynamicUser=yes, whose user has no home directory.",
        );
    }
    if *settings.service_type == ServiceType::Forking && settings.private_pids.0 {
        return refuse(
            "PrivatePIDs",
            settings.private_pids.origin(),
            "PrivatePIDs= does not go with Type=forking.",
        );
    }
    if settings.version < Version::new(260) {
        return None;
    }
    if *settings.private_users == PrivateUsers::Managed
        && (settings.user.name().is_some()
            || settings.group.name().is_some()
            || settings.dynamic_user.0
            || settings.pam_name.0.is_some())
    {
        return refuse(
            "PrivateUsers",
            settings.private_users.origin(),
            "PrivateUsers=managed does not go with User=, Group=, DynamicUser= or PAMName=.",
        );
    }
    None
}
