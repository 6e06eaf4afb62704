use std::fmt;

use crate::{Arch, tables};

/// A system call by name, whatever the architecture. Ordered by name.
///
/// Every name is here that a kernel table, libseccomp or one of systemd's sets has; some exist on no
/// architecture of the tables and have no number at all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Syscall(u16);

impl Syscall {
    /// The system call with this name, exactly as written.
    pub fn by_name(name: &str) -> Option<Syscall> {
        tables::NAMES
            .binary_search(&name)
            .ok()
            .and_then(Syscall::at)
    }

    /// The system call with this number on the architecture. Numbers of x32 have bit 30 set, as the
    /// kernel reports them.
    pub fn by_number(arch: Arch, number: u32) -> Option<Syscall> {
        let calls = tables::BY_NUMBER.get(arch.column())?;
        let place = calls.binary_search_by_key(&number, |call| call.0).ok()?;
        calls.get(place).map(|call| Syscall(call.1))
    }

    /// All system calls in order of their names.
    pub fn all() -> impl DoubleEndedIterator<Item = Syscall> + ExactSizeIterator {
        (0..tables::COUNT as u16).map(Syscall)
    }

    /// The name, such as `openat`.
    pub fn name(self) -> &'static str {
        tables::NAMES
            .get(usize::from(self.0))
            .copied()
            .unwrap_or_default()
    }

    /// The number on the architecture, as the newest kernel headers have it, or `None` if it is not a
    /// call of its own there. Numbers of x32 have bit 30 set.
    pub fn number(self, arch: Arch) -> Option<u32> {
        let numbers = tables::NUMBERS.get(arch.column())?;
        numbers
            .get(usize::from(self.0))
            .copied()
            .filter(|&number| number != u32::MAX)
    }

    /// On architectures that have `socketcall` and `ipc` (x86, s390, s390x, ppc, ppc64, mips with
    /// o32), the one of them through which this call can be made as well, and its first argument
    /// there (`linux/net.h`, `linux/ipc.h`).
    pub fn multiplexer(self, arch: Arch) -> Option<(Syscall, u32)> {
        Syscall(tables::SOCKETCALL).number(arch)?;
        let place = tables::MULTIPLEXED
            .binary_search_by_key(&self.0, |call| call.0)
            .ok()?;
        tables::MULTIPLEXED
            .get(place)
            .map(|call| (Syscall(call.1), call.2))
    }

    /// The place among all names.
    pub(crate) const fn id(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_id(id: u16) -> Syscall {
        Syscall(id)
    }

    fn at(place: usize) -> Option<Syscall> {
        u16::try_from(place).ok().map(Syscall)
    }
}

impl fmt::Debug for Syscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Syscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn number(name: &str, arch: Arch) -> Option<u32> {
        Syscall::by_name(name).unwrap().number(arch)
    }

    #[test]
    fn names_are_sorted_and_lead_back() {
        assert!(Syscall::all().is_sorted_by(|a, b| a.name() < b.name()));
        for call in Syscall::all() {
            assert_eq!(Syscall::by_name(call.name()), Some(call));
        }
        assert_eq!(Syscall::all().len(), tables::COUNT);
        for name in ["", "no_such_call", "OPENAT", "open ", "@mount", "zzz"] {
            assert_eq!(Syscall::by_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn numbers_lead_back() {
        for arch in Arch::ALL {
            let mut calls = 0;
            for call in Syscall::all() {
                if let Some(number) = call.number(arch) {
                    assert_eq!(Syscall::by_number(arch, number), Some(call), "{arch}");
                    calls += 1;
                }
            }
            assert!(calls > 320, "{arch}: {calls}");
            assert_eq!(Syscall::by_number(arch, u32::MAX), None, "{arch}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_kernel() {
        for (name, x86_64, x86, arm64, arm, riscv64, s390x, ppc64) in [
            ("read", 0, 3, 63, 3, 63, 3, 3),
            ("execve", 59, 11, 221, 11, 221, 11, 11),
            ("openat", 257, 295, 56, 322, 56, 288, 286),
            ("clone3", 435, 435, 435, 435, 435, 435, 435),
            ("seccomp", 317, 354, 277, 383, 277, 348, 358),
            ("mmap", 9, 90, 222, u32::MAX, 222, 90, 90),
        ] {
            let expected = |number| Some(number).filter(|&number| number != u32::MAX);
            assert_eq!(number(name, Arch::X86_64), expected(x86_64), "{name}");
            assert_eq!(number(name, Arch::X86), expected(x86), "{name}");
            assert_eq!(number(name, Arch::Aarch64), expected(arm64), "{name}");
            assert_eq!(number(name, Arch::Arm), expected(arm), "{name}");
            assert_eq!(number(name, Arch::Riscv64), expected(riscv64), "{name}");
            assert_eq!(number(name, Arch::S390x), expected(s390x), "{name}");
            assert_eq!(number(name, Arch::Ppc64le), expected(ppc64), "{name}");
        }
        assert_eq!(number("execve", Arch::X32), Some(0x4000_0208));
        assert_eq!(number("getpid", Arch::X32), Some(0x4000_0027));
        assert_eq!(number("cacheflush", Arch::Arm), Some(0xf_0002));
        assert_eq!(number("read", Arch::Mipsle), Some(4003));
        assert_eq!(number("read", Arch::Mips64), Some(5000));
        assert_eq!(number("read", Arch::Mips64leN32), Some(6000));
        assert_eq!(number("open", Arch::Aarch64), None);
        assert_eq!(number("osf_utsname", Arch::X86_64), None);
        assert_eq!(
            Syscall::by_number(Arch::X86_64, 335).map(Syscall::name),
            Some("uretprobe")
        );
        assert_eq!(Syscall::by_number(Arch::X86_64, 400), None);
        assert_eq!(Syscall::by_number(Arch::X32, 0), None);
    }

    #[test]
    fn multiplexers_are_those_of_the_kernel() {
        let multiplexer = |name, arch| {
            let (by, subcall) = Syscall::by_name(name).unwrap().multiplexer(arch)?;
            Some((by.name(), subcall))
        };
        assert_eq!(multiplexer("socket", Arch::X86), Some(("socketcall", 1)));
        assert_eq!(
            multiplexer("sendmmsg", Arch::S390x),
            Some(("socketcall", 20))
        );
        assert_eq!(multiplexer("shmat", Arch::Ppc64le), Some(("ipc", 21)));
        assert_eq!(multiplexer("socket", Arch::X86_64), None);
        assert_eq!(multiplexer("socket", Arch::Arm), None);
        assert_eq!(multiplexer("read", Arch::X86), None);
    }
}
