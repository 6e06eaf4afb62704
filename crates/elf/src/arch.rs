//! Architectures: what the loaders call them and where they look.

use std::fmt;

use object::Endianness;
use object::elf::{
    EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64, Machine,
};

/// Whether addresses have 32 or 64 bits (`EI_CLASS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// ELFCLASS32.
    Bits32,
    /// ELFCLASS64.
    Bits64,
}

/// The order of bytes (`EI_DATA`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// ELFDATA2LSB.
    Little,
    /// ELFDATA2MSB.
    Big,
}

impl ByteOrder {
    pub(crate) fn endianness(self) -> Endianness {
        match self {
            Self::Little => Endianness::Little,
            Self::Big => Endianness::Big,
        }
    }
}

/// What an object runs on. Objects of one process have equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Architecture {
    /// The machine (`e_machine`), one of the EM_ numbers of elf(5).
    pub machine: u16,
    /// The width of addresses.
    pub class: Class,
    /// The order of bytes.
    pub order: ByteOrder,
}

struct Row {
    machine: Machine,
    class: Class,
    order: ByteOrder,
    /// As `uname -m` and AT_PLATFORM name it.
    name: &'static str,
    /// Debian's directory for it.
    multiarch: &'static str,
    /// The values of `flags` in ld.so.cache that its loader takes.
    cache: &'static [u32],
    /// Whether the GNU loader takes a missing PT_GNU_STACK for an executable stack.
    loader_stack: bool,
}

use ByteOrder::{Big, Little};
use Class::{Bits32, Bits64};

// The flags are those of glibc's ldconfig, the stacks those of its DEFAULT_STACK_PERMS.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { machine: EM_X86_64, class: Bits64, order: Little, name: "x86_64", multiarch: "x86_64-linux-gnu", cache: &[0x303], loader_stack: true },
    Row { machine: EM_X86_64, class: Bits32, order: Little, name: "x86_64", multiarch: "x86_64-linux-gnux32", cache: &[0x803], loader_stack: true },
    Row { machine: EM_386, class: Bits32, order: Little, name: "i686", multiarch: "i386-linux-gnu", cache: &[0x003], loader_stack: true },
    Row { machine: EM_AARCH64, class: Bits64, order: Little, name: "aarch64", multiarch: "aarch64-linux-gnu", cache: &[0xa03], loader_stack: false },
    Row { machine: EM_ARM, class: Bits32, order: Little, name: "v7l", multiarch: "arm-linux-gnueabihf", cache: &[0x003, 0x903, 0xb03], loader_stack: true },
    Row { machine: EM_PPC64, class: Bits64, order: Little, name: "power8", multiarch: "powerpc64le-linux-gnu", cache: &[0x503], loader_stack: true },
    Row { machine: EM_S390, class: Bits64, order: Big, name: "s390x", multiarch: "s390x-linux-gnu", cache: &[0x403], loader_stack: true },
    Row { machine: EM_RISCV, class: Bits64, order: Little, name: "riscv64", multiarch: "riscv64-linux-gnu", cache: &[0x0f03, 0x1003], loader_stack: false },
    Row { machine: EM_LOONGARCH, class: Bits64, order: Little, name: "loongarch64", multiarch: "loongarch64-linux-gnu", cache: &[0x1103, 0x1203], loader_stack: false },
];

impl Architecture {
    /// The name as `uname -m` has it, for the machines that are known here.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    pub(crate) fn multiarch(self) -> Option<&'static str> {
        self.row().map(|row| row.multiarch)
    }

    /// Whether the machine's loader takes an entry of ld.so.cache with these flags. Those of an
    /// unknown machine are all taken: the library's own header decides then.
    pub(crate) fn takes_cache_flags(self, flags: u32) -> bool {
        self.row().is_none_or(|row| row.cache.contains(&flags))
    }

    /// Whether the GNU loader takes an object without PT_GNU_STACK for one that needs an executable
    /// stack.
    pub(crate) fn unstated_stack_is_executable(self) -> bool {
        self.row().is_some_and(|row| row.loader_stack)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| {
            row.machine.0 == self.machine && row.class == self.class && row.order == self.order
        })
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = match self.class {
            Bits32 => 32,
            Bits64 => 64,
        };
        match self.name() {
            Some(name) => write!(f, "{name}, {bits}-bit"),
            None => write!(f, "machine {}, {bits}-bit", self.machine),
        }
    }
}
