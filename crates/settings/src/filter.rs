//! The system call filters of a unit.

use unitward_seccomp::{
    Action, AddressFamilies, Arch, CallFilter, CallLog, ListMode, MemoryDenyWriteExecute, Policy,
};

use crate::table::Settings;
use crate::values::{
    Answer, HostnameMode, Namespace, Namespaces, Personality, SystemCallArchitectures,
};

/// What filters depend on besides the unit's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterHost {
    /// The architecture of the machine.
    pub native: Arch,
    /// Whether the kernel has `PR_SET_MDWE` (Linux 6.3), which systemd uses from 254 on in place of a filter
    /// for `MemoryDenyWriteExecute=`.
    pub has_mdwe: bool,
    /// The personality of the manager (personality(2)), which `LockPersonality=` keeps where `Personality=`
    /// says nothing; 0 nearly everywhere.
    pub personality: u32,
}

impl FilterHost {
    /// A machine with a kernel of today.
    #[must_use]
    pub const fn new(native: Arch) -> Self {
        Self {
            native,
            has_mdwe: true,
            personality: 0,
        }
    }
}

impl Settings {
    /// All that shapes the system call filters of the unit's processes.
    #[must_use]
    pub fn system_call_policy(&self, host: FilterHost) -> Policy {
        let mut policy = Policy::new(host.native, self.version.number());
        let families = &*self.restrict_address_families;
        if !families.is_unrestricted() {
            let listed = families.families.clone();
            policy.address_families = Some(if families.allow_list {
                AddressFamilies::Allow(listed)
            } else {
                AddressFamilies::Deny(listed)
            });
        }
        if self.memory_deny_write_execute.0 {
            policy.memory_deny_write_execute =
                MemoryDenyWriteExecute::of(self.version.number(), host.has_mdwe);
        }
        policy.restrict_realtime = self.restrict_realtime.0;
        policy.restrict_suid_sgid = self.restrict_suid_sgid.0;
        policy.namespaces = self.restrict_namespaces.allowed.map(Namespaces::flags);
        policy.protect_kernel_tunables = self.protect_kernel_tunables.0;
        policy.protect_kernel_modules = self.protect_kernel_modules.0;
        policy.protect_kernel_logs = self.protect_kernel_logs.0;
        policy.protect_clock = self.protect_clock.0;
        policy.protect_hostname = self.protect_hostname.mode == HostnameMode::Yes;
        policy.private_devices = self.private_devices.0;
        policy.architectures = architectures(&self.system_call_architectures, host.native);
        if self.lock_personality.0 {
            let configured = self.personality.flag(host.native);
            policy.lock_personality = Some(configured.unwrap_or(host.personality));
        }
        let log = &*self.system_call_log;
        if log.all_but {
            policy.log = Some(CallLog::AllBut(log.calls));
        } else if !log.calls.is_empty() {
            policy.log = Some(CallLog::Only(log.calls));
        }
        let filter = &*self.system_call_filter;
        if !filter.is_unfiltered() {
            let mode = if filter.allow_list {
                ListMode::Allow
            } else {
                ListMode::Deny
            };
            let answers = filter.answers.iter();
            policy.calls = Some(CallFilter {
                mode,
                calls: filter.calls,
                answers: answers.map(|(call, own)| (*call, action(*own))).collect(),
                denied: self
                    .system_call_error_number
                    .0
                    .map_or(Action::KillProcess, action),
            });
        }
        policy
    }
}

const fn action(answer: Answer) -> Action {
    match answer {
        Answer::Kill => Action::KillProcess,
        Answer::Errno(number) => Action::Errno(number),
    }
}

fn architectures(listed: &SystemCallArchitectures, native: Arch) -> Option<Vec<Arch>> {
    if listed.is_empty() {
        return None;
    }
    let others = listed
        .others
        .iter()
        .filter_map(|name| Arch::by_name(name))
        .filter(|arch| *arch != native);
    Some(others.collect())
}

impl Namespace {
    /// The flag of clone(2), unshare(2) and setns(2) (`linux/sched.h`).
    #[must_use]
    pub const fn flag(self) -> u32 {
        match self {
            Self::Cgroup => 0x0200_0000,
            Self::Ipc => 0x0800_0000,
            Self::Net => 0x4000_0000,
            Self::Mnt => 0x0002_0000,
            Self::Pid => 0x2000_0000,
            Self::User => 0x1000_0000,
            Self::Uts => 0x0400_0000,
            Self::Time => 0x0000_0080,
        }
    }
}

impl Namespaces {
    /// The flags of clone(2) of all kinds in it.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.iter().map(Namespace::flag).sum()
    }
}

impl Personality {
    /// The value for personality(2): `PER_LINUX` (0) for the machine's own architecture, `PER_LINUX32` (8)
    /// for its 32-bit one.
    #[must_use]
    pub fn flag(&self, native: Arch) -> Option<u32> {
        const PER_LINUX: u32 = 0;
        const PER_LINUX32: u32 = 8;
        let name = self.0?;
        Some(if name == native.name() {
            PER_LINUX
        } else {
            PER_LINUX32
        })
    }
}
