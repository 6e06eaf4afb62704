//! An evaluator of what the assembler makes, for tests on machines that load no programs.

use crate::sys::BpfInstruction;

/// Where the frame ends and where the context begins, in the memory of the evaluator.
const FRAME: u64 = 1 << 20;
const CONTEXT: u64 = 1 << 32;

/// Runs a program over a context and a packet, and gives its verdict.
///
/// # Panics
///
/// When the program does what the kernel would not let pass: jumps back, reads outside of its memory, runs off its end.
pub(super) fn evaluate(code: &[BpfInstruction], context: &[u8], packet: &[u8]) -> u64 {
    let mut registers = [0_u64; 11];
    registers[1] = CONTEXT;
    registers[10] = FRAME;
    let mut frame = [0_u8; 512];
    let mut at = 0;
    loop {
        let instruction = code[at];
        at += 1;
        let (to, from) = (
            usize::from(instruction.registers & 15),
            usize::from(instruction.registers >> 4),
        );
        let constant = instruction.immediate as i64 as u64;
        let address = |base: u64| base.wrapping_add_signed(instruction.offset.into());
        match instruction.code {
            0x18 => {
                let low = u64::from(instruction.immediate as u32);
                registers[to] = low | u64::from(code[at].immediate as u32) << 32;
                at += 1;
            }
            0x61 | 0x79 => {
                let size = if instruction.code == 0x61 { 4 } else { 8 };
                let place = address(registers[from]);
                let bytes = match place.checked_sub(CONTEXT) {
                    Some(offset) => &context[offset as usize..][..size],
                    None => &frame[(place + 512 - FRAME) as usize..][..size],
                };
                let mut word = [0; 8];
                word[..size].copy_from_slice(bytes);
                registers[to] = u64::from_le_bytes(word);
            }
            0xbf => registers[to] = registers[from],
            0xb7 => registers[to] = constant,
            0x07 => registers[to] = registers[to].wrapping_add(constant),
            0x54 => registers[to] &= constant & u64::from(u32::MAX),
            0x74 => registers[to] = u64::from(registers[to] as u32 >> constant),
            0xdc => {
                registers[to] = match instruction.immediate {
                    16 => u16::from_be(registers[to] as u16).into(),
                    32 => u32::from_be(registers[to] as u32).into(),
                    _ => u64::from_be(registers[to]),
                };
            }
            0x85 => {
                assert_eq!(constant, 26, "a helper that no program calls");
                let size = registers[4] as usize;
                let bytes = packet.get(registers[2] as usize..).unwrap_or_default();
                registers[0] = match bytes.get(..size) {
                    Some(bytes) => {
                        frame[(registers[3] + 512 - FRAME) as usize..][..size]
                            .copy_from_slice(bytes);
                        0
                    }
                    None => -14_i64 as u64,
                };
            }
            0x05 => at += forward(instruction.offset.into()),
            0x06 => at += forward(instruction.immediate),
            0x95 => return registers[0],
            code => {
                let (left, right) = match code & 15 {
                    0x06 => (u64::from(registers[to] as u32), u64::from(constant as u32)),
                    0x0d => (registers[to], registers[from]),
                    _ => panic!("an instruction that the assembler does not make: {code:#x}"),
                };
                let holds = match code & 0xf0 {
                    0x10 => left == right,
                    0x20 => left > right,
                    0x40 => left & right != 0,
                    0x50 => left != right,
                    0xa0 => left < right,
                    _ => panic!("a condition that the assembler does not make: {code:#x}"),
                };
                if holds {
                    at += forward(instruction.offset.into());
                }
            }
        }
    }
}

fn forward(distance: i32) -> usize {
    usize::try_from(distance).expect("jumps go forward")
}
