//! What filters answer to a call.

use crate::bpf::{self, Instruction, Program};
use crate::{Action, Arch};

/// A call as filters see it: `struct seccomp_data` of `linux/seccomp.h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The number; calls of x32 have bit 30 set.
    pub number: u32,
    /// The architecture: `AUDIT_ARCH_*` of `linux/audit.h`, as [`Arch::audit`] gives it.
    pub arch: u32,
    /// Where the program made the call.
    pub instruction_pointer: u64,
    /// The arguments.
    pub args: [u64; 6],
}

impl Call {
    /// A call on an architecture.
    pub const fn new(arch: Arch, number: u32, args: [u64; 6]) -> Call {
        Call {
            number,
            arch: arch.audit(),
            instruction_pointer: 0,
            args,
        }
    }

    /// The word at an offset in bytes. `arch` says which half of a number comes first: the machine's byte
    /// order is that of its architectures.
    fn word(&self, offset: u32) -> u32 {
        const LITTLE: u32 = 0x4000_0000;
        let pair = match offset {
            0 => return self.number,
            4 => return self.arch,
            8 | 12 => self.instruction_pointer,
            _ => {
                let place = (offset / 8)
                    .checked_sub(2)
                    .and_then(|place| usize::try_from(place).ok());
                let arg = place.and_then(|place| self.args.get(place));
                arg.copied().unwrap_or_default()
            }
        };
        let first = offset.is_multiple_of(8);
        if first == (self.arch & LITTLE != 0) {
            pair as u32
        } else {
            (pair >> 32) as u32
        }
    }
}

impl Program {
    /// The action that this filter alone asks for.
    pub fn evaluate(&self, call: &Call) -> Action {
        Action::from_raw(self.run(call))
    }

    /// The return value for a call, as the kernel's interpreter computes it. Every jump goes forward, so
    /// each instruction is met at most once.
    pub fn run(&self, call: &Call) -> u32 {
        self.walk(call).0
    }

    /// How many instructions are executed for a call.
    pub fn steps(&self, call: &Call) -> usize {
        self.walk(call).1
    }

    fn walk(&self, call: &Call) -> (u32, usize) {
        let mut machine = Machine::default();
        let mut at = 0;
        let mut steps = 0;
        while let Some(&instruction) = self.instructions().get(at) {
            steps += 1;
            match machine.step(instruction, call) {
                Step::Skip(skip) => at += 1 + skip as usize,
                Step::Return(value) => return (value, steps),
            }
        }
        // Not reached: a checked program ends with a return.
        (Action::KillThread.raw(), steps)
    }

    /// The return value, where it depends on nothing but number and architecture in the eyes of the
    /// kernel (`seccomp_is_const_allow` in `kernel/seccomp.c`). On x86-64 (native and x86, not x32),
    /// aarch64 and others the kernel runs no filter at all for calls that are always allowed (Linux 5.11).
    pub fn constant(&self, arch: u32, number: u32) -> Option<u32> {
        let call = Call {
            number,
            arch,
            ..Call::default()
        };
        let mut machine = Machine::default();
        let mut at = 0;
        while let Some(&instruction) = self.instructions().get(at) {
            let is_seen = match (instruction.code, instruction.k) {
                (bpf::LOAD, offset) => offset == 0 || offset == 4,
                (
                    bpf::JUMP
                    | bpf::JUMP_EQUAL
                    | bpf::JUMP_NOT_LESS
                    | bpf::JUMP_GREATER
                    | bpf::JUMP_SET
                    | bpf::RETURN
                    | 0x54,
                    _,
                ) => true,
                _ => false,
            };
            if !is_seen {
                return None;
            }
            match machine.step(instruction, &call) {
                Step::Skip(skip) => at += 1 + skip as usize,
                Step::Return(value) => return Some(value),
            }
        }
        None
    }
}

/// What several filters answer together, oldest first: the strictest action, of the newest filter that asks
/// for it (`seccomp_run_filters` in `kernel/seccomp.c`).
pub fn evaluate<'a>(programs: impl IntoIterator<Item = &'a Program>, call: &Call) -> Action {
    let answers = programs.into_iter().map(|program| program.run(call));
    Action::from_raw(answers.fold(Action::Allow.raw(), |older, newer| {
        if bpf::is_stricter(older, newer) {
            older
        } else {
            newer
        }
    }))
}

#[derive(Default)]
struct Machine {
    a: u32,
    x: u32,
    memory: [u32; 16],
}

enum Step {
    /// Go on after so many instructions.
    Skip(u32),
    Return(u32),
}

impl Machine {
    fn step(&mut self, instruction: Instruction, call: &Call) -> Step {
        let Instruction { code, jt, jf, k } = instruction;
        let operand = if code & 8 == 0 { k } else { self.x };
        match code {
            bpf::LOAD => self.a = call.word(k),
            0x80 => self.a = 64,
            0x81 => self.x = 64,
            0x00 => self.a = k,
            0x01 => self.x = k,
            0x60 => self.a = self.cell(k).copied().unwrap_or_default(),
            0x61 => self.x = self.cell(k).copied().unwrap_or_default(),
            0x02 | 0x03 => {
                let value = if code == 0x02 { self.a } else { self.x };
                if let Some(cell) = self.cell(k) {
                    *cell = value;
                }
            }
            0x07 => self.x = self.a,
            0x87 => self.a = self.x,
            0x04 | 0x0c => self.a = self.a.wrapping_add(operand),
            0x14 | 0x1c => self.a = self.a.wrapping_sub(operand),
            0x24 | 0x2c => self.a = self.a.wrapping_mul(operand),
            // A division by zero ends the program with 0.
            0x34 | 0x3c => match self.a.checked_div(operand) {
                Some(quotient) => self.a = quotient,
                None => return Step::Return(0),
            },
            0x44 | 0x4c => self.a |= operand,
            0x54 | 0x5c => self.a &= operand,
            0x64 | 0x6c => self.a = self.a.wrapping_shl(operand),
            0x74 | 0x7c => self.a = self.a.wrapping_shr(operand),
            0x84 => self.a = self.a.wrapping_neg(),
            0xa4 | 0xac => self.a ^= operand,
            bpf::RETURN => return Step::Return(k),
            0x16 => return Step::Return(self.a),
            bpf::JUMP => return Step::Skip(k),
            _ => {
                let holds = match code & 0xf0 {
                    0x10 => self.a == operand,
                    0x20 => self.a > operand,
                    0x30 => self.a >= operand,
                    _ => self.a & operand != 0,
                };
                return Step::Skip(u32::from(if holds { jt } else { jf }));
            }
        }
        Step::Skip(0)
    }

    fn cell(&mut self, k: u32) -> Option<&mut u32> {
        usize::try_from(k)
            .ok()
            .and_then(|place| self.memory.get_mut(place))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn program(instructions: &[(u16, u8, u8, u32)]) -> Program {
        let read = |&(code, jt, jf, k): &(u16, u8, u8, u32)| Instruction { code, jt, jf, k };
        Program::new(instructions.iter().map(read).collect()).unwrap()
    }

    fn constant(value: u32) -> Program {
        program(&[(bpf::RETURN, 0, 0, value)])
    }

    #[test]
    fn halves_of_arguments_follow_the_byte_order() {
        let high = 0xaaaa_bbbb_cccc_dddd;
        let args = [0, high, 0, 0, 0, 7];
        let of = |arch, offset| {
            let program = program(&[(bpf::LOAD, 0, 0, offset), (0x16, 0, 0, 0)]);
            program.run(&Call::new(arch, 5, args))
        };
        assert_eq!(of(Arch::X86_64, 24), 0xcccc_dddd);
        assert_eq!(of(Arch::X86_64, 28), 0xaaaa_bbbb);
        assert_eq!(of(Arch::S390x, 24), 0xaaaa_bbbb);
        assert_eq!(of(Arch::S390x, 28), 0xcccc_dddd);
        assert_eq!(of(Arch::X86_64, 56), 7);
        assert_eq!(of(Arch::X86_64, 0), 5);
        assert_eq!(of(Arch::X86_64, 4), Arch::X86_64.audit());
    }

    #[test]
    fn arithmetic_is_that_of_the_kernel() {
        // (code, operand) on a = 12, x = 5.
        for (code, k, expected) in [
            (0x04, 3, 15),
            (0x0c, 0, 17),
            (0x14, 13, u32::MAX),
            (0x24, 1 << 31, 0),
            (0x34, 5, 2),
            (0x3c, 0, 2),
            (0x44, 1, 13),
            (0x54, 6, 4),
            (0x5c, 0, 4),
            (0x64, 31, 0),
            (0x6c, 0, 384),
            (0x74, 2, 3),
            (0xa4, 15, 3),
            (0x84, 0, 12u32.wrapping_neg()),
            (0x87, 0, 5),
        ] {
            let run = program(&[
                (0x00, 0, 0, 12),
                (0x01, 0, 0, 5),
                (code, 0, 0, k),
                (0x16, 0, 0, 0),
            ]);
            assert_eq!(run.run(&Call::default()), expected, "{code:#x}");
        }
        // Division by an index register of zero.
        let zero = program(&[
            (0x00, 0, 0, 12),
            (0x3c, 0, 0, 0),
            (bpf::RETURN, 0, 0, 0x7fff_0000),
        ]);
        assert_eq!(zero.evaluate(&Call::default()), Action::KillThread);
    }

    #[test]
    fn the_strictest_decides_and_of_equals_the_newest() {
        let filters = |values: &[u32]| {
            let programs: Vec<_> = values.iter().map(|value| constant(*value)).collect();
            evaluate(&programs, &Call::default())
        };
        assert_eq!(filters(&[]), Action::Allow);
        assert_eq!(
            filters(&[0x5_0001, 0x7fff_0000, 0x5_0002, 0x7ffc_0000]),
            Action::Errno(2)
        );
        assert_eq!(
            filters(&[0, 0x8000_0000, 0x5_0001]),
            Action::KillProcess,
            "the order of the kernel is signed"
        );
    }

    #[test]
    fn constants_are_those_that_the_kernel_sees() {
        let by_number = program(&[
            (bpf::LOAD, 0, 0, 0),
            (bpf::JUMP_EQUAL, 0, 1, 7),
            (bpf::RETURN, 0, 0, 0x7fff_0000),
            (bpf::LOAD, 0, 0, 16),
            (bpf::RETURN, 0, 0, 0x7fff_0000),
        ]);
        assert_eq!(by_number.constant(0, 7), Some(0x7fff_0000));
        assert_eq!(by_number.constant(0, 8), None);
    }
}
