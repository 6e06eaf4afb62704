//! What settings imply, after all assignments (spec: systemd's unit_patch_contexts, observed in 252, 257, 262).

use unitward_catalog::{Capabilities, Capability, Version};
use unitward_unit::Origin;

use crate::setting::{Setting, Source};
use crate::table::Settings;
use crate::values::*;

/// Completes the settings with what they imply.
pub(crate) fn imply(settings: &mut Settings) {
    service(settings);
    standard_streams(settings);
    file_system(settings);
    capabilities(settings);
    dynamic_user(settings);
    login(settings);
    devices(settings);
}

/// What the parts of a service's life imply for each other.
fn service(settings: &mut Settings) {
    service_type(settings);
    let oneshot = *settings.service_type == ServiceType::Oneshot;
    if oneshot && !settings.timeout_start_sec.is_assigned() {
        let origin = settings.service_type.origin();
        settings
            .timeout_start_sec
            .imply(Timeout(INFINITY), "Type", origin);
    }
    if settings.file_descriptor_store_max.0 == 0 && !settings.luo_session.0.is_empty() {
        let sessions = i64::try_from(settings.luo_session.0.len()).unwrap_or(i64::MAX);
        let origin = settings.luo_session.origin();
        settings
            .file_descriptor_store_max
            .imply(Integer(sessions), "LUOSession", origin);
    }
    if *settings.notify_access == NotifyAccess::None {
        let notifies = matches!(
            *settings.service_type,
            ServiceType::Notify | ServiceType::NotifyReload
        );
        let reasons = [
            (notifies, "Type", settings.service_type.origin()),
            (
                settings.watchdog_sec.0 > 0,
                "WatchdogSec",
                settings.watchdog_sec.origin(),
            ),
            (
                settings.file_descriptor_store_max.0 > 0,
                "FileDescriptorStoreMax",
                settings.file_descriptor_store_max.origin(),
            ),
        ];
        if let Some((_, by, origin)) = reasons.into_iter().find(|(holds, ..)| *holds) {
            settings.notify_access.imply(NotifyAccess::Main, by, origin);
        }
    }
    // Who manages its own control groups is supposed to know what to do without memory.
    if settings.delegate.on && !settings.oom_policy.is_assigned() {
        let origin = settings.delegate.origin();
        settings
            .oom_policy
            .imply(OomPolicy::Continue, "Delegate", origin);
    }
}

/// Standard input gives what is written in the unit, and standard output goes where standard input comes from, when
/// that is a terminal or a socket and nothing else was said.
fn standard_streams(settings: &mut Settings) {
    let null = settings.standard_input.0 == Stream::Word("null");
    if null && !settings.standard_input_data.0.is_empty() {
        let origin = settings.standard_input_data.origin();
        let data = StandardInput(Stream::Word("data"));
        settings
            .standard_input
            .imply(data, "StandardInputData", origin);
    }
    let both_ways = match &settings.standard_input.0 {
        Stream::Word(word) => !matches!(*word, "null" | "data"),
        Stream::Descriptor(_) => true,
        _ => false,
    };
    let inherits = settings.standard_output.0 == Stream::Word("inherit");
    let origin = settings.standard_input.origin();
    if both_ways && !settings.standard_output.is_assigned() {
        let inherit = StandardOutput(Stream::Word("inherit"));
        settings
            .standard_output
            .imply(inherit, "StandardInput", origin);
    } else if inherits && !both_ways {
        let usual = settings.manager.default_standard_output.value().clone();
        let origin = settings.standard_output.origin();
        settings
            .standard_output
            .imply(usual, "StandardInput", origin);
    }
    let errors = matches!(settings.standard_error.source(), Source::Manager(_));
    if both_ways && errors {
        let inherit = StandardError(Stream::Word("inherit"));
        settings
            .standard_error
            .imply(inherit, "StandardInput", origin);
    }
}

/// What another root directory needs, and memory policies.
fn file_system(settings: &mut Settings) {
    let root_directory = settings
        .root_directory
        .0
        .as_deref()
        .is_some_and(|root| root != "/");
    let roots = [
        (
            root_directory,
            "RootDirectory",
            settings.root_directory.origin(),
        ),
        (
            settings.root_image.0.is_some(),
            "RootImage",
            settings.root_image.origin(),
        ),
        (
            settings.root_mstack.0.is_some(),
            "RootMStack",
            settings.root_mstack.origin(),
        ),
    ];
    let root = roots.into_iter().find(|(is_set, ..)| *is_set);
    if let (None, Some((_, by, origin))) = (settings.mount_api_vfs.0, root) {
        settings
            .mount_api_vfs
            .imply(Tristate(Some(true)), by, origin);
    }
    let log_namespace = settings.log_namespace.0.is_some();
    let api = settings.mount_api_vfs.0 == Some(true);
    if log_namespace && settings.bind_log_sockets.0 != Some(true) {
        let origin = settings.log_namespace.origin();
        settings
            .bind_log_sockets
            .imply(Tristate(Some(true)), "LogNamespace", origin);
    } else if api && settings.bind_log_sockets.0.is_none() {
        let origin = settings.mount_api_vfs.origin();
        settings
            .bind_log_sockets
            .imply(Tristate(Some(true)), "MountAPIVFS", origin);
    }
    let mask = if settings.version < Version::V262 {
        settings.numa_mask.is_assigned()
    } else {
        settings.numa_mask.all || !settings.numa_mask.nodes.is_empty()
    };
    if mask && *settings.numa_policy == NumaPolicy::Unset {
        let origin = settings.numa_mask.origin();
        settings
            .numa_policy
            .imply(NumaPolicy::Preferred, "NUMAMask", origin);
    }
}

/// The type of a service that does not name one.
fn service_type(settings: &mut Settings) {
    if settings.service_type.is_set() {
        return;
    }
    let start = settings.exec_start.origin();
    let (value, by, origin) = if settings.bus_name.0.is_some() {
        (ServiceType::Dbus, "BusName", settings.bus_name.origin())
    } else if settings.exec_start.0.is_empty() {
        (ServiceType::Oneshot, "ExecStart", start)
    } else if let Some((by, origin)) = first_credential(settings) {
        // So that a service that cannot get its credentials fails to start.
        (ServiceType::Exec, by, origin)
    } else {
        return;
    };
    settings.service_type.imply(value, by, origin);
}

/// Protections that are pointless while a capability undoes them take it away, whatever the unit says.
fn capabilities(settings: &mut Settings) {
    let drops: [(&Setting<Flag>, &'static str, &[Capability]); 4] = [
        (
            &settings.private_devices,
            "PrivateDevices",
            &[Capability::MKNOD, Capability::SYS_RAWIO],
        ),
        (
            &settings.protect_kernel_modules,
            "ProtectKernelModules",
            &[Capability::SYS_MODULE],
        ),
        (
            &settings.protect_kernel_logs,
            "ProtectKernelLogs",
            &[Capability::SYSLOG],
        ),
        (
            &settings.protect_clock,
            "ProtectClock",
            &[Capability::SYS_TIME, Capability::WAKE_ALARM],
        ),
    ];
    let mut set = settings.capability_bounding_set.clone();
    for (flag, by, list) in drops {
        let drop = Capabilities::of(list);
        if flag.0 && set.set.intersects(drop) {
            let without = set.without(drop);
            set.imply(without, by, flag.origin());
        }
    }
    settings.capability_bounding_set = set;
}

/// DynamicUser= brings the protections that make a user that comes and goes safe, over an explicit `no`.
fn dynamic_user(settings: &mut Settings) {
    const BY: &str = "DynamicUser";
    if !settings.dynamic_user.0 {
        return;
    }
    let origin = settings.dynamic_user.origin();
    if settings.user.name().is_none() {
        let name = dynamic_name(settings);
        settings.user.imply(Principal(Some(name)), BY, origin);
    }
    if settings.group.name().is_none() {
        let name = settings.user.0.clone();
        settings.group.imply(Principal(name), BY, origin);
    }
    if *settings.private_tmp == PrivateTmp::No {
        let own = if settings.version >= Version::V257 {
            PrivateTmp::Disconnected
        } else {
            PrivateTmp::Connected
        };
        settings.private_tmp.imply(own, BY, origin);
    }
    for flag in [
        &mut settings.remove_ipc,
        &mut settings.no_new_privileges,
        &mut settings.restrict_suid_sgid,
    ] {
        if !flag.0 {
            flag.imply(Flag(true), BY, origin);
        }
    }
    if *settings.protect_system != ProtectSystem::Strict {
        settings
            .protect_system
            .imply(ProtectSystem::Strict, BY, origin);
    }
    if *settings.protect_home == ProtectHome::No {
        settings
            .protect_home
            .imply(ProtectHome::ReadOnly, BY, origin);
    }
}

/// A service with a user of its own, or with PAM, gets the variables of a login.
fn login(settings: &mut Settings) {
    if settings.set_login_environment.0.is_some() {
        return;
    }
    let (by, origin) = if settings.user.name().is_some() {
        ("User", settings.user.origin())
    } else if settings.pam_name.0.is_some() {
        ("PAMName", settings.pam_name.origin())
    } else {
        return;
    };
    settings
        .set_login_environment
        .imply(Tristate(Some(true)), by, origin);
}

/// The unit's name before `@` or the suffix; a name made from a hash when that is no strict user name.
fn dynamic_name(settings: &Settings) -> String {
    let prefix = settings.unit.prefix();
    if is_strict_name(prefix) {
        return prefix.to_owned();
    }
    // systemd hashes with a key of the machine; only the form matters here: it is neither root nor nobody.
    let hash = prefix
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("_du{hash:016x}")
}

/// A device policy, and the devices that other settings need once there is one.
fn devices(settings: &mut Settings) {
    if settings.private_devices.0 && *settings.device_policy == DevicePolicy::Auto {
        let origin = settings.private_devices.origin();
        settings
            .device_policy
            .imply(DevicePolicy::Closed, "PrivateDevices", origin);
    }
    if *settings.device_policy == DevicePolicy::Auto && settings.device_allow.0.is_empty() {
        return;
    }
    let root_stack = settings.version >= Version::new(260) && settings.root_mstack.0.is_some();
    let images = if settings.root_image.0.is_some() {
        Some(("RootImage", settings.root_image.origin()))
    } else if !settings.mount_images.0.is_empty() {
        Some(("MountImages", settings.mount_images.origin()))
    } else if root_stack {
        Some(("RootMStack", settings.root_mstack.origin()))
    } else {
        None
    };
    let mut rules = settings.device_allow.clone();
    let mut add = |by: &'static str, origin, list: &[(&str, &str)]| {
        let mut value = (*rules).clone();
        value.0.extend(
            list.iter()
                .map(|(device, rights)| DeviceRule::implied(device, rights)),
        );
        rules.imply(value, by, origin);
    };
    if let Some((by, origin)) = images {
        add(
            by,
            origin,
            &[
                ("/dev/loop-control", "rw"),
                ("/dev/mapper/control", "rw"),
                ("block-loop", "rwm"),
                ("block-blkext", "rwm"),
                ("block-device-mapper", "rwm"),
            ],
        );
    }
    if settings.protect_clock.0 {
        add(
            "ProtectClock",
            settings.protect_clock.origin(),
            &[("char-rtc", "r")],
        );
    }
    if let Some(origin) = encrypted_credential(settings) {
        if settings.version < Version::new(253) {
            add("LoadCredentialEncrypted", origin, &[("/dev/tpmrm0", "rw")]);
        } else if settings.version < Version::new(258) {
            add("LoadCredentialEncrypted", origin, &[("char-tpm", "rw")]);
        }
    }
    settings.device_allow = rules;
}

/// The first kind of credential there is, for the versions that start such services with more care.
fn first_credential(settings: &Settings) -> Option<(&'static str, Option<Origin>)> {
    if settings.version < Version::V257 {
        return None;
    }
    let loaded = &settings.load_credential;
    let encrypted = &settings.load_credential_encrypted;
    let set = &settings.set_credential;
    let set_encrypted = &settings.set_credential_encrypted;
    let imported = &settings.import_credential;
    let kinds = [
        (loaded.0.is_empty(), "LoadCredential", loaded.origin()),
        (
            encrypted.0.is_empty(),
            "LoadCredentialEncrypted",
            encrypted.origin(),
        ),
        (set.0.is_empty(), "SetCredential", set.origin()),
        (
            set_encrypted.0.is_empty(),
            "SetCredentialEncrypted",
            set_encrypted.origin(),
        ),
        (imported.0.is_empty(), "ImportCredential", imported.origin()),
    ];
    let (_, by, origin) = kinds.into_iter().find(|(is_empty, ..)| !*is_empty)?;
    Some((by, origin))
}

/// The first encrypted credential.
fn encrypted_credential(settings: &Settings) -> Option<Option<Origin>> {
    let loaded = settings
        .load_credential_encrypted
        .0
        .first()
        .map(|item| item.origin);
    loaded
        .or_else(|| {
            settings
                .set_credential_encrypted
                .0
                .first()
                .map(|item| item.origin)
        })
        .map(Some)
}
