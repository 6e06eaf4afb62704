//! How much of a sandbox a unit has.

use unitward_catalog::Capabilities;
use unitward_settings::{PrivateTmp, ProtectHome, ProtectSystem, Settings};

/// Whether the unit asks for any protection that `+` switches off.
pub(crate) fn is_sandboxed(settings: &Settings) -> bool {
    let flags = [
        &settings.no_new_privileges,
        &settings.private_devices,
        &settings.protect_kernel_tunables,
        &settings.protect_kernel_modules,
        &settings.protect_kernel_logs,
        &settings.protect_clock,
        &settings.lock_personality,
        &settings.memory_deny_write_execute,
        &settings.restrict_realtime,
        &settings.restrict_suid_sgid,
    ];
    flags.iter().any(|flag| flag.0)
        || *settings.protect_system != ProtectSystem::No
        || *settings.protect_home != ProtectHome::No
        || *settings.private_tmp != PrivateTmp::No
        || !settings.system_call_filter.is_unfiltered()
        || settings.capability_bounding_set.set != Capabilities::ALL
        || settings.restrict_address_families.is_set()
        || settings.restrict_namespaces.is_set()
}

/// How many protections of the file system and of the kernel a unit asks for itself.
pub(crate) fn protections(settings: &Settings) -> usize {
    let flags = [
        &settings.private_devices,
        &settings.protect_kernel_tunables,
        &settings.protect_kernel_modules,
        &settings.protect_kernel_logs,
        &settings.protect_clock,
    ];
    let assigned = [
        settings.protect_system.is_assigned(),
        settings.protect_home.is_assigned(),
        settings.private_tmp.is_assigned(),
        settings.protect_control_groups.is_assigned(),
        settings.protect_proc.is_assigned(),
        settings.protect_hostname.is_assigned(),
        settings.restrict_namespaces.is_assigned(),
        settings.inaccessible_paths.is_assigned(),
        settings.read_only_paths.is_assigned(),
    ];
    let flags = flags.iter().filter(|flag| flag.is_assigned() && flag.0);
    flags.count() + assigned.iter().filter(|assigned| **assigned).count()
}
