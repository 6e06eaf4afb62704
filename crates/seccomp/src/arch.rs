use std::fmt;

use crate::tables;

/// An architecture, or ABI of one, whose system calls can be filtered: those that
/// `SystemCallArchitectures=` takes (systemd.exec(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Arch {
    /// 32-bit ARM with the EABI.
    Arm,
    /// 64-bit ARM, little endian.
    Aarch64,
    /// LoongArch, 64-bit.
    Loongarch64,
    /// MIPS o32, big endian.
    Mips,
    /// MIPS o32, little endian.
    Mipsle,
    /// MIPS n64, big endian.
    Mips64,
    /// MIPS n64, little endian.
    Mips64le,
    /// MIPS n32, big endian.
    Mips64N32,
    /// MIPS n32, little endian.
    Mips64leN32,
    /// PA-RISC, 32-bit.
    Parisc,
    /// PA-RISC, 64-bit.
    Parisc64,
    /// PowerPC, 32-bit.
    Ppc,
    /// PowerPC, 64-bit, big endian.
    Ppc64,
    /// PowerPC, 64-bit, little endian.
    Ppc64le,
    /// RISC-V, 64-bit.
    Riscv64,
    /// S/390, 31-bit.
    S390,
    /// S/390, 64-bit.
    S390x,
    /// i386.
    X86,
    /// x86-64.
    X86_64,
    /// The 32-bit pointer ABI of x86-64.
    X32,
}

impl Arch {
    /// All architectures, in order of their names in systemd.
    pub const ALL: [Arch; 20] = [
        Arch::Arm,
        Arch::Aarch64,
        Arch::Loongarch64,
        Arch::Mips,
        Arch::Mipsle,
        Arch::Mips64,
        Arch::Mips64le,
        Arch::Mips64leN32,
        Arch::Mips64N32,
        Arch::Parisc,
        Arch::Parisc64,
        Arch::Ppc,
        Arch::Ppc64,
        Arch::Ppc64le,
        Arch::Riscv64,
        Arch::S390,
        Arch::S390x,
        Arch::X32,
        Arch::X86,
        Arch::X86_64,
    ];

    /// The architecture that this program was compiled for: what systemd calls `native`.
    pub const NATIVE: Arch = if cfg!(target_arch = "x86_64") {
        if cfg!(target_pointer_width = "32") {
            Arch::X32
        } else {
            Arch::X86_64
        }
    } else if cfg!(target_arch = "x86") {
        Arch::X86
    } else if cfg!(target_arch = "aarch64") {
        Arch::Aarch64
    } else if cfg!(target_arch = "arm") {
        Arch::Arm
    } else if cfg!(target_arch = "riscv64") {
        Arch::Riscv64
    } else if cfg!(target_arch = "loongarch64") {
        Arch::Loongarch64
    } else if cfg!(target_arch = "s390x") {
        Arch::S390x
    } else if cfg!(target_arch = "powerpc64") {
        if cfg!(target_endian = "little") {
            Arch::Ppc64le
        } else {
            Arch::Ppc64
        }
    } else if cfg!(target_arch = "powerpc") {
        Arch::Ppc
    } else if cfg!(target_arch = "mips64") {
        if cfg!(target_endian = "little") {
            Arch::Mips64le
        } else {
            Arch::Mips64
        }
    } else if cfg!(target_arch = "mips") {
        if cfg!(target_endian = "little") {
            Arch::Mipsle
        } else {
            Arch::Mips
        }
    } else {
        panic!("there is no system call table for this architecture")
    };

    /// The architecture with this name in systemd, exactly as written, whatever the version.
    pub fn by_name(name: &str) -> Option<Arch> {
        Arch::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// The name in systemd, such as `x86-64`.
    pub const fn name(self) -> &'static str {
        match self {
            Arch::Arm => "arm",
            Arch::Aarch64 => "arm64",
            Arch::Loongarch64 => "loongarch64",
            Arch::Mips => "mips",
            Arch::Mipsle => "mips-le",
            Arch::Mips64 => "mips64",
            Arch::Mips64le => "mips64-le",
            Arch::Mips64N32 => "mips64-n32",
            Arch::Mips64leN32 => "mips64-le-n32",
            Arch::Parisc => "parisc",
            Arch::Parisc64 => "parisc64",
            Arch::Ppc => "ppc",
            Arch::Ppc64 => "ppc64",
            Arch::Ppc64le => "ppc64-le",
            Arch::Riscv64 => "riscv64",
            Arch::S390 => "s390",
            Arch::S390x => "s390x",
            Arch::X86 => "x86",
            Arch::X86_64 => "x86-64",
            Arch::X32 => "x32",
        }
    }

    /// The word of `SystemCallArchitectures=` as a systemd of this version knows it: case counts, and there
    /// are no other spellings such as `amd64` or `aarch64`. `native` is none of them.
    pub fn word(word: &str, systemd: u16) -> Option<&'static str> {
        Arch::words(systemd).find(|known| *known == word)
    }

    /// Every word of `SystemCallArchitectures=` besides `native` that a systemd of this version knows,
    /// sorted: 252 refuses `loongarch64`, 257 and 262 take it.
    pub fn words(systemd: u16) -> impl Iterator<Item = &'static str> {
        let known = move |arch: &Arch| *arch != Arch::Loongarch64 || systemd >= 257;
        Arch::ALL.into_iter().filter(known).map(Arch::name)
    }

    /// The value of `seccomp_data.arch` for a call of this architecture: `AUDIT_ARCH_*` of
    /// `linux/audit.h`. x32 shares the value of x86-64 and differs by bit 30 of the call's number.
    pub const fn audit(self) -> u32 {
        const BITS_64: u32 = 0x8000_0000;
        const LITTLE: u32 = 0x4000_0000;
        const N32: u32 = 0x2000_0000;
        match self {
            Arch::Arm => 40 | LITTLE,
            Arch::Aarch64 => 183 | BITS_64 | LITTLE,
            Arch::Loongarch64 => 258 | BITS_64 | LITTLE,
            Arch::Mips => 8,
            Arch::Mipsle => 8 | LITTLE,
            Arch::Mips64 => 8 | BITS_64,
            Arch::Mips64le => 8 | BITS_64 | LITTLE,
            Arch::Mips64N32 => 8 | BITS_64 | N32,
            Arch::Mips64leN32 => 8 | BITS_64 | LITTLE | N32,
            Arch::Parisc => 15,
            Arch::Parisc64 => 15 | BITS_64,
            Arch::Ppc => 20,
            Arch::Ppc64 => 21 | BITS_64,
            Arch::Ppc64le => 21 | BITS_64 | LITTLE,
            Arch::Riscv64 => 243 | BITS_64 | LITTLE,
            Arch::S390 => 22,
            Arch::S390x => 22 | BITS_64,
            Arch::X86 => 3 | LITTLE,
            Arch::X86_64 | Arch::X32 => 62 | BITS_64 | LITTLE,
        }
    }

    /// The place of the architecture's numbers in the tables; byte order makes no difference.
    pub(crate) const fn column(self) -> usize {
        match self {
            Arch::Arm => tables::ARM,
            Arch::Aarch64 => tables::ARM64,
            Arch::Loongarch64 => tables::LOONGARCH64,
            Arch::Mips | Arch::Mipsle => tables::MIPS,
            Arch::Mips64 | Arch::Mips64le => tables::MIPS64,
            Arch::Mips64N32 | Arch::Mips64leN32 => tables::MIPS64_N32,
            Arch::Parisc => tables::PARISC,
            Arch::Parisc64 => tables::PARISC64,
            Arch::Ppc => tables::PPC,
            Arch::Ppc64 | Arch::Ppc64le => tables::PPC64,
            Arch::Riscv64 => tables::RISCV64,
            Arch::S390 => tables::S390,
            Arch::S390x => tables::S390X,
            Arch::X86 => tables::X86,
            Arch::X86_64 => tables::X86_64,
            Arch::X32 => tables::X32,
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_lead_back() {
        assert!(Arch::ALL.is_sorted_by(|a, b| a.name() < b.name()));
        for arch in Arch::ALL {
            assert_eq!(Arch::by_name(arch.name()), Some(arch));
        }
        for name in [
            "", "native", "amd64", "X86", "aarch64", "riscv32", "sparc64", "ppc-le",
        ] {
            assert_eq!(Arch::by_name(name), None, "{name}");
        }
    }

    #[test]
    fn words_depend_on_the_version() {
        assert_eq!(Arch::word("x32", 252), Some("x32"));
        assert_eq!(Arch::word("loongarch64", 252), None);
        assert_eq!(Arch::word("loongarch64", 257), Some("loongarch64"));
        assert_eq!(Arch::word("native", 262), None);
        assert_eq!(
            (Arch::words(252).count(), Arch::words(262).count()),
            (19, 20)
        );
    }

    #[test]
    fn audit_values_are_those_of_the_kernel() {
        assert_eq!(Arch::X86_64.audit(), 0xc000_003e);
        assert_eq!(Arch::X32.audit(), Arch::X86_64.audit());
        assert_eq!(Arch::X86.audit(), 0x4000_0003);
        assert_eq!(Arch::Aarch64.audit(), 0xc000_00b7);
        assert_eq!(Arch::Arm.audit(), 0x4000_0028);
        assert_eq!(Arch::Riscv64.audit(), 0xc000_00f3);
        assert_eq!(Arch::Loongarch64.audit(), 0xc000_0102);
        assert_eq!(Arch::S390x.audit(), 0x8000_0016);
        assert_eq!(Arch::Ppc64le.audit(), 0xc000_0015);
        assert_eq!(Arch::Mips64leN32.audit(), 0xe000_0008);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn native_is_the_target() {
        assert_eq!(Arch::NATIVE, Arch::X86_64);
    }
}
