//! A rule of a policy, and what rules need to know of architectures.

use crate::policy::Directive;
use crate::{Action, Arch};

/// One rule of a policy. Of the rules of a directive for an architecture, one without tests goes before
/// those with tests, the first of these before later ones, and any of them before the one for
/// [`Calls::Other`]. What no rule speaks of is allowed. Between directives the strictest action decides, of
/// the last directive in the order of [`Directive`] that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The directive that asks for it.
    pub directive: Directive,
    /// The architecture of the calls, or `None` for all that the machine has no programs of.
    pub arch: Option<Arch>,
    /// The calls.
    pub calls: Calls,
    /// What all must hold for the arguments.
    pub tests: Vec<Test>,
    /// What the calls get.
    pub action: Action,
}

/// The calls of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// The call with this number.
    One(u32),
    /// All that the directive's other rules for the architecture do not name, unknown ones too.
    Other,
}

/// A test of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// Which argument, from 0 to 5.
    pub arg: u8,
    /// How much of it is looked at.
    pub width: Width,
    /// What must hold.
    pub op: Op,
}

/// How much of an argument is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// The lower half: on 32-bit architectures, x32 among them, and for masks.
    Low,
    /// All 64 bits, also of what the kernel takes for an `int`.
    Full,
}

/// What must hold of an argument's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// It is this.
    Equal(u32),
    /// It is not this.
    NotEqual(u32),
    /// It is less.
    Less(u32),
    /// It is greater.
    Greater(u32),
    /// All these bits are set, whatever the others are.
    Bits(u32),
}

impl Test {
    /// Whether it holds of these arguments.
    pub fn holds(self, args: &[u64; 6]) -> bool {
        let value = args.get(usize::from(self.arg)).copied().unwrap_or_default();
        let value = match self.width {
            Width::Low => value & 0xffff_ffff,
            Width::Full => value,
        };
        match self.op {
            Op::Equal(other) => value == u64::from(other),
            Op::NotEqual(other) => value != u64::from(other),
            Op::Less(other) => value < u64::from(other),
            Op::Greater(other) => value > u64::from(other),
            Op::Bits(bits) => value & u64::from(bits) == u64::from(bits),
        }
    }
}

impl Arch {
    /// The architectures whose programs a machine runs, as far as systemd filters them; the native one last,
    /// which is the order of filters of a directive.
    pub const fn local(self) -> &'static [Arch] {
        match self {
            Arch::X86_64 => &[Arch::X86, Arch::X32, Arch::X86_64],
            Arch::X32 => &[Arch::X86, Arch::X86_64, Arch::X32],
            Arch::X86 => &[Arch::X86],
            Arch::Aarch64 => &[Arch::Arm, Arch::Aarch64],
            Arch::Arm => &[Arch::Arm],
            Arch::Loongarch64 => &[Arch::Loongarch64],
            Arch::Mips => &[Arch::Mips],
            Arch::Mipsle => &[Arch::Mipsle],
            Arch::Mips64 => &[Arch::Mips, Arch::Mips64N32, Arch::Mips64],
            Arch::Mips64le => &[Arch::Mipsle, Arch::Mips64leN32, Arch::Mips64le],
            Arch::Mips64N32 => &[Arch::Mips, Arch::Mips64, Arch::Mips64N32],
            Arch::Mips64leN32 => &[Arch::Mipsle, Arch::Mips64le, Arch::Mips64leN32],
            Arch::Parisc => &[Arch::Parisc],
            Arch::Parisc64 => &[Arch::Parisc, Arch::Parisc64],
            Arch::Ppc => &[Arch::Ppc],
            Arch::Ppc64 => &[Arch::Ppc, Arch::Ppc64],
            Arch::Ppc64le => &[Arch::Ppc64le],
            Arch::Riscv64 => &[Arch::Riscv64],
            Arch::S390 => &[Arch::S390],
            Arch::S390x => &[Arch::S390, Arch::S390x],
        }
    }

    /// How much of arguments is compared.
    pub(crate) const fn width(self) -> Width {
        match self {
            Arch::X86 | Arch::X32 | Arch::Arm | Arch::S390 | Arch::Ppc | Arch::Parisc => Width::Low,
            Arch::Mips | Arch::Mipsle | Arch::Mips64N32 | Arch::Mips64leN32 => Width::Low,
            Arch::Aarch64
            | Arch::Loongarch64
            | Arch::Mips64
            | Arch::Mips64le
            | Arch::Parisc64
            | Arch::Ppc64
            | Arch::Ppc64le
            | Arch::Riscv64
            | Arch::S390x
            | Arch::X86_64 => Width::Full,
        }
    }

    /// `O_CREAT` of the architecture (`asm/fcntl.h`).
    pub(crate) const fn o_creat(self) -> u32 {
        match self {
            Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le => 0x100,
            Arch::Mips64N32 | Arch::Mips64leN32 | Arch::Parisc | Arch::Parisc64 => 0x100,
            _ => 0x40,
        }
    }
}
