//! When a process gets a mount namespace (systemd.exec(5); observed in 257 and 262).

use unitward_catalog::Version;
use unitward_settings::{
    MountFlags, PrivateTmp, ProcSubset, ProtectControlGroups, ProtectHome, ProtectProc,
    ProtectSystem, Setting, Settings,
};

use crate::plan::{Cause, Context};

/// Whether the process gets a mount namespace of its own.
pub(crate) fn is_needed(cx: &Context<'_>) -> bool {
    reason(cx).is_some()
}

/// The setting to name for it.
pub(super) fn cause(cx: &Context<'_>) -> Cause {
    reason(cx).unwrap_or(Cause::ALWAYS)
}

/// Whether the service does not start without one. Otherwise systemd goes on where none can be had.
pub(super) fn is_required(cx: &Context<'_>) -> bool {
    let s = cx.settings;
    let moved = s
        .binds
        .0
        .iter()
        .any(|item| item.value.source != item.value.destination);
    moved
        || !s.temporary_file_system.0.is_empty()
        || s.root_directory
            .0
            .as_deref()
            .is_some_and(|root| root != "/")
        || s.root_image.0.is_some()
        || !s.mount_images.0.is_empty()
        || s.dynamic_user.0
        || !s.extension_images.0.is_empty()
        || !s.extension_directories.0.is_empty()
        || s.log_namespace.0.is_some()
}

fn reason(cx: &Context<'_>) -> Option<Cause> {
    let s = cx.settings;
    fn of<T>(holds: bool, directive: &'static str, setting: &Setting<T>) -> Option<Cause> {
        holds.then(|| Cause::of(directive, setting))
    }
    let listed = [
        ("ReadWritePaths", &s.read_write_paths),
        ("ReadOnlyPaths", &s.read_only_paths),
        ("InaccessiblePaths", &s.inaccessible_paths),
        ("ExecPaths", &s.exec_paths),
        ("NoExecPaths", &s.no_exec_paths),
        ("ExtensionDirectories", &s.extension_directories),
    ];
    let flags = [
        ("PrivateDevices", &s.private_devices),
        ("ProtectKernelTunables", &s.protect_kernel_tunables),
        ("ProtectKernelModules", &s.protect_kernel_modules),
        ("ProtectKernelLogs", &s.protect_kernel_logs),
        ("PrivateIPC", &s.private_ipc),
        ("PrivatePIDs", &s.private_pids),
        ("PrivateBPF", &s.private_bpf),
    ];
    let images = s.root_image.0.is_some() || s.root_mstack.0.is_some();
    root_directory(s)
        .or_else(|| of(images, "RootImage", &s.root_image))
        .or_else(|| {
            listed
                .into_iter()
                .find_map(|(name, list)| of(!list.0.is_empty(), name, list))
        })
        .or_else(|| of(!s.binds.0.is_empty(), "BindPaths", &s.binds))
        .or_else(|| {
            let list = &s.temporary_file_system;
            of(!list.0.is_empty(), "TemporaryFileSystem", list)
        })
        .or_else(|| of(!s.mount_images.0.is_empty(), "MountImages", &s.mount_images))
        .or_else(|| {
            let list = &s.extension_images;
            of(!list.0.is_empty(), "ExtensionImages", list)
        })
        .or_else(|| {
            let spreads = matches!(*s.mount_flags, MountFlags::Unset | MountFlags::Shared);
            of(!spreads, "MountFlags", &s.mount_flags)
        })
        .or_else(|| {
            let own = *s.private_tmp != PrivateTmp::No;
            of(own, "PrivateTmp", &s.private_tmp)
        })
        .or_else(|| {
            let own = *s.protect_system != ProtectSystem::No;
            of(own, "ProtectSystem", &s.protect_system)
        })
        .or_else(|| {
            of(
                *s.protect_home != ProtectHome::No,
                "ProtectHome",
                &s.protect_home,
            )
        })
        .or_else(|| {
            flags
                .into_iter()
                .find_map(|(name, flag)| of(flag.0, name, flag))
        })
        .or_else(|| private_mounts(s))
        .or_else(|| {
            let groups = &s.protect_control_groups;
            of(
                **groups != ProtectControlGroups::No,
                "ProtectControlGroups",
                groups,
            )
        })
        .or_else(|| {
            of(
                *s.protect_proc != ProtectProc::Default,
                "ProtectProc",
                &s.protect_proc,
            )
        })
        .or_else(|| {
            of(
                *s.proc_subset != ProcSubset::All,
                "ProcSubset",
                &s.proc_subset,
            )
        })
        .or_else(|| {
            let path = &s.ipc_namespace_path;
            of(path.0.is_some(), "IPCNamespacePath", path)
        })
        .or_else(|| {
            of(
                s.log_namespace.0.is_some(),
                "LogNamespace",
                &s.log_namespace,
            )
        })
        .or_else(|| {
            let sockets = &s.bind_log_sockets;
            of(sockets.0 == Some(true), "BindLogSockets", sockets)
        })
        .or_else(|| directories(s))
}

/// Another root directory is a matter of chroot(2) alone, unless something is mounted in it.
fn root_directory(s: &Settings) -> Option<Cause> {
    let other = s
        .root_directory
        .0
        .as_deref()
        .is_some_and(|root| root != "/");
    let mounts =
        s.mount_api_vfs.0 == Some(true) || lists(s).iter().any(|list| !list.1.0.is_empty());
    (other && mounts).then(|| Cause::of("RootDirectory", &s.root_directory))
}

fn private_mounts(s: &Settings) -> Option<Cause> {
    match s.private_mounts.0 {
        Some(true) => Some(Cause::of("PrivateMounts", &s.private_mounts)),
        None if s.version >= Version::new(254) => {
            if s.private_network.0 {
                Some(Cause::of("PrivateNetwork", &s.private_network))
            } else if s.network_namespace_path.0.is_some() {
                Some(Cause::of("NetworkNamespacePath", &s.network_namespace_path))
            } else {
                None
            }
        }
        _ => None,
    }
}

type Directories<'a> = [(
    &'static str,
    &'a Setting<unitward_settings::ExecDirectories>,
); 5];

fn lists(s: &Settings) -> Directories<'_> {
    [
        ("StateDirectory", &s.state_directory),
        ("CacheDirectory", &s.cache_directory),
        ("LogsDirectory", &s.logs_directory),
        ("RuntimeDirectory", &s.runtime_directory),
        ("ConfigurationDirectory", &s.configuration_directory),
    ]
}

fn directories(s: &Settings) -> Option<Cause> {
    let lists = lists(s);
    if s.dynamic_user.0 {
        let private = lists.iter().take(3).find(|(_, list)| !list.0.is_empty());
        if let Some((name, list)) = private {
            return Some(Cause::of(name, list));
        }
    }
    lists
        .into_iter()
        .find(|(_, list)| list.0.values().any(|directory| directory.read_only))
        .map(|(name, list)| Cause::of(name, list))
}
