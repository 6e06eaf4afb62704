//! Classic BPF programs as seccomp takes them (linux/filter.h, seccomp(2), kernel/seccomp.c).

use std::fmt;

use crate::action::{Action, precedence};

/// `BPF_LD | BPF_W | BPF_ABS`: loads a word of the call's data.
pub(crate) const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JA`: jumps.
pub(crate) const JUMP: u16 = 0x05;
/// `BPF_JMP | BPF_JEQ | BPF_K`: jumps when equal.
pub(crate) const JUMP_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGT | BPF_K`: jumps when greater.
pub(crate) const JUMP_GREATER: u16 = 0x25;
/// `BPF_JMP | BPF_JGE | BPF_K`: jumps when greater or equal.
pub(crate) const JUMP_NOT_LESS: u16 = 0x35;
/// `BPF_JMP | BPF_JSET | BPF_K`: jumps when a bit is set.
pub(crate) const JUMP_SET: u16 = 0x45;
/// `BPF_RET | BPF_K`: ends with a constant.
pub(crate) const RETURN: u16 = 0x06;

/// Whether the kernel takes the first of two return values before the second, whichever filter is newer.
pub(crate) const fn is_stricter(value: u32, other: u32) -> bool {
    precedence(value) < precedence(other)
}

/// An instruction of classic BPF: `struct sock_filter` of `linux/filter.h`, with its layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// How many instructions to skip when a condition holds.
    pub jt: u8,
    /// How many instructions to skip when it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

/// A program that the kernel accepts as a system call filter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Program(Vec<Instruction>);

/// Why a program is none that the kernel accepts as a system call filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalid {
    /// It has no instruction, or more than [`Program::MAX`]: the number.
    Length(usize),
    /// The bytes are no whole number of instructions: how many there are.
    Bytes(usize),
    /// The instruction at this place is unknown, or none that filters may use.
    Code(usize),
    /// The operand of the instruction at this place is out of range.
    Operand(usize),
    /// The instruction at this place jumps out of the program.
    Jump(usize),
    /// The instruction at this place reads memory that may not have been written.
    Memory(usize),
    /// The last instruction does not end the program.
    End,
}

impl Instruction {
    /// The instruction in words; `at` is its place, from which jumps count.
    pub fn text(self, at: usize) -> impl fmt::Display {
        Text { it: self, at }
    }

    pub(crate) const fn new(code: u16, jt: u8, jf: u8, k: u32) -> Instruction {
        Instruction { code, jt, jf, k }
    }
}

impl Program {
    /// The most instructions that a program may have (`BPF_MAXINSNS`).
    pub const MAX: usize = 4096;

    /// The size of an instruction in bytes.
    const SIZE: usize = 8;

    /// Checks a program as the kernel does before it takes it.
    pub fn new(instructions: Vec<Instruction>) -> Result<Program, Invalid> {
        check(&instructions)?;
        Ok(Program(instructions))
    }

    /// The program in the bytes that `PTRACE_SECCOMP_GET_FILTER` gives (ptrace(2)), in this machine's byte
    /// order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Program, Invalid> {
        let (parts, rest) = bytes.as_chunks::<{ Program::SIZE }>();
        if !rest.is_empty() {
            return Err(Invalid::Bytes(bytes.len()));
        }
        if parts.len() > Program::MAX {
            return Err(Invalid::Length(parts.len()));
        }
        let read = |&[a, b, jt, jf, c, d, e, f]: &[u8; Program::SIZE]| Instruction {
            code: u16::from_ne_bytes([a, b]),
            jt,
            jf,
            k: u32::from_ne_bytes([c, d, e, f]),
        };
        Program::new(parts.iter().map(read).collect())
    }

    /// The same program, but with a line in the log in place of every refusal.
    #[must_use]
    pub fn logged(&self) -> Program {
        self.with_answers(|action| match action.permits() {
            true => action,
            false => Action::Log,
        })
    }

    /// The same program, but with a tracer asked in place of every refusal and every line in the log, so that the tracer
    /// learns of them and does them ([`Action::of_deferred`]).
    #[must_use]
    pub fn deferred(&self) -> Program {
        self.with_answers(|action| action.deferred().map_or(action, Action::Trace))
    }

    fn with_answers(&self, change: impl Fn(Action) -> Action) -> Program {
        let changed = |instruction: &Instruction| match instruction {
            Instruction {
                code: RETURN, k, ..
            } => Instruction::new(RETURN, 0, 0, change(Action::from_raw(*k)).raw()),
            other => *other,
        };
        Program(self.0.iter().map(changed).collect())
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }

    /// The number of instructions, from 1 to [`Program::MAX`].
    #[expect(clippy::len_without_is_empty, reason = "a program is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A line an instruction: place, what it does, where it goes.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, instruction) in self.0.iter().enumerate() {
            writeln!(f, "{at:4}  {}", instruction.text(at))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program:\n{self}")
    }
}

fn check(program: &[Instruction]) -> Result<(), Invalid> {
    if program.is_empty() || program.len() > Program::MAX {
        return Err(Invalid::Length(program.len()));
    }
    for (at, instruction) in program.iter().enumerate() {
        let rest = program.len() - at - 1;
        let reaches = |skip: u32| usize::try_from(skip).is_ok_and(|skip| skip < rest);
        match (instruction.code, instruction.k) {
            // A word of the call's data: nr, arch, instruction pointer, six arguments.
            (LOAD, offset) if offset >= 64 || offset % 4 != 0 => return Err(Invalid::Operand(at)),
            // Lengths, constants; memory; registers; returns.
            (LOAD | 0x80 | 0x81 | 0x00 | 0x01 | 0x07 | 0x87 | RETURN | 0x16, _) => {}
            (0x60 | 0x61 | 0x02 | 0x03, cell) if cell >= 16 => return Err(Invalid::Operand(at)),
            (0x60 | 0x61 | 0x02 | 0x03, _) => {}
            // Arithmetic: add, sub, mul, or, and, xor, neg with a constant or the index register.
            (
                0x04 | 0x0c | 0x14 | 0x1c | 0x24 | 0x2c | 0x44 | 0x4c | 0x54 | 0x5c | 0xa4 | 0xac
                | 0x84,
                _,
            ) => {}
            (0x34, 0) => return Err(Invalid::Operand(at)),
            (0x64 | 0x74, 32..) => return Err(Invalid::Operand(at)),
            (0x34 | 0x3c | 0x64 | 0x6c | 0x74 | 0x7c, _) => {}
            (JUMP, skip) if !reaches(skip) => return Err(Invalid::Jump(at)),
            (JUMP, _) => {}
            (
                JUMP_EQUAL | 0x1d | JUMP_GREATER | 0x2d | JUMP_NOT_LESS | 0x3d | JUMP_SET | 0x4d,
                _,
            ) => {
                if !reaches(u32::from(instruction.jt)) || !reaches(u32::from(instruction.jf)) {
                    return Err(Invalid::Jump(at));
                }
            }
            _ => return Err(Invalid::Code(at)),
        }
    }
    match program.last().map(|last| last.code) {
        Some(RETURN | 0x16) => check_memory(program),
        _ => Err(Invalid::End),
    }
}

/// Every read of a memory cell must come after a write, on every way to it.
fn check_memory(program: &[Instruction]) -> Result<(), Invalid> {
    // What is written on all ways that jump to a place, a bit a cell.
    let mut written_at = vec![u16::MAX; program.len()];
    let mut written = 0;
    for (at, instruction) in program.iter().enumerate() {
        written &= written_at.get(at).copied().unwrap_or(u16::MAX);
        let cell = 1u16.checked_shl(instruction.k).unwrap_or(0);
        let mut join = |skip: u32| {
            let place = usize::try_from(skip)
                .ok()
                .and_then(|skip| skip.checked_add(at + 1));
            if let Some(known) = place.and_then(|place| written_at.get_mut(place)) {
                *known &= written;
            }
        };
        match instruction.code {
            0x02 | 0x03 => written |= cell,
            0x60 | 0x61 if written & cell == 0 => return Err(Invalid::Memory(at)),
            JUMP => {
                join(instruction.k);
                written = u16::MAX;
            }
            code if code & 7 == 5 => {
                join(u32::from(instruction.jt));
                join(u32::from(instruction.jf));
                written = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Invalid::Length(length) => write!(
                f,
                "{length} instructions: a filter has from 1 to {}",
                Program::MAX
            ),
            Invalid::Bytes(bytes) => write!(
                f,
                "{bytes} bytes: an instruction has {} of them",
                Program::SIZE
            ),
            Invalid::Code(at) => write!(f, "instruction {at} is none that a filter may use"),
            Invalid::Operand(at) => write!(f, "the operand of instruction {at} is out of range"),
            Invalid::Jump(at) => write!(f, "instruction {at} jumps out of the program"),
            Invalid::Memory(at) => write!(
                f,
                "instruction {at} reads memory that may not have been written"
            ),
            Invalid::End => f.write_str("the last instruction does not end the program"),
        }
    }
}

impl std::error::Error for Invalid {}

struct Text {
    it: Instruction,
    at: usize,
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Instruction { code, jt, jf, k } = self.it;
        let operand = |f: &mut fmt::Formatter<'_>| match code & 8 {
            0 => write!(f, "{k:#x}"),
            _ => f.write_str("x"),
        };
        match code {
            LOAD => return write!(f, "a = {}", Word(k)),
            0x80 | 0x81 => return write!(f, "{} = length", register(code)),
            0x00 | 0x01 => return write!(f, "{} = {k:#x}", register(code)),
            0x60 | 0x61 => return write!(f, "{} = memory[{k}]", register(code)),
            0x02 | 0x03 => return write!(f, "memory[{k}] = {}", register(code & 1)),
            0x07 => return f.write_str("x = a"),
            0x87 => return f.write_str("a = x"),
            0x84 => return f.write_str("a = -a"),
            0x16 => return f.write_str("return a"),
            RETURN => return write!(f, "return {} ({k:#x})", Action::from_raw(k)),
            JUMP => return write!(f, "go to {}", self.at as u64 + 1 + u64::from(k)),
            _ => {}
        }
        let sign = match (code & 7, code & 0xf0) {
            (4, 0x00) => "+=",
            (4, 0x10) => "-=",
            (4, 0x20) => "*=",
            (4, 0x30) => "/=",
            (4, 0x40) => "|=",
            (4, 0x50) => "&=",
            (4, 0x60) => "<<=",
            (4, 0x70) => ">>=",
            (4, 0xa0) => "^=",
            (5, 0x10) => "==",
            (5, 0x20) => ">",
            (5, 0x30) => ">=",
            (5, 0x40) => "&",
            _ => return write!(f, "unknown ({code:#x} {jt} {jf} {k:#x})"),
        };
        if code & 7 == 4 {
            write!(f, "a {sign} ")?;
            return operand(f);
        }
        write!(f, "if a {sign} ")?;
        operand(f)?;
        let target = |skip: u8| self.at + 1 + usize::from(skip);
        write!(f, " go to {} else {}", target(jt), target(jf))
    }
}

const fn register(code: u16) -> &'static str {
    if code & 1 == 0 { "a" } else { "x" }
}

/// The word of the call's data at an offset. Halves of arguments are named as on little-endian machines.
struct Word(u32);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("nr"),
            4 => f.write_str("arch"),
            8 => f.write_str("instruction pointer, low"),
            12 => f.write_str("instruction pointer, high"),
            offset @ 16..64 => {
                let half = if offset % 8 == 0 { "low" } else { "high" };
                write!(f, "argument {}, {half}", (offset - 16) / 8)
            }
            offset => write!(f, "data[{offset}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const ALLOW: Instruction = Instruction::new(RETURN, 0, 0, 0x7fff_0000);

    fn refused(program: &[Instruction]) -> Invalid {
        Program::new(program.to_vec()).unwrap_err()
    }

    #[test]
    fn what_the_kernel_refuses_is_refused() {
        let with = |code, k| [Instruction::new(code, 0, 0, k), ALLOW];
        assert_eq!(refused(&[]), Invalid::Length(0));
        assert_eq!(refused(&[ALLOW; 4097]), Invalid::Length(4097));
        assert!(Program::new(vec![ALLOW; 4096]).is_ok());
        assert_eq!(refused(&with(LOAD, 64)), Invalid::Operand(0));
        assert_eq!(refused(&with(LOAD, 2)), Invalid::Operand(0));
        // Half words, bytes, indirect loads, and the remainder are not for filters.
        for code in [0x28, 0x30, 0x40, 0xb1, 0x94, 0x9c, 0x8, 0xffff] {
            assert_eq!(refused(&with(code, 0)), Invalid::Code(0), "{code:#x}");
        }
        assert_eq!(refused(&with(0x34, 0)), Invalid::Operand(0));
        assert_eq!(refused(&with(0x64, 32)), Invalid::Operand(0));
        assert_eq!(refused(&with(0x02, 16)), Invalid::Operand(0));
        assert_eq!(refused(&with(JUMP, 1)), Invalid::Jump(0));
        assert_eq!(refused(&with(JUMP, u32::MAX)), Invalid::Jump(0));
        assert_eq!(
            refused(&[Instruction::new(JUMP_EQUAL, 0, 1, 0), ALLOW]),
            Invalid::Jump(0)
        );
        assert_eq!(refused(&[Instruction::new(LOAD, 0, 0, 0)]), Invalid::End);
    }

    #[test]
    fn memory_is_written_before_it_is_read() {
        let store = Instruction::new(0x02, 0, 0, 3);
        let load = Instruction::new(0x60, 0, 0, 3);
        assert_eq!(refused(&[load, ALLOW]), Invalid::Memory(0));
        assert!(Program::new(vec![store, load, ALLOW]).is_ok());
        // On one way around the write.
        let around = Instruction::new(JUMP_EQUAL, 1, 0, 0);
        assert_eq!(refused(&[around, store, load, ALLOW]), Invalid::Memory(2));
    }

    #[test]
    fn bytes_are_read_whole() {
        assert_eq!(Program::from_bytes(&[0; 7]), Err(Invalid::Bytes(7)));
        assert_eq!(Program::from_bytes(&[]), Err(Invalid::Length(0)));
        let mut bytes = RETURN.to_ne_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(0x7fff_0000_u32.to_ne_bytes());
        assert_eq!(Program::from_bytes(&bytes).unwrap().instructions(), [ALLOW]);
    }

    #[test]
    fn text_says_what_happens() {
        let program = Program::new(vec![
            Instruction::new(LOAD, 0, 0, 24),
            Instruction::new(JUMP_SET, 0, 1, 0x40),
            Instruction::new(RETURN, 0, 0, 0x5_0001),
            Instruction::new(0x54, 0, 0, 6),
            ALLOW,
        ]);
        assert_eq!(
            program.unwrap().to_string(),
            "   0  a = argument 1, low\n   1  if a & 0x40 go to 2 else 3\n   2  return EPERM (0x50001)\n   \
             3  a &= 0x6\n   4  return allow (0x7fff0000)\n"
        );
    }
}
