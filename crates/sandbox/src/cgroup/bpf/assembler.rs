//! Instructions of eBPF, put together (the kernel's Documentation/bpf/standardization/instruction-set.rst).

use crate::sys::BpfInstruction;

/// A register: 0 for results, 1 to 5 for arguments, 6 to 9 kept over calls, 10 for the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Register(pub(super) u8);

pub(super) const R0: Register = Register(0);
pub(super) const R1: Register = Register(1);
pub(super) const R2: Register = Register(2);
pub(super) const R3: Register = Register(3);
pub(super) const R4: Register = Register(4);
pub(super) const R5: Register = Register(5);
pub(super) const R6: Register = Register(6);
pub(super) const R7: Register = Register(7);
pub(super) const R10: Register = Register(10);

/// The width of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// 32 bits.
    Word,
    /// 64 bits.
    Double,
}

/// A condition of a jump; numbers are compared without sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Equal,
    NotEqual,
    Greater,
    Less,
    /// Both have a bit in common.
    Shares,
}

/// Distances up to this one fit into any jump, with what may be around.
pub(super) const NEAR: usize = 30_000;

/// A place to jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A program in the making. Jumps go forward only, so every program ends.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    code: Vec<BpfInstruction>,
    /// Of each label, where it is.
    labels: Vec<Option<usize>>,
    /// Jumps, and where to.
    jumps: Vec<(usize, Label)>,
}

impl Assembler {
    /// A label that is not placed yet.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Places a label here.
    pub(super) fn place(&mut self, label: Label) {
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(self.code.len());
        }
    }

    /// `to = *(from + offset)`
    pub(super) fn load(&mut self, width: Width, to: Register, from: Register, offset: i16) {
        let code = match width {
            Width::Word => 0x61,
            Width::Double => 0x79,
        };
        self.push(code, to, from, offset, 0);
    }

    /// `*(to + offset) = from`, 32 bits.
    pub(super) fn store(&mut self, to: Register, offset: i16, from: Register) {
        self.push(0x63, to, from, offset, 0);
    }

    /// `to = from`
    pub(super) fn copy(&mut self, to: Register, from: Register) {
        self.push(0xbf, to, from, 0, 0);
    }

    /// `to = value`, with its sign.
    pub(super) fn set(&mut self, to: Register, value: i32) {
        self.push(0xb7, to, R0, 0, value);
    }

    /// `to = value`, of 64 bits, which takes two places.
    pub(super) fn set_wide(&mut self, to: Register, value: u64) {
        self.push(0x18, to, R0, 0, (value as u32).cast_signed());
        self.push(0, R0, R0, 0, ((value >> 32) as u32).cast_signed());
    }

    /// `to += value`
    pub(super) fn add(&mut self, to: Register, value: i32) {
        self.push(0x07, to, R0, 0, value);
    }

    /// `to &= value`, of 32 bits; the rest becomes zero.
    pub(super) fn and(&mut self, to: Register, value: u32) {
        self.push(0x54, to, R0, 0, value.cast_signed());
    }

    /// `to >>= bits`, of 32 bits; the rest becomes zero.
    pub(super) fn shift_right(&mut self, to: Register, bits: i32) {
        self.push(0x74, to, R0, 0, bits);
    }

    /// From the order of the network to that of this machine: 16, 32 or 64 bits; the rest becomes zero.
    pub(super) fn swap_network(&mut self, register: Register, bits: i32) {
        self.push(0xdc, register, R0, 0, bits);
    }

    /// Calls a helper of the kernel (BPF_FUNC_*).
    pub(super) fn call(&mut self, helper: i32) {
        self.push(0x85, R0, R0, 0, helper);
    }

    /// Jumps when the low 32 bits of a register compare with a constant.
    pub(super) fn jump_if(
        &mut self,
        register: Register,
        condition: Condition,
        value: u32,
        to: Label,
    ) {
        self.jumps.push((self.code.len(), to));
        self.push(
            operation(condition) | 0x06,
            register,
            R0,
            0,
            value.cast_signed(),
        );
    }

    /// Jumps when a register compares with another, of 64 bits.
    pub(super) fn jump_if_wide(
        &mut self,
        register: Register,
        condition: Condition,
        other: Register,
        to: Label,
    ) {
        self.jumps.push((self.code.len(), to));
        self.push(operation(condition) | 0x0d, register, other, 0, 0);
    }

    /// Jumps over about `size` instructions. Over many it takes the form that only Linux 6.6 and later know.
    pub(super) fn jump_over(&mut self, size: usize, to: Label) {
        self.jumps.push((self.code.len(), to));
        let code = if size <= NEAR { 0x05 } else { 0x06 };
        self.push(code, R0, R0, 0, 0);
    }

    /// Ends with a verdict: 1 lets pass, 0 refuses.
    pub(super) fn verdict(&mut self, pass: bool) {
        self.set(R0, i32::from(pass));
        self.push(0x95, R0, R0, 0, 0);
    }

    /// The program; none when a jump is too far for the kernel's form, or leads nowhere.
    pub(super) fn finish(mut self) -> Option<Vec<BpfInstruction>> {
        for (at, label) in self.jumps {
            let target = self.labels.get(label.0).copied().flatten()?;
            let distance = target.checked_sub(at + 1)?;
            let instruction = self.code.get_mut(at)?;
            if instruction.code == 0x06 {
                instruction.immediate = distance.try_into().ok()?;
            } else {
                instruction.offset = distance.try_into().ok()?;
            }
        }
        Some(self.code)
    }

    fn push(&mut self, code: u8, to: Register, from: Register, offset: i16, immediate: i32) {
        self.code.push(BpfInstruction {
            code,
            registers: to.0 | from.0 << 4,
            offset,
            immediate,
        });
    }
}

const fn operation(condition: Condition) -> u8 {
    match condition {
        Condition::Equal => 0x10,
        Condition::Greater => 0x20,
        Condition::Shares => 0x40,
        Condition::NotEqual => 0x50,
        Condition::Less => 0xa0,
    }
}
