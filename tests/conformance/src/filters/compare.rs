//! Both sides, call by call.

use std::collections::BTreeSet;
use std::fmt;

use unitward_seccomp::{Action, Arch, Call, Instruction, Policy, Program, TooLong, evaluate};

/// A call that the two sides answer differently.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The call.
    pub call: Call,
    /// What systemd's filters answer.
    pub systemd: Action,
    /// What unitward's filter answers.
    pub unitward: Action,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call {
            number, arch, args, ..
        } = self.call;
        write!(
            f,
            "call {number:#x} on {arch:#x} with {args:x?}: systemd {}, unitward {}",
            self.systemd, self.unitward
        )
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// How many calls with arguments were tried.
    pub calls: usize,
    /// Calls that are answered differently.
    pub differences: Vec<Difference>,
    /// The instructions of unitward's program.
    pub instructions: usize,
}

/// Asks unitward's filter and systemd's about all calls that matter.
///
/// # Errors
///
/// There is no filter for the policy.
pub fn compare(policy: &Policy, systemd: &[Program]) -> Result<Comparison, TooLong> {
    let unitward = policy.compile()?;
    let mut comparison = Comparison {
        instructions: unitward.as_ref().map_or(0, Program::len),
        ..Comparison::default()
    };
    let both: Vec<&Program> = systemd.iter().chain(unitward.as_ref()).collect();
    for arch in [Arch::X86_64, Arch::X86, Arch::Aarch64] {
        for number in numbers(&both) {
            let is_constant = |program: &&Program| program.constant(arch.audit(), number).is_some();
            let all = if both.iter().all(is_constant) {
                vec![[u64::MAX; 6]]
            } else {
                arguments(&words(&both, arch.audit(), number))
            };
            for args in all {
                let call = Call::new(arch, number, args);
                let answers = (evaluate(systemd, &call), evaluate(unitward.as_ref(), &call));
                comparison.calls += 1;
                if answers.0 != answers.1 {
                    comparison.differences.push(Difference {
                        call,
                        systemd: answers.0,
                        unitward: answers.1,
                    });
                }
            }
        }
    }
    Ok(comparison)
}

/// Numbers to try: all that exist or may exist soon, and all around a number that some program compares with.
fn numbers(programs: &[&Program]) -> BTreeSet<u32> {
    const X32_BIT: u32 = 0x4000_0000;
    let mut numbers: BTreeSet<u32> = (0..=600)
        .chain((0..=600).map(|number| X32_BIT | number))
        .collect();
    let compared = programs.iter().flat_map(|program| program.instructions());
    let compared = compared
        .filter(|instruction| instruction.code & 7 == 5)
        .map(|instruction| instruction.k);
    for number in compared.chain([0, X32_BIT, 1 << 31, 0x000f_0000, u32::MAX]) {
        numbers.extend([number.wrapping_sub(1), number, number.wrapping_add(1)]);
    }
    numbers
}

/// For each word of arguments that some program looks at for this call: values at the boundaries of its tests.
fn words(programs: &[&Program], arch: u32, number: u32) -> Vec<(u32, BTreeSet<u32>)> {
    let mut words: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for program in programs {
        let code = program.instructions();
        // What is in the register: a known value, or a word under a mask.
        let mut states = vec![(0, Register::Known(0))];
        let mut seen = BTreeSet::new();
        while let Some((at, register)) = states.pop() {
            let Some(&Instruction { code, jt, jf, k }) = code.get(at) else {
                continue;
            };
            if !seen.insert((at, register)) {
                continue;
            }
            let next = at + 1;
            match (code, register) {
                (0x20, _) if k == 0 => states.push((next, Register::Known(number))),
                (0x20, _) if k == 4 => states.push((next, Register::Known(arch))),
                (0x20, _) => states.push((next, Register::Word(k, u32::MAX))),
                (0x54, Register::Known(value)) => states.push((next, Register::Known(value & k))),
                (0x54, Register::Word(word, mask)) => {
                    states.push((next, Register::Word(word, mask & k)))
                }
                (0x05, _) => states.push((next + k as usize, register)),
                (0x15 | 0x25 | 0x35 | 0x45, Register::Known(value)) => {
                    let holds = match code {
                        0x15 => value == k,
                        0x25 => value > k,
                        0x35 => value >= k,
                        _ => value & k != 0,
                    };
                    states.push((next + usize::from(if holds { jt } else { jf }), register));
                }
                (0x15 | 0x25 | 0x35 | 0x45, Register::Word(word, mask)) => {
                    let values = [
                        k.wrapping_sub(1),
                        k,
                        k.wrapping_add(1),
                        k | !mask,
                        !k,
                        !mask,
                        0,
                        u32::MAX,
                    ];
                    match words.iter_mut().find(|(known, _)| *known == word) {
                        Some((_, known)) => known.extend(values),
                        None => words.push((word, values.into())),
                    }
                    states.extend([jt, jf].map(|skip| (next + usize::from(skip), register)));
                }
                _ => {}
            }
        }
    }
    // The other half of each argument, even where nobody looks at it.
    let other_halves: Vec<u32> = words.iter().map(|(word, _)| word ^ 4).collect();
    for word in other_halves {
        if words.iter().all(|(known, _)| *known != word) {
            words.push((word, [0, 1, u32::MAX].into()));
        }
    }
    words
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Register {
    Known(u32),
    Word(u32, u32),
}

/// All combinations of values of words.
fn arguments(words: &[(u32, BTreeSet<u32>)]) -> Vec<[u64; 6]> {
    let mut all = vec![[0; 6]];
    for (word, values) in words {
        let shift = if word % 8 == 0 { 0 } else { 32 };
        let Some(place) = (word / 8)
            .checked_sub(2)
            .and_then(|place| usize::try_from(place).ok())
        else {
            continue;
        };
        let with = |args: &[u64; 6], value: u32| {
            let mut args = *args;
            if let Some(arg) = args.get_mut(place) {
                *arg |= u64::from(value) << shift;
            }
            args
        };
        all = all
            .iter()
            .flat_map(|args| values.iter().map(move |value| with(args, *value)))
            .collect();
    }
    all
}
