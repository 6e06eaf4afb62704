//! systemd's sets of system calls (systemd.exec(5), "SystemCallFilter="; systemd-analyze syscall-filter).

use crate::tables::{KNOWN_SINCE, SETS_252, SETS_257, SETS_262};
use crate::{Arch, Syscall, SyscallSet};

/// A set of system calls.
#[derive(Debug)]
pub struct SyscallGroup {
    /// The name with its `@`.
    pub name: &'static str,
    /// What it holds, as systemd-analyze prints it.
    pub description: &'static str,
    /// Its members in stored order; sets among them start with `@`.
    pub members: &'static [&'static str],
    pub(crate) order: &'static [u16],
    pub(crate) flat: SyscallSet,
}

/// The sets of one version of systemd, and what the libseccomp it was run with knows.
#[derive(Clone, Copy, Debug)]
pub struct Sets {
    profile: u16,
    groups: &'static [SyscallGroup],
}

impl Sets {
    /// The sets of the newest version that was observed and is not newer than this one: 252, 257 or 262.
    #[must_use]
    pub fn of(systemd: u16) -> Self {
        match systemd {
            262.. => Self {
                profile: 262,
                groups: SETS_262,
            },
            257.. => Self {
                profile: 257,
                groups: SETS_257,
            },
            _ => Self {
                profile: 252,
                groups: SETS_252,
            },
        }
    }

    /// Every set, in the order in which systemd-analyze prints them.
    #[must_use]
    pub fn groups(self) -> &'static [SyscallGroup] {
        self.groups
    }

    /// The set of this name, with its `@`.
    #[must_use]
    pub fn group(self, name: &str) -> Option<&'static SyscallGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// All calls of a set and of the sets in it that libseccomp knows, on whatever architecture.
    #[must_use]
    pub fn flat(self, name: &str) -> Option<SyscallSet> {
        self.group(name).map(|group| group.flat)
    }

    /// The calls of a set in stored order, those of nested sets where these stand; none for an unknown set.
    pub fn walk(self, name: &str) -> impl Iterator<Item = Syscall> {
        let order = self.group(name).map_or(&[][..], |group| group.order);
        order.iter().copied().map(Syscall::from_index)
    }

    /// Whether libseccomp knows the name, on whatever architecture.
    #[must_use]
    pub fn is_known(self, call: Syscall) -> bool {
        self.known_since(call, 0)
    }

    /// Whether libseccomp has a number for the call on an architecture. What libseccomp has for others than x86-64 and
    /// arm64 was not observed: there the kernel's table counts.
    #[must_use]
    pub fn is_native(self, arch: Arch, call: Syscall) -> bool {
        match arch {
            Arch::X86_64 => self.known_since(call, 1),
            Arch::Aarch64 => self.known_since(call, 2),
            _ => self.is_known(call) && call.number(arch).is_some(),
        }
    }

    fn known_since(self, call: Syscall, column: usize) -> bool {
        let since = KNOWN_SINCE
            .get(call.index())
            .and_then(|row| row.get(column));
        since.is_some_and(|since| *since != 0 && *since <= self.profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_differ_as_they_should() {
        let has = |systemd, set: &str, call| {
            let call = Syscall::by_name(call);
            Sets::of(systemd)
                .flat(set)
                .zip(call)
                .is_some_and(|(set, call)| set.contains(call))
        };
        assert!(Sets::of(252).group("@sandbox").is_none());
        assert!(has(257, "@default", "landlock_create_ruleset"));
        assert!(!has(252, "@default", "mseal") && has(257, "@default", "mseal"));
        assert!(has(257, "@mount", "open_tree") && !has(262, "@mount", "open_tree"));
        assert!(has(262, "@system-service", "read"));
        assert_eq!(Sets::of(255).groups().len(), 29);
        assert_eq!(Sets::of(300).groups().len(), 30);
    }

    #[test]
    fn nested_sets_are_walked_where_they_stand() {
        let first = Sets::of(252).walk("@privileged").next().map(Syscall::name);
        assert_eq!(first, Some("chown"));
        assert_eq!(Sets::of(252).walk("@nonsense").count(), 0);
    }
}
