//! What settings imply, after all assignments (spec: systemd's unit_patch_contexts, observed in 252, 257, 262).

use unitward_catalog::{Capabilities, Capability, Version};
use unitward_unit::Origin;

use crate::setting::Setting;
use crate::table::Settings;
use crate::values::*;

/// Completes the settings with what they imply.
pub(crate) fn imply(settings: &mut Settings) {
    service_type(settings);
    capabilities(settings);
    dynamic_user(settings);
    devices(settings);
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
    if *settings.private_tmp == PrivateTmp::No {
        settings
            .private_tmp
            .imply(PrivateTmp::Connected, BY, origin);
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
