//! Architectures: those with a table, and the words of SystemCallArchitectures=.

/// An architecture with a system call table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    X86,
    /// x86-64 with 32-bit pointers.
    X32,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM, EABI.
    Arm,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit IBM Z.
    S390x,
    /// 64-bit little-endian POWER.
    Ppc64le,
}

/// The words of SystemCallArchitectures= besides `native`, and the version that brought them (0: all).
const WORDS: &[(&str, u16)] = &[
    ("arm", 0),
    ("arm64", 0),
    ("loongarch64", 257),
    ("mips", 0),
    ("mips-le", 0),
    ("mips64", 0),
    ("mips64-le", 0),
    ("mips64-le-n32", 0),
    ("mips64-n32", 0),
    ("parisc", 0),
    ("parisc64", 0),
    ("ppc", 0),
    ("ppc64", 0),
    ("ppc64-le", 0),
    ("riscv64", 0),
    ("s390", 0),
    ("s390x", 0),
    ("x32", 0),
    ("x86", 0),
    ("x86-64", 0),
];

impl Arch {
    /// Every architecture with a table.
    pub const ALL: [Self; 8] = [
        Self::X86_64,
        Self::X86,
        Self::X32,
        Self::Aarch64,
        Self::Arm,
        Self::Riscv64,
        Self::S390x,
        Self::Ppc64le,
    ];

    /// The architecture this program was built for; x86-64 where it has no table.
    pub const NATIVE: Self = if cfg!(target_arch = "aarch64") {
        Self::Aarch64
    } else if cfg!(target_arch = "arm") {
        Self::Arm
    } else if cfg!(target_arch = "x86") {
        Self::X86
    } else if cfg!(target_arch = "riscv64") {
        Self::Riscv64
    } else if cfg!(target_arch = "s390x") {
        Self::S390x
    } else if cfg!(target_arch = "powerpc64") {
        Self::Ppc64le
    } else {
        Self::X86_64
    };

    /// The word as SystemCallArchitectures= has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86-64",
            Self::X86 => "x86",
            Self::X32 => "x32",
            Self::Aarch64 => "arm64",
            Self::Arm => "arm",
            Self::Riscv64 => "riscv64",
            Self::S390x => "s390x",
            Self::Ppc64le => "ppc64-le",
        }
    }

    /// The word of SystemCallArchitectures=, when a systemd of this version knows it. `native` is none of them.
    #[must_use]
    pub fn word(word: &str, systemd: u16) -> Option<&'static str> {
        WORDS
            .iter()
            .find(|(known, since)| *known == word && *since <= systemd)
            .map(|(known, _)| *known)
    }

    /// Every word of SystemCallArchitectures= besides `native` that a systemd of this version knows.
    pub fn words(systemd: u16) -> impl Iterator<Item = &'static str> {
        WORDS
            .iter()
            .filter(move |(_, since)| *since <= systemd)
            .map(|(known, _)| *known)
    }

    pub(crate) const fn column(self) -> usize {
        self as usize
    }
}
