//! Filters of system calls.

use unitward_seccomp::Syscall;
use unitward_settings::{HostnameMode, Settings};

/// Whether a call passes SystemCallFilter=.
pub(crate) fn passes(settings: &Settings, call: &str) -> bool {
    Syscall::by_name(call).is_none_or(|call| settings.system_call_filter.allows(call))
}

/// The calls that a unit's SystemCallFilter= names by themselves, each with its assignment; calls that it names only
/// as members of a set are left out.
pub(crate) fn named<'a>(
    subject: &'a crate::Subject<'_>,
) -> impl Iterator<Item = (unitward_unit::Origin, bool, &'a str)> + 'a {
    subject
        .lines("SystemCallFilter")
        .flat_map(|(origin, line)| {
            let text = line.value.text();
            let (denied, list) = match text.strip_prefix('~') {
                Some(list) => (true, list),
                None => (false, text),
            };
            let words = list.split_ascii_whitespace();
            words.map(move |word| {
                let name = word.split_once(':').map_or(word, |(name, _)| name);
                (origin, denied, name)
            })
        })
}

/// The directives in use that are filters of system calls, and that need no_new_privs or CAP_SYS_ADMIN.
pub(crate) fn in_use(settings: &Settings) -> Vec<&'static str> {
    let s = settings;
    [
        ("SystemCallFilter", !s.system_call_filter.is_unfiltered()),
        (
            "SystemCallArchitectures",
            !s.system_call_architectures.is_empty(),
        ),
        (
            "RestrictAddressFamilies",
            !s.restrict_address_families.is_unrestricted(),
        ),
        (
            "RestrictNamespaces",
            s.restrict_namespaces.allowed.is_some(),
        ),
        ("RestrictRealtime", s.restrict_realtime.0),
        ("RestrictSUIDSGID", s.restrict_suid_sgid.0),
        ("MemoryDenyWriteExecute", s.memory_deny_write_execute.0),
        ("LockPersonality", s.lock_personality.0),
        ("PrivateDevices", s.private_devices.0),
        ("ProtectClock", s.protect_clock.0),
        (
            "ProtectHostname",
            s.protect_hostname.mode == HostnameMode::Yes,
        ),
        ("ProtectKernelLogs", s.protect_kernel_logs.0),
        ("ProtectKernelModules", s.protect_kernel_modules.0),
        ("ProtectKernelTunables", s.protect_kernel_tunables.0),
    ]
    .into_iter()
    .filter_map(|(name, used)| used.then_some(name))
    .collect()
}
