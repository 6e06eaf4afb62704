use crate::{Arch, Syscall, SyscallSet, tables};

/// A set of system calls that a `SystemCallFilter=` line can name (systemd.exec(5)).
#[derive(Debug)]
pub struct SyscallGroup {
    /// The name with its `@`.
    pub name: &'static str,
    /// What it holds, as `systemd-analyze syscall-filter` prints it.
    pub description: &'static str,
    /// Its members in stored order; sets among them start with `@`.
    pub members: &'static [&'static str],
    pub(crate) walk: &'static [u16],
    pub(crate) flat: SyscallSet,
}

impl SyscallGroup {
    /// All calls of the set and of the sets in it that libseccomp knows, on whatever architecture.
    pub fn calls(&self) -> &SyscallSet {
        &self.flat
    }

    /// The calls of the set and of the sets in it, each once, in the order in which systemd first meets them:
    /// member by member, and into a set where it stands. Also those that libseccomp does not know.
    pub fn walk(&self) -> impl Iterator<Item = Syscall> + use<> {
        self.walk.iter().copied().map(Syscall::from_id)
    }
}

/// The system call sets of one systemd version, and what the libseccomp that it was recorded with makes of
/// names (2.5.4 with 252, 2.6.0 with 257, 2.6.1 with 262, as in Debian).
#[derive(Clone, Copy, Debug)]
pub struct Sets {
    systemd: u16,
    libseccomp: usize,
    groups: &'static [SyscallGroup],
}

/// What libseccomp makes of a system call's name on an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Known {
    /// A call of its own there, by a number that is not negative.
    Native,
    /// Resolved to a negative number, but filtered there: through `socketcall` or `ipc`, and by its own
    /// number where the kernel has one. Only on architectures that have these two.
    Multiplexed,
    /// A name of other architectures: accepted, and without effect there.
    Elsewhere,
    /// No name at all: systemd warns of it in a list and skips it in a set.
    Unknown,
}

impl Sets {
    /// The sets of the newest recorded systemd that is not newer than the version; of the oldest, 252, for
    /// anything older.
    ///
    /// 252, 257 and 262 were recorded from the programs. From 254 to 256 the sets are those of 252 with
    /// `@sandbox`, which exists since 254, also in `@default`.
    pub fn of(systemd: u16) -> Sets {
        let newest = tables::SETS
            .iter()
            .rev()
            .find(|sets| sets.systemd <= systemd);
        *newest.unwrap_or(&tables::SETS[0])
    }

    /// The systemd version whose sets these are.
    pub fn systemd(self) -> u16 {
        self.systemd
    }

    /// Every set, in the order of `systemd-analyze syscall-filter`.
    pub fn groups(self) -> &'static [SyscallGroup] {
        self.groups
    }

    /// The set of this name, with its `@`.
    pub fn group(self, name: &str) -> Option<&'static SyscallGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// All calls of a set and of the sets in it that libseccomp knows, on whatever architecture: what the
    /// set stands for in a list.
    pub fn flat(self, name: &str) -> Option<SyscallSet> {
        self.group(name).map(|group| *group.calls())
    }

    /// As [`SyscallGroup::walk`]; nothing for an unknown set.
    pub fn walk(self, name: &str) -> impl Iterator<Item = Syscall> {
        self.group(name).into_iter().flat_map(SyscallGroup::walk)
    }

    /// What libseccomp makes of a name on the architecture.
    pub fn known(self, arch: Arch, call: Syscall) -> Known {
        if self.is_native(arch, call) {
            Known::Native
        } else if !self.is_known(call) {
            Known::Unknown
        } else if call.multiplexer(arch).is_some() {
            Known::Multiplexed
        } else {
            Known::Elsewhere
        }
    }

    /// Whether libseccomp knows the name, on whatever architecture.
    pub fn is_known(self, call: Syscall) -> bool {
        tables::KNOWN
            .get(self.libseccomp)
            .is_some_and(|calls| calls.contains(call))
    }

    /// Whether libseccomp has a number for the call on the architecture ([`Known::Native`]).
    pub fn is_native(self, arch: Arch, call: Syscall) -> bool {
        self.native(arch).contains(call)
    }

    /// The calls that are [`Known::Native`] on the architecture.
    pub fn native(self, arch: Arch) -> &'static SyscallSet {
        let by_arch = tables::NATIVE.get(self.libseccomp);
        by_arch
            .and_then(|calls| calls.get(arch.column()))
            .unwrap_or(&SyscallSet::EMPTY)
    }

    pub(crate) const fn new(
        systemd: u16,
        libseccomp: usize,
        groups: &'static [SyscallGroup],
    ) -> Sets {
        Sets {
            systemd,
            libseccomp,
            groups,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const VERSIONS: [u16; 4] = [252, 254, 257, 262];

    fn call(name: &str) -> Syscall {
        Syscall::by_name(name).unwrap()
    }

    fn set(systemd: u16, name: &str) -> &'static SyscallGroup {
        Sets::of(systemd).group(name).unwrap()
    }

    fn members(systemd: u16, name: &str) -> &'static [&'static str] {
        set(systemd, name).members
    }

    #[test]
    fn versions_between_use_the_older_lists() {
        for (asked, used) in [
            (0, 252),
            (239, 252),
            (252, 252),
            (253, 252),
            (254, 254),
            (256, 254),
            (257, 257),
            (261, 257),
            (262, 262),
            (u16::MAX, 262),
        ] {
            assert_eq!(Sets::of(asked).systemd(), used, "{asked}");
        }
    }

    #[test]
    fn sets_stand_in_the_order_of_systemd() {
        let order: Vec<&str> = Sets::of(262).groups().iter().map(|set| set.name).collect();
        assert_eq!(order.len(), 30);
        assert_eq!(order[..4], ["@default", "@aio", "@basic-io", "@chown"]);
        assert_eq!(order[27..], ["@system-service", "@timer", "@known"]);
        assert_eq!(Sets::of(252).groups().len(), 29);
        assert_eq!(Sets::of(254).groups().len(), 30);
        for systemd in VERSIONS {
            assert!(Sets::of(systemd).group("clock").is_none());
            assert!(Sets::of(systemd).flat("@nosuch").is_none());
            assert_eq!(Sets::of(systemd).walk("@nosuch").count(), 0);
        }
    }

    #[test]
    fn expansions_have_the_recorded_sizes() {
        let sizes = |systemd| {
            [
                "@default",
                "@file-system",
                "@system-service",
                "@privileged",
                "@known",
            ]
            .map(|name| Sets::of(systemd).walk(name).count())
        };
        assert_eq!(sizes(252), [63, 77, 376, 53, 536]);
        assert_eq!(sizes(257), [70, 87, 394, 53, 556]);
        assert_eq!(sizes(262), [70, 88, 395, 53, 561]);
    }

    #[test]
    fn members_are_the_recorded_ones() {
        assert_eq!(
            members(252, "@clock"),
            [
                "adjtimex",
                "clock_adjtime",
                "clock_adjtime64",
                "clock_settime",
                "clock_settime64",
                "settimeofday"
            ]
        );
        assert_eq!(
            members(262, "@mount"),
            [
                "chroot",
                "fsconfig",
                "fsmount",
                "fsopen",
                "fspick",
                "mount",
                "mount_setattr",
                "move_mount",
                "open_tree_attr",
                "pivot_root",
                "umount",
                "umount2",
            ]
        );
        assert!(members(257, "@mount").contains(&"open_tree"));
        assert_eq!(set(262, "@clock").description, "Change the system time");
        assert_eq!(members(257, "@default")[..2], ["@sandbox", "arch_prctl"]);
        assert_eq!(members(252, "@default")[0], "arch_prctl");
        assert_eq!(members(254, "@default")[..2], ["@sandbox", "arch_prctl"]);
        assert!(Sets::of(252).group("@sandbox").is_none());
    }

    #[test]
    fn walks_follow_the_nesting() {
        fn follow(sets: Sets, name: &str, found: &mut Vec<Syscall>) {
            for &member in sets.group(name).unwrap().members {
                if member.starts_with('@') {
                    follow(sets, member, found);
                } else {
                    found.push(call(member));
                }
            }
        }
        for systemd in VERSIONS {
            let sets = Sets::of(systemd);
            for set in sets.groups() {
                let mut found = Vec::new();
                follow(sets, set.name, &mut found);
                let mut seen = SyscallSet::EMPTY;
                found.retain(|&call| seen.insert(call));
                assert!(
                    sets.walk(set.name).eq(found.iter().copied()),
                    "{} of {systemd}",
                    set.name
                );
                let known: SyscallSet = found
                    .into_iter()
                    .filter(|call| sets.is_known(*call))
                    .collect();
                assert_eq!(
                    sets.flat(set.name),
                    Some(known),
                    "{} of {systemd}",
                    set.name
                );
            }
        }
        let first = |name| Sets::of(257).walk(name).next().map(Syscall::name);
        assert_eq!(first("@default"), Some("landlock_add_rule"));
        assert_eq!(first("@privileged"), Some("chown"));
    }

    #[test]
    fn libseccomp_answers_as_recorded() {
        let count = |systemd, arch, known| {
            Syscall::all()
                .filter(|&call| Sets::of(systemd).known(arch, call) == known)
                .count()
        };
        for (systemd, arch, native, elsewhere) in [
            (252, Arch::X86_64, 368, 119),
            (252, Arch::Aarch64, 312, 175),
            (257, Arch::X86_64, 379, 123),
            (257, Arch::Aarch64, 322, 180),
            (262, Arch::X86_64, 385, 123),
            (262, Arch::Aarch64, 327, 181),
        ] {
            assert_eq!(
                count(systemd, arch, Known::Native),
                native,
                "{systemd} {arch}"
            );
            assert_eq!(
                Sets::of(systemd).native(arch).len(),
                native,
                "{systemd} {arch}"
            );
            assert_eq!(
                count(systemd, arch, Known::Elsewhere),
                elsewhere,
                "{systemd} {arch}"
            );
            assert_eq!(
                count(systemd, arch, Known::Multiplexed),
                0,
                "{systemd} {arch}"
            );
        }
        assert_eq!(count(257, Arch::X86, Known::Native), 429);
        assert_eq!(count(257, Arch::X86, Known::Multiplexed), 32);
        assert_eq!(count(252, Arch::Loongarch64, Known::Native), 0);
    }

    #[test]
    fn names_become_known_with_libseccomp() {
        let known = |systemd, name| Sets::of(systemd).known(Arch::X86_64, call(name));
        assert_eq!(known(252, "openat"), Known::Native);
        assert_eq!(known(252, "uretprobe"), Known::Unknown);
        assert_eq!(known(257, "uretprobe"), Known::Native);
        assert_eq!(known(257, "file_getattr"), Known::Unknown);
        assert_eq!(known(262, "file_getattr"), Known::Native);
        assert_eq!(known(262, "osf_utsname"), Known::Unknown);
        assert_eq!(known(262, "breakpoint"), Known::Elsewhere);
        assert_eq!(
            Sets::of(262).known(Arch::S390x, call("socket")),
            Known::Multiplexed
        );
    }
}
