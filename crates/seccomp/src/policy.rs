//! What shapes the system call filters of a process.

use std::fmt;

use crate::{Action, Arch, Syscall, SyscallSet};

/// All that shapes the system call filters which systemd gives a process: plain data, the values of
/// directives after everything that implies and overrules them.
///
/// [`rules`](Policy::rules) says what follows from it, [`compile`](Policy::compile) makes the one program
/// that does the same, [`decider`](Policy::decider) answers for single calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The architecture of the machine: `native`.
    pub native: Arch,
    /// The systemd version whose filters these are. The tables of 252, 257 and 262 were seen.
    pub systemd: u16,
    /// `RestrictAddressFamilies=`.
    pub address_families: Option<AddressFamilies>,
    /// `MemoryDenyWriteExecute=`.
    pub memory_deny_write_execute: MemoryDenyWriteExecute,
    /// `RestrictRealtime=`.
    pub restrict_realtime: bool,
    /// `RestrictSUIDSGID=`.
    pub restrict_suid_sgid: bool,
    /// `RestrictNamespaces=`: the `CLONE_NEW*` flags (`linux/sched.h`) of the kinds that stay allowed.
    pub namespaces: Option<u32>,
    /// `ProtectKernelTunables=`.
    pub protect_kernel_tunables: bool,
    /// `ProtectKernelModules=`.
    pub protect_kernel_modules: bool,
    /// `ProtectKernelLogs=`.
    pub protect_kernel_logs: bool,
    /// `ProtectClock=`.
    pub protect_clock: bool,
    /// `ProtectHostname=yes`; `private` (systemd 258) has no filter.
    pub protect_hostname: bool,
    /// `PrivateDevices=`.
    pub private_devices: bool,
    /// `SystemCallArchitectures=`: what is allowed besides the native one.
    pub architectures: Option<Vec<Arch>>,
    /// `LockPersonality=`: the personality that stays (`linux/personality.h`).
    pub lock_personality: Option<u32>,
    /// `SystemCallLog=`.
    pub log: Option<CallLog>,
    /// `SystemCallFilter=` with `SystemCallErrorNumber=`.
    pub calls: Option<CallFilter>,
}

/// The families of `RestrictAddressFamilies=`, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressFamilies {
    /// Only these may be used; none of them: no socket at all.
    Allow(Vec<u8>),
    /// All but these may be used.
    Deny(Vec<u8>),
}

/// How `MemoryDenyWriteExecute=` is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryDenyWriteExecute {
    /// Not at all.
    #[default]
    No,
    /// By `prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN)` (Linux 6.3), which systemd uses from 254 on where
    /// the kernel has it: no filter.
    Prctl,
    /// By a filter, as older systemd versions do, and newer ones where the kernel says EINVAL.
    Filter,
}

impl MemoryDenyWriteExecute {
    /// `PR_SET_MDWE` of `linux/prctl.h`.
    pub const PR_SET_MDWE: i32 = 65;
    /// `PR_MDWE_REFUSE_EXEC_GAIN` of `linux/prctl.h`.
    pub const PR_MDWE_REFUSE_EXEC_GAIN: u64 = 1;

    /// The way of a systemd version on a kernel that has `PR_SET_MDWE`, or has not.
    pub const fn of(systemd: u16, kernel_has_mdwe: bool) -> MemoryDenyWriteExecute {
        if systemd >= 254 && kernel_has_mdwe {
            MemoryDenyWriteExecute::Prctl
        } else {
            MemoryDenyWriteExecute::Filter
        }
    }
}

/// The calls of `SystemCallFilter=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFilter {
    /// What the list is.
    pub mode: ListMode,
    /// The calls of the list, those with an answer of their own included.
    pub calls: SyscallSet,
    /// Calls of the list that get an answer of their own (`NAME:ERRNO`).
    pub answers: Vec<(Syscall, Action)>,
    /// What other calls get that are not permitted: `SystemCallErrorNumber=`, or else
    /// [`Action::KillProcess`].
    pub denied: Action,
}

/// What a list of calls is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListMode {
    /// The calls that may be made.
    Allow,
    /// The calls that may not be made.
    Deny,
}

/// The calls of `SystemCallLog=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallLog {
    /// These are logged.
    Only(SyscallSet),
    /// All but these are logged.
    AllBut(SyscallSet),
}

/// A directive that system call filters come from, in the order in which systemd installs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Directive {
    /// `ProtectHostname=`.
    ProtectHostname,
    /// `RestrictAddressFamilies=`.
    RestrictAddressFamilies,
    /// `MemoryDenyWriteExecute=`.
    MemoryDenyWriteExecute,
    /// `RestrictRealtime=`.
    RestrictRealtime,
    /// `RestrictSUIDSGID=`.
    RestrictSuidSgid,
    /// `RestrictNamespaces=`.
    RestrictNamespaces,
    /// `ProtectKernelTunables=`.
    ProtectKernelTunables,
    /// `ProtectKernelModules=`.
    ProtectKernelModules,
    /// `ProtectKernelLogs=`.
    ProtectKernelLogs,
    /// `ProtectClock=`.
    ProtectClock,
    /// `PrivateDevices=`.
    PrivateDevices,
    /// `SystemCallArchitectures=`.
    SystemCallArchitectures,
    /// `LockPersonality=`.
    LockPersonality,
    /// `SystemCallLog=`.
    SystemCallLog,
    /// `SystemCallFilter=`.
    SystemCallFilter,
    /// None: an observer wants to be told of calls.
    Observation,
    /// None: an observer wants to be told of calls that have certain arguments.
    ObservedArguments,
}

impl Policy {
    /// The policy that restricts nothing.
    pub const fn new(native: Arch, systemd: u16) -> Policy {
        Policy {
            native,
            systemd,
            address_families: None,
            memory_deny_write_execute: MemoryDenyWriteExecute::No,
            restrict_realtime: false,
            restrict_suid_sgid: false,
            namespaces: None,
            protect_kernel_tunables: false,
            protect_kernel_modules: false,
            protect_kernel_logs: false,
            protect_clock: false,
            protect_hostname: false,
            private_devices: false,
            architectures: None,
            lock_personality: None,
            log: None,
            calls: None,
        }
    }
}

impl Directive {
    /// The name as written in a unit file.
    pub const fn name(self) -> &'static str {
        match self {
            Directive::ProtectHostname => "ProtectHostname",
            Directive::RestrictAddressFamilies => "RestrictAddressFamilies",
            Directive::MemoryDenyWriteExecute => "MemoryDenyWriteExecute",
            Directive::RestrictRealtime => "RestrictRealtime",
            Directive::RestrictSuidSgid => "RestrictSUIDSGID",
            Directive::RestrictNamespaces => "RestrictNamespaces",
            Directive::ProtectKernelTunables => "ProtectKernelTunables",
            Directive::ProtectKernelModules => "ProtectKernelModules",
            Directive::ProtectKernelLogs => "ProtectKernelLogs",
            Directive::ProtectClock => "ProtectClock",
            Directive::PrivateDevices => "PrivateDevices",
            Directive::SystemCallArchitectures => "SystemCallArchitectures",
            Directive::LockPersonality => "LockPersonality",
            Directive::SystemCallLog => "SystemCallLog",
            Directive::SystemCallFilter => "SystemCallFilter",
            Directive::Observation | Directive::ObservedArguments => "",
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
