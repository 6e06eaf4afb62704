//! System call filters: read, checked, evaluated.

use unitward_seccomp::{Action, Arch, Call, Instruction, Program, evaluate};

/// Instructions that filters may have, so that many inputs pass the check.
const CODES: [u16; 42] = [
    0x20, 0x20, 0x20, 0x80, 0x81, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x07, 0x87, 0x16, 0x06, 0x04,
    0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84,
    0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x45, 0x4d,
];

/// A program as bytes, taken as they are, and taken as possible instructions.
pub fn filter_program(data: &[u8]) {
    if let Ok(program) = Program::from_bytes(data) {
        try_calls(&program);
    }
    if let Ok(program) = Program::new(shaped(data)) {
        try_calls(&program);
    }
}

/// Instructions near to valid ones: known codes, short jumps, small operands for what needs them.
fn shaped(data: &[u8]) -> Vec<Instruction> {
    let (parts, _) = data.as_chunks::<8>();
    let known = |code: u8| CODES.get(usize::from(code) % CODES.len()).copied();
    let mut code: Vec<Instruction> = parts
        .iter()
        .map(|&[code, wide, jt, jf, a, b, c, d]| {
            let k = u32::from_le_bytes([a, b, c, d]);
            let code = known(code).unwrap_or_default();
            let k = match code {
                0x20 => k % 16 * 4,
                0x02 | 0x03 | 0x60 | 0x61 => k % 4,
                0x05 => k % 4,
                0x64 | 0x74 => k % 32,
                _ if wide % 2 == 0 => k % 8,
                _ => k,
            };
            Instruction {
                code,
                jt: jt % 4,
                jf: jf % 4,
                k,
            }
        })
        .collect();
    // So that the last jumps stay inside.
    let end = Instruction {
        code: 0x06,
        k: 0x7fff_0000,
        ..Instruction::default()
    };
    code.extend([end; 5]);
    code
}

fn try_calls(program: &Program) {
    assert!((1..=Program::MAX).contains(&program.len()));
    assert_eq!(program.to_string().lines().count(), program.len());
    assert_eq!(
        Program::new(program.instructions().to_vec()).as_ref(),
        Ok(program)
    );
    let mut compared: Vec<u32> = program
        .instructions()
        .iter()
        .map(|it| it.k)
        .take(8)
        .collect();
    compared.extend([0, 59, u32::MAX]);
    for number in compared {
        for arch in [Arch::X86_64, Arch::S390x] {
            let plain = Call::new(arch, number, [0; 6]);
            let other = Call {
                instruction_pointer: u64::MAX,
                ..Call::new(
                    arch,
                    number,
                    [u64::from(number), 1 << 63, 4, u64::MAX, 2, 7],
                )
            };
            assert!(program.steps(&other) <= program.len());
            if let Some(constant) = program.constant(arch.audit(), number) {
                assert_eq!(constant, program.run(&plain));
                assert_eq!(constant, program.run(&other));
            }
            let alone = evaluate([program], &other);
            assert!(alone == program.evaluate(&other) || alone == Action::Allow);
            assert_eq!(evaluate([program, program], &other), alone);
        }
    }
}
