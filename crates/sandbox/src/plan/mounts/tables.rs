//! What the settings with fixed lists of paths make of them (systemd.exec(5); observed in 257 and 262).

use unitward_settings::{ProtectHome, ProtectSystem};

use super::entry::Mode;

/// A path, what is made of it, and whether it may be missing.
pub(super) type Row = (&'static str, Mode, bool);

const REQUIRED: bool = false;
const OPTIONAL: bool = true;

/// `ProtectSystem=`
pub(super) const fn protect_system(setting: ProtectSystem) -> &'static [Row] {
    match setting {
        ProtectSystem::Yes => &[
            ("/usr", Mode::ReadOnly, REQUIRED),
            ("/boot", Mode::ReadOnly, OPTIONAL),
            ("/efi", Mode::ReadOnly, OPTIONAL),
        ],
        ProtectSystem::Full => &[
            ("/usr", Mode::ReadOnly, REQUIRED),
            ("/boot", Mode::ReadOnly, OPTIONAL),
            ("/efi", Mode::ReadOnly, OPTIONAL),
            ("/etc", Mode::ReadOnly, REQUIRED),
        ],
        ProtectSystem::Strict => &[
            ("/", Mode::ReadOnly, REQUIRED),
            ("/proc", Mode::ReadWriteImplicit, REQUIRED),
            ("/sys", Mode::ReadWriteImplicit, REQUIRED),
            ("/dev", Mode::ReadWriteImplicit, REQUIRED),
            ("/home", Mode::ReadWriteImplicit, OPTIONAL),
            ("/run/user", Mode::ReadWriteImplicit, OPTIONAL),
            ("/root", Mode::ReadWriteImplicit, OPTIONAL),
        ],
        _ => &[],
    }
}

/// `ProtectHome=`
pub(super) const fn protect_home(setting: ProtectHome) -> &'static [Row] {
    match setting {
        ProtectHome::Yes => &[
            ("/home", Mode::Inaccessible, OPTIONAL),
            ("/run/user", Mode::Inaccessible, OPTIONAL),
            ("/root", Mode::Inaccessible, OPTIONAL),
        ],
        ProtectHome::ReadOnly => &[
            ("/home", Mode::ReadOnly, OPTIONAL),
            ("/run/user", Mode::ReadOnly, OPTIONAL),
            ("/root", Mode::ReadOnly, OPTIONAL),
        ],
        ProtectHome::Tmpfs => &[
            ("/home", Mode::Tmpfs, OPTIONAL),
            ("/run/user", Mode::Tmpfs, OPTIONAL),
            ("/root", Mode::Tmpfs, OPTIONAL),
        ],
        _ => &[],
    }
}

/// `ProtectKernelTunables=`, below `/proc`.
pub(super) const TUNABLES_PROC: &[Row] = &[
    ("/proc/acpi", Mode::ReadOnly, OPTIONAL),
    ("/proc/apm", Mode::ReadOnly, OPTIONAL),
    ("/proc/asound", Mode::ReadOnly, OPTIONAL),
    ("/proc/bus", Mode::ReadOnly, OPTIONAL),
    ("/proc/fs", Mode::ReadOnly, OPTIONAL),
    ("/proc/irq", Mode::ReadOnly, OPTIONAL),
    ("/proc/kallsyms", Mode::Inaccessible, OPTIONAL),
    ("/proc/kcore", Mode::Inaccessible, OPTIONAL),
    ("/proc/latency_stats", Mode::ReadOnly, OPTIONAL),
    ("/proc/mtrr", Mode::ReadOnly, OPTIONAL),
    ("/proc/scsi", Mode::ReadOnly, OPTIONAL),
    ("/proc/sys", Mode::ReadOnly, OPTIONAL),
    ("/proc/sysrq-trigger", Mode::ReadOnly, OPTIONAL),
    ("/proc/timer_stats", Mode::ReadOnly, OPTIONAL),
];

/// `ProtectKernelTunables=`, below `/sys`.
pub(super) const TUNABLES_SYS: &[Row] = &[
    ("/sys", Mode::ReadOnly, REQUIRED),
    ("/sys/fs/cgroup", Mode::ReadWriteImplicit, OPTIONAL),
    ("/sys/fs/selinux", Mode::ReadWriteImplicit, OPTIONAL),
    ("/sys/kernel/debug", Mode::ReadOnly, OPTIONAL),
    ("/sys/kernel/tracing", Mode::ReadOnly, OPTIONAL),
];

/// `ProtectKernelTunables=`, without a BPF file system of its own.
pub(super) const TUNABLES_BPF: &[Row] = &[("/sys/fs/bpf", Mode::ReadOnly, OPTIONAL)];

/// `ProtectKernelModules=`
pub(super) const MODULES: &[Row] = &[("/usr/lib/modules", Mode::Inaccessible, OPTIONAL)];

/// `ProtectKernelLogs=`
pub(super) const LOGS: &[Row] = &[
    ("/proc/kmsg", Mode::Inaccessible, OPTIONAL),
    ("/dev/kmsg", Mode::Inaccessible, OPTIONAL),
];

/// `ProtectHostname=`
pub(super) const HOSTNAME: &[Row] = &[
    ("/proc/sys/kernel/hostname", Mode::ReadOnly, REQUIRED),
    ("/proc/sys/kernel/domainname", Mode::ReadOnly, REQUIRED),
];

/// `MountAPIVFS=`
pub(super) const API: &[Row] = &[
    ("/proc", Mode::Procfs, REQUIRED),
    ("/dev", Mode::BindDev, REQUIRED),
    ("/sys", Mode::BindSysfs, REQUIRED),
    ("/run", Mode::Run, REQUIRED),
];

/// The sockets of the journal, for `BindLogSockets=`.
pub(super) const LOG_SOCKETS: [&str; 3] = [
    "/run/systemd/journal/socket",
    "/run/systemd/journal/stdout",
    "/run/systemd/journal/dev-log",
];
