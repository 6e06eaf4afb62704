//! The mount tree: from settings to a list of mount actions.
//!
//! Settings become wishes about paths (`collect`), of which some overrule others (`merge`). Their paths are resolved in the
//! tree as it will be (`view`). Then `build` goes through them from parents to children and lists what has to be done:
//! nothing is mounted that is there already, and attributes are changed once for a whole subtree, whose exceptions were
//! copied before. So the cost depends on the settings, and not on how many mounts the host has.

mod action;
mod build;
mod collect;
mod devices;
mod entry;
mod merge;
mod view;

pub use action::{MountAction, NodeKind};

use unitward_settings::{
    MountFlags, PrivateTmp, ProcSubset, ProtectControlGroups, ProtectHome, ProtectProc,
    ProtectSystem,
};

use super::Context;
use super::steps::Steps;
use crate::Failure;

/// MOUNT_ATTR_* of mount_setattr(2).
pub(super) mod attribute {
    pub(crate) const RDONLY: u64 = 0x1;
    pub(crate) const NOSUID: u64 = 0x2;
    pub(crate) const NODEV: u64 = 0x4;
    pub(crate) const NOEXEC: u64 = 0x8;
    pub(crate) const ATIME: u64 = 0x70;
    pub(crate) const NOATIME: u64 = 0x10;
    pub(crate) const STRICTATIME: u64 = 0x20;
    pub(crate) const NODIRATIME: u64 = 0x80;
    pub(crate) const NOSYMFOLLOW: u64 = 0x20_0000;
}

/// Every directive that is wholly a matter of the mount tree.
const DIRECTIVES: [&str; 26] = [
    "BindLogSockets",
    "BindPaths",
    "BindReadOnlyPaths",
    "ExecPaths",
    "InaccessiblePaths",
    "MountAPIVFS",
    "MountFlags",
    "NoExecPaths",
    "PrivateDevices",
    "PrivateMounts",
    "PrivateTmp",
    "ProcSubset",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProtectSystem",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "RootDirectory",
    "TemporaryFileSystem",
    "DynamicUser",
    "ProtectClock",
    "PrivateNetwork",
];

/// Adds the steps that build the mount tree of a process; gives the number of descriptors they pass among themselves, those
/// of named namespaces included.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) -> Result<usize, Failure> {
    for directive in DIRECTIVES {
        cx.enforced(directive);
    }
    images(cx);
    if !is_needed(cx) {
        return Ok(super::namespaces::SLOTS);
    }
    let entries = merge::merge(collect::collect(cx));
    build::build(cx, entries, steps)
}

/// Whether the process gets a mount namespace of its own.
pub(super) fn is_needed(cx: &Context<'_>) -> bool {
    let settings = cx.settings;
    let for_all = root_directory(cx).is_some() && settings.mount_api_vfs.0 == Some(true)
        || !settings.read_write_paths.0.is_empty()
        || !settings.binds.0.is_empty()
        || !settings.temporary_file_system.0.is_empty()
        || !matches!(
            *settings.mount_flags,
            MountFlags::Unset | MountFlags::Shared
        )
        || cx.unit.places.credentials().is_some();
    if for_all || !cx.is_sandboxed() {
        return for_all;
    }
    let network = settings.private_network.0 || settings.network_namespace_path.0.is_some();
    !settings.read_only_paths.0.is_empty()
        || !settings.inaccessible_paths.0.is_empty()
        || !settings.exec_paths.0.is_empty()
        || !settings.no_exec_paths.0.is_empty()
        || *settings.private_tmp != PrivateTmp::No
        || settings.private_devices.0
        || settings
            .private_mounts
            .0
            .unwrap_or(network && cx.at_least(254))
        || *settings.protect_system != ProtectSystem::No
        || *settings.protect_home != ProtectHome::No
        || settings.protect_kernel_tunables.0
        || settings.protect_kernel_modules.0
        || settings.protect_kernel_logs.0
        || *settings.protect_control_groups != ProtectControlGroups::No
        || *settings.protect_proc != ProtectProc::Default
        || *settings.proc_subset != ProcSubset::All
        || settings.private_ipc.0
        || settings.ipc_namespace_path.0.is_some()
        || settings.private_pids.0
        || settings.bind_log_sockets.0 == Some(true)
}

/// The root directory of the service on the host, when it has one of its own.
pub(super) fn root_directory<'a>(cx: &Context<'a>) -> Option<&'a str> {
    let setting = &cx.settings.root_directory;
    setting.0.as_deref().filter(|root| *root != "/")
}

/// What would need images to be mounted.
fn images(cx: &Context<'_>) {
    let settings = cx.settings;
    let asked = [
        ("RootImage", settings.root_image.0.is_some()),
        ("RootMStack", settings.root_mstack.0.is_some()),
        ("MountImages", !settings.mount_images.0.is_empty()),
        ("ExtensionImages", !settings.extension_images.0.is_empty()),
        (
            "ExtensionDirectories",
            !settings.extension_directories.0.is_empty(),
        ),
        ("RootEphemeral", settings.root_ephemeral.0),
        ("PrivateBPF", settings.private_bpf.0),
    ];
    for (directive, _) in asked.into_iter().filter(|(_, asked)| *asked) {
        cx.not_possible(directive, "unitward mounts no images and no extensions");
    }
}
