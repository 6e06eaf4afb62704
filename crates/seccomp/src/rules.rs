//! What a policy means, call by call: one place for what systemd's directives filter.

use std::collections::BTreeMap;

use crate::policy::{
    AddressFamilies, CallFilter, CallLog, Directive, ListMode, MemoryDenyWriteExecute, Policy,
};
use crate::rule::{Calls, Op, Rule, Test, Width};
use crate::{Action, Arch, Known, Sets, Syscall, SyscallSet};

impl Policy {
    /// The rules that follow from the policy, those of a directive together, in the order in which systemd
    /// installs its filters.
    pub fn rules(&self) -> Vec<Rule> {
        let mut all = Collector::new(self);
        if self.protect_hostname {
            all.deny(
                Directive::ProtectHostname,
                &["sethostname", "setdomainname"],
            );
        }
        if let Some(families) = &self.address_families {
            all.address_families(families);
        }
        if self.memory_deny_write_execute == MemoryDenyWriteExecute::Filter {
            all.memory();
        }
        if self.restrict_realtime {
            all.realtime();
        }
        if self.restrict_suid_sgid {
            all.suid_sgid(self.native.o_creat());
        }
        if let Some(allowed) = self.namespaces {
            all.namespaces(allowed);
        }
        if self.protect_kernel_tunables {
            all.deny(Directive::ProtectKernelTunables, &["_sysctl"]);
        }
        if self.protect_kernel_modules {
            all.deny_set(Directive::ProtectKernelModules, "@module");
        }
        if self.protect_kernel_logs {
            all.deny(Directive::ProtectKernelLogs, &["syslog"]);
        }
        if self.protect_clock {
            all.deny_set(Directive::ProtectClock, "@clock");
        }
        if self.private_devices {
            all.deny_set(Directive::PrivateDevices, "@raw-io");
        }
        if let Some(allowed) = &self.architectures {
            all.architectures(allowed);
        }
        if let Some(personality) = self.lock_personality {
            all.personality(personality);
        }
        if let Some(log) = &self.log {
            all.log(log);
        }
        if let Some(calls) = &self.calls {
            all.calls(calls);
        }
        all.rules
    }
}

/// Permission denied: what most directives answer.
const EPERM: Action = Action::Errno(1);
/// The call does not exist: for calls whose arguments a filter cannot see, so that programs fall back to
/// older ones.
const ENOSYS: Action = Action::Errno(38);
const EAFNOSUPPORT: Action = Action::Errno(97);

const S_ISUID: u32 = 0o4000;
const S_ISGID: u32 = 0o2000;
const PROT_WRITE: u32 = 2;
const PROT_EXEC: u32 = 4;
const SHM_EXEC: u32 = 0o100_000;
const CLONE_NEWTIME: u32 = 0x80;
/// `CLONE_NEW*` of all kinds of namespaces, in the order of systemd.
const CLONE_NEW: [u32; 8] = [
    0x0200_0000, // cgroup
    0x0800_0000, // ipc
    0x4000_0000, // net
    0x0002_0000, // mnt
    0x2000_0000, // pid
    0x1000_0000, // user
    0x0400_0000, // uts
    CLONE_NEWTIME,
];

struct Collector {
    systemd: u16,
    sets: Sets,
    native: Arch,
    /// Architectures that rules are made for: all local ones, until `SystemCallArchitectures=` kills the
    /// others.
    archs: Vec<Arch>,
    rules: Vec<Rule>,
}

impl Collector {
    fn new(policy: &Policy) -> Collector {
        Collector {
            systemd: policy.systemd,
            sets: Sets::of(policy.systemd),
            native: policy.native,
            archs: policy.native.local().to_vec(),
            rules: Vec::new(),
        }
    }

    /// Refuses calls on every architecture.
    fn deny(&mut self, directive: Directive, names: &[&str]) {
        for arch in self.archs.clone() {
            for name in names {
                self.rule(directive, arch, name, &[], EPERM);
            }
        }
    }

    /// Refuses the calls of a set on every architecture.
    fn deny_set(&mut self, directive: Directive, set: &str) {
        let calls = self.sets.flat(set).unwrap_or_default();
        for arch in self.archs.clone() {
            for call in &calls {
                self.add(directive, arch, call, &[], EPERM);
            }
        }
    }

    fn address_families(&mut self, families: &AddressFamilies) {
        const BY: Directive = Directive::RestrictAddressFamilies;
        for arch in self.archs.clone() {
            // Elsewhere a socket can be made through socketcall too, whose arguments a filter cannot see.
            let is_direct = Syscall::by_name("socketcall")
                .is_none_or(|multiplexer| multiplexer.number(arch).is_none())
                && !matches!(arch, Arch::Parisc | Arch::Parisc64);
            if !is_direct {
                continue;
            }
            // 262 compares refused families as the numbers of 32 bits that the kernel takes.
            let width = match families {
                AddressFamilies::Deny(_) if self.systemd >= 262 => Width::Low,
                _ => arch.width(),
            };
            let mut refuse = |op| {
                let test = Test { arg: 0, width, op };
                self.rule(BY, arch, "socket", &[test], EAFNOSUPPORT);
            };
            match families {
                AddressFamilies::Deny(denied) => denied
                    .iter()
                    .for_each(|family| refuse(Op::Equal(u32::from(*family)))),
                AddressFamilies::Allow(allowed) => {
                    let (Some(least), Some(most)) = (allowed.iter().min(), allowed.iter().max())
                    else {
                        self.rule(BY, arch, "socket", &[], EAFNOSUPPORT);
                        continue;
                    };
                    refuse(Op::Less(u32::from(*least)));
                    refuse(Op::Greater(u32::from(*most)));
                    (*least..*most)
                        .filter(|family| !allowed.contains(family))
                        .for_each(|family| refuse(Op::Equal(u32::from(family))));
                }
            }
        }
    }

    /// The filter form of `MemoryDenyWriteExecute=`. Where `shmat` goes through `ipc`, it is left out.
    fn memory(&mut self) {
        const BY: Directive = Directive::MemoryDenyWriteExecute;
        for arch in self.archs.clone() {
            let (mmap, is_shmat_direct) = match arch {
                Arch::X86 | Arch::S390 => {
                    // Its arguments are in memory.
                    self.rule(BY, arch, "mmap", &[], EPERM);
                    ("mmap2", false)
                }
                Arch::Arm => ("mmap2", true),
                Arch::X86_64 | Arch::X32 | Arch::Aarch64 | Arch::Loongarch64 | Arch::Riscv64 => {
                    ("mmap", true)
                }
                Arch::Ppc | Arch::Ppc64 | Arch::Ppc64le | Arch::S390x => ("mmap", false),
                _ => continue,
            };
            let bits = |bits| [masked(2, bits)];
            self.rule(BY, arch, mmap, &bits(PROT_EXEC | PROT_WRITE), EPERM);
            self.rule(BY, arch, "mprotect", &bits(PROT_EXEC), EPERM);
            self.rule(BY, arch, "pkey_mprotect", &bits(PROT_EXEC), EPERM);
            if is_shmat_direct {
                self.rule(BY, arch, "shmat", &bits(SHM_EXEC), EPERM);
            }
        }
    }

    fn realtime(&mut self) {
        const BY: Directive = Directive::RestrictRealtime;
        for arch in self.archs.clone() {
            let width = arch.width();
            // All but SCHED_OTHER (0), SCHED_BATCH (3) and SCHED_IDLE (5).
            for op in [Op::Equal(1), Op::Equal(2), Op::Equal(4), Op::Greater(5)] {
                let test = Test { arg: 1, width, op };
                self.rule(BY, arch, "sched_setscheduler", &[test], EPERM);
            }
            if self.systemd >= 262 {
                self.rule(BY, arch, "sched_setattr", &[], EPERM);
            }
        }
    }

    fn suid_sgid(&mut self, o_creat: u32) {
        const BY: Directive = Directive::RestrictSuidSgid;
        // Calls with the place of the mode.
        const MODES: [(&str, u8); 9] = [
            ("chmod", 1),
            ("fchmod", 1),
            ("mkdir", 1),
            ("mknod", 1),
            ("creat", 1),
            ("fchmodat", 2),
            ("fchmodat2", 2),
            ("mkdirat", 2),
            ("mknodat", 2),
        ];
        for arch in self.archs.clone() {
            for bit in [S_ISUID, S_ISGID] {
                for (name, arg) in MODES {
                    self.rule(BY, arch, name, &[masked(arg, bit)], EPERM);
                }
                // Without O_CREAT, the mode is not looked at, and may be anything.
                for (name, flags, mode) in [("open", 1, 2), ("openat", 2, 3)] {
                    let tests = [masked(flags, o_creat), masked(mode, bit)];
                    self.rule(BY, arch, name, &tests, EPERM);
                }
            }
            self.rule(BY, arch, "openat2", &[], ENOSYS);
        }
    }

    fn namespaces(&mut self, allowed: u32) {
        const BY: Directive = Directive::RestrictNamespaces;
        // Up to 257, the time namespace is none of those that count, but one of those that are refused.
        let counts = |kind: &u32| self.systemd >= 262 || *kind != CLONE_NEWTIME;
        let counting: u32 = CLONE_NEW.into_iter().filter(counts).sum();
        if allowed & counting == counting {
            return;
        }
        let refused = || {
            CLONE_NEW
                .into_iter()
                .filter(move |kind| allowed & kind == 0)
        };
        for arch in self.archs.clone() {
            self.rule(BY, arch, "clone3", &[], ENOSYS);
            let flags = u8::from(matches!(arch, Arch::S390 | Arch::S390x));
            for kind in refused() {
                self.rule(BY, arch, "unshare", &[masked(0, kind)], EPERM);
                self.rule(BY, arch, "clone", &[masked(flags, kind)], EPERM);
            }
            if allowed & counting == 0 {
                self.rule(BY, arch, "setns", &[], EPERM);
                continue;
            }
            // 0 stands for any kind.
            let any = Test {
                arg: 1,
                width: if self.systemd >= 262 {
                    Width::Low
                } else {
                    arch.width()
                },
                op: Op::Equal(0),
            };
            for kind in refused() {
                self.rule(BY, arch, "setns", &[masked(1, kind)], EPERM);
            }
            self.rule(BY, arch, "setns", &[any], EPERM);
        }
    }

    fn architectures(&mut self, allowed: &[Arch]) {
        let native = self.native;
        let is_allowed = |arch: &Arch| *arch == native || allowed.contains(arch);
        let (kept, killed): (Vec<_>, Vec<_>) = self.archs.iter().partition(|arch| is_allowed(arch));
        if killed.is_empty() {
            return;
        }
        let others = killed.into_iter().map(Some).chain([None]);
        self.rules.extend(others.map(|arch| Rule {
            directive: Directive::SystemCallArchitectures,
            arch,
            calls: Calls::Other,
            tests: Vec::new(),
            action: Action::KillThread,
        }));
        self.archs = kept;
    }

    fn personality(&mut self, kept: u32) {
        for arch in self.archs.clone() {
            let test = Test {
                arg: 0,
                width: arch.width(),
                op: Op::NotEqual(kept),
            };
            self.rule(
                Directive::LockPersonality,
                arch,
                "personality",
                &[test],
                EPERM,
            );
        }
    }

    fn log(&mut self, log: &CallLog) {
        const BY: Directive = Directive::SystemCallLog;
        let (calls, action, others) = match log {
            CallLog::Only(calls) => (calls, Action::Log, Action::Allow),
            CallLog::AllBut(calls) if calls.is_empty() => return,
            CallLog::AllBut(calls) => (calls, Action::Allow, Action::Log),
        };
        for arch in self.archs.clone() {
            for call in calls {
                self.add(BY, arch, call, &[], action);
            }
            self.others(BY, arch, others);
        }
    }

    fn calls(&mut self, filter: &CallFilter) {
        const BY: Directive = Directive::SystemCallFilter;
        let CallFilter {
            mode,
            answers,
            denied,
            ..
        } = filter;
        let mut listed = filter.calls;
        // systemd's executor writes to the manager until the very end.
        let write: SyscallSet = Syscall::by_name("write").into_iter().collect();
        listed = match mode {
            ListMode::Allow => listed.union(&write),
            ListMode::Deny => listed.difference(&write),
        };
        if *mode == ListMode::Deny && listed.is_empty() {
            return;
        }
        let (usual, others, known) = match mode {
            ListMode::Deny => (*denied, Action::Allow, SyscallSet::EMPTY),
            ListMode::Allow if self.systemd < 257 => (Action::Allow, *denied, SyscallSet::EMPTY),
            // What this systemd does not know is new, and programs can do without it.
            ListMode::Allow => (Action::Allow, ENOSYS, self.known()),
        };
        let answers: BTreeMap<Syscall, Action> = answers.iter().copied().collect();
        let answer = |call| answers.get(&call).copied().unwrap_or(usual);
        for arch in self.archs.clone() {
            for call in &listed {
                self.add(BY, arch, call, &[], answer(call));
            }
            for call in &known.difference(&listed) {
                self.add(BY, arch, call, &[], *denied);
            }
            self.others(BY, arch, others);
        }
    }

    /// The calls that systemd counts as known: those that `@known` lists itself, without the sets in it, and
    /// of which the native architecture has a number.
    fn known(&self) -> SyscallSet {
        let Some(known) = self.sets.group("@known") else {
            return SyscallSet::EMPTY;
        };
        let (nested, direct): (Vec<&str>, Vec<&str>) =
            known.members.iter().partition(|name| name.starts_with('@'));
        let nested = nested
            .into_iter()
            .filter_map(|set| self.sets.flat(set))
            .fold(SyscallSet::EMPTY, |all, set| all.union(&set));
        let only_nested = nested
            .iter()
            .filter(|call| direct.binary_search(&call.name()).is_err())
            .collect();
        known
            .flat
            .difference(&only_nested)
            .intersection(self.sets.native(self.native))
    }

    fn others(&mut self, directive: Directive, arch: Arch, action: Action) {
        if action == Action::Allow {
            return;
        }
        self.rules.push(Rule {
            directive,
            arch: Some(arch),
            calls: Calls::Other,
            tests: Vec::new(),
            action,
        });
    }

    fn rule(
        &mut self,
        directive: Directive,
        arch: Arch,
        name: &str,
        tests: &[Test],
        action: Action,
    ) {
        if let Some(call) = Syscall::by_name(name) {
            self.add(directive, arch, call, tests, action);
        }
    }

    /// Adds a rule for a call, where libseccomp has a number for it on the architecture.
    fn add(
        &mut self,
        directive: Directive,
        arch: Arch,
        call: Syscall,
        tests: &[Test],
        action: Action,
    ) {
        let mut push = |number, tests: &[Test]| {
            self.rules.push(Rule {
                directive,
                arch: Some(arch),
                calls: Calls::One(number),
                tests: tests.to_vec(),
                action,
            });
        };
        let known = self.sets.known(arch, call);
        if matches!(known, Known::Native | Known::Multiplexed)
            && let Some(number) = call.number(arch)
        {
            push(number, tests);
        }
        // The same thing by way of socketcall or ipc.
        if known == Known::Multiplexed
            && let Some((by, subcall)) = call.multiplexer(arch)
            && let Some(number) = by.number(arch)
        {
            let test = Test {
                arg: 0,
                width: arch.width(),
                op: Op::Equal(subcall),
            };
            push(number, &[test]);
        }
    }
}

const fn masked(arg: u8, bits: u32) -> Test {
    Test {
        arg,
        width: Width::Low,
        op: Op::Bits(bits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_calls_stand_in_order() {
        for systemd in [257, 262] {
            let members = Sets::of(systemd).group("@known").map(|set| set.members);
            let names = members.unwrap_or_default().iter();
            let direct: Vec<_> = names.filter(|name| !name.starts_with('@')).collect();
            assert!(direct.is_sorted() && direct.len() > 300, "{systemd}");
        }
    }

    #[test]
    fn known_calls_are_those_of_the_kernel() {
        let known = Collector::new(&Policy::new(Arch::X86_64, 257)).known();
        let has = |name| Syscall::by_name(name).is_some_and(|call| known.contains(call));
        assert!(has("mount") && has("ustat"));
        // A call of the past, one of 32-bit machines, and one that is newer than that libseccomp.
        assert!(!has("uselib") && !has("clock_settime64") && !has("file_getattr"));
    }
}
