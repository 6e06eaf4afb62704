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
    if oneshot && *settings.exit_type == ExitType::Cgroup {
        return refuse(
            "ExitType",
            settings.exit_type.origin(),
            "Type=oneshot does not go with ExitType=cgroup.",
        );
    }
    let force = &settings.restart_force_exit_status;
    if oneshot && !force.is_empty() && settings.version < Version::new(253) {
        return refuse(
            "RestartForceExitStatus",
            force.origin(),
            "Type=oneshot does not go with RestartForceExitStatus= before systemd 253.",
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
    if let Some(by) = mount_namespace(settings).filter(|_| settings.working_directory.is_kernels())
    {
        return Some(Refusal {
            directive: "WorkingDirectory",
            origin: settings.working_directory.origin(),
            reason: format!(
                "WorkingDirectory= is below /proc, /sys or /dev, which does not go with the mount namespace that \
                 {by}= needs."
            ),
        });
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
    if settings.version >= Version::V262 && settings.private_pids.0 && settings.pam_name.0.is_some()
    {
        return refuse(
            "PrivatePIDs",
            settings.private_pids.origin(),
            "PrivatePIDs= does not go with PAMName=.",
        );
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

/// The first setting that needs a mount namespace before anything is known about the system.
fn mount_namespace(settings: &Settings) -> Option<&'static str> {
    let s = settings;
    let tmp = match *s.private_tmp {
        PrivateTmp::No => false,
        PrivateTmp::Connected => s.version >= Version::V262,
        PrivateTmp::Disconnected => true,
    };
    let private = s.private_mounts.0;
    // Unless PrivateMounts= says otherwise, a namespace of these kinds comes with one of mounts.
    let implicit = private.is_none();
    let needs = [
        ("RootImage", s.root_image.0.is_some()),
        ("RootMStack", s.root_mstack.0.is_some()),
        (
            "RootDirectory",
            s.root_directory.0.is_some() && s.mount_api_vfs.0 == Some(true),
        ),
        ("BindLogSockets", s.bind_log_sockets.0 == Some(true)),
        ("ReadWritePaths", !s.read_write_paths.0.is_empty()),
        ("ReadOnlyPaths", !s.read_only_paths.0.is_empty()),
        ("InaccessiblePaths", !s.inaccessible_paths.0.is_empty()),
        ("ExecPaths", !s.exec_paths.0.is_empty()),
        ("NoExecPaths", !s.no_exec_paths.0.is_empty()),
        ("BindPaths", !s.binds.0.is_empty()),
        ("TemporaryFileSystem", !s.temporary_file_system.0.is_empty()),
        ("MountImages", !s.mount_images.0.is_empty()),
        ("ExtensionImages", !s.extension_images.0.is_empty()),
        (
            "ExtensionDirectories",
            !s.extension_directories.0.is_empty(),
        ),
        (
            "MountFlags",
            matches!(*s.mount_flags, MountFlags::Slave | MountFlags::Private),
        ),
        ("PrivateTmp", tmp),
        ("PrivateDevices", s.private_devices.0),
        ("PrivateMounts", private == Some(true)),
        ("ProtectSystem", *s.protect_system != ProtectSystem::No),
        ("ProtectHome", *s.protect_home != ProtectHome::No),
        ("ProtectKernelTunables", s.protect_kernel_tunables.0),
        ("ProtectKernelModules", s.protect_kernel_modules.0),
        ("ProtectKernelLogs", s.protect_kernel_logs.0),
        (
            "ProtectControlGroups",
            *s.protect_control_groups != ProtectControlGroups::No,
        ),
        ("ProtectProc", *s.protect_proc != ProtectProc::Default),
        ("ProcSubset", *s.proc_subset != ProcSubset::All),
        ("PrivatePIDs", s.private_pids.0),
        ("PrivateBPF", s.private_bpf.0),
        ("PrivateNetwork", implicit && s.private_network.0),
        (
            "NetworkNamespacePath",
            implicit && s.network_namespace_path.0.is_some(),
        ),
        ("PrivateIPC", s.private_ipc.0),
        ("IPCNamespacePath", s.ipc_namespace_path.0.is_some()),
    ];
    needs
        .into_iter()
        .find(|(_, needed)| *needed)
        .map(|(by, _)| by)
}
