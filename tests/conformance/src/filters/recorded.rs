//! The kept records: settings with the programs that systemd installed, in a packed form.
//!
//! A deflate stream of a text and a table. The text has for each unit a line `unit NAME`, its settings, and a line of the
//! numbers of its programs. The table has all programs, each once: how many there are, their lengths, and all their
//! instructions, byte by byte of all of them, which packs well.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use unitward_seccomp::{Instruction, Program};

use super::Case;

/// The size of an instruction in bytes.
const SIZE: usize = 8;
/// No record is larger than this.
const LIMIT: usize = 64 << 20;

/// Where the record of a systemd version is kept.
#[must_use]
pub fn path(systemd: u16) -> PathBuf {
    crate::corpus::home().join(format!("filters/{systemd}.bin"))
}

/// The kept cases of a systemd version.
///
/// # Errors
///
/// The file cannot be read, or is none of [`pack`].
pub fn cases(systemd: u16) -> Result<Vec<Case>, String> {
    let path = path(systemd);
    let packed = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    unpack(&packed).ok_or_else(|| format!("{}: no record", path.display()))
}

/// Cases in their packed form.
#[must_use]
pub fn pack(cases: &[Case]) -> Vec<u8> {
    let mut numbers: HashMap<&Program, usize> = HashMap::new();
    let mut programs: Vec<&Program> = Vec::new();
    let mut text = String::new();
    for case in cases {
        text += &format!("unit {}\n", case.name);
        for line in &case.lines {
            text += &format!("{line}\n");
        }
        let mut line = String::from("programs");
        for program in &case.programs {
            let number = *numbers.entry(program).or_insert_with(|| {
                programs.push(program);
                programs.len() - 1
            });
            line += &format!(" {number}");
        }
        text += &format!("{line}\n");
    }
    let mut bytes = Vec::new();
    put(&mut bytes, text.len());
    bytes.extend(text.as_bytes());
    put(&mut bytes, programs.len());
    programs
        .iter()
        .for_each(|program| put(&mut bytes, program.len()));
    let code: Vec<[u8; SIZE]> = programs
        .iter()
        .flat_map(|program| program.instructions())
        .map(to_bytes)
        .collect();
    for place in 0..SIZE {
        bytes.extend(code.iter().filter_map(|bytes| bytes.get(place)));
    }
    compress_to_vec(&bytes, 10)
}

fn unpack(packed: &[u8]) -> Option<Vec<Case>> {
    let bytes = decompress_to_vec_with_limit(packed, LIMIT).ok()?;
    let mut rest = &bytes[..];
    let length = take(&mut rest)?;
    let text = std::str::from_utf8(rest.split_off(..length)?).ok()?;
    let count = take(&mut rest)?;
    let lengths: Vec<usize> = (0..count).map(|_| take(&mut rest)).collect::<Option<_>>()?;
    let total: usize = lengths.iter().sum();
    let mut programs = Vec::new();
    let mut at = 0;
    for length in lengths {
        let read = |at: usize| {
            let mut instruction = [0; SIZE];
            for (place, byte) in instruction.iter_mut().enumerate() {
                *byte = *rest.get(place * total + at)?;
            }
            Some(from_bytes(instruction))
        };
        let code: Vec<Instruction> = (at..at + length).map(read).collect::<Option<_>>()?;
        programs.push(Program::new(code).ok()?);
        at += length;
    }
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("unit ") {
            cases.push(Case {
                name: name.to_owned(),
                lines: Vec::new(),
                programs: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut()?;
        match line.strip_prefix("programs") {
            None => case.lines.push(line.to_owned()),
            Some(numbers) => {
                for number in numbers.split_whitespace() {
                    case.programs
                        .push(programs.get(number.parse::<usize>().ok()?)?.clone());
                }
            }
        }
    }
    Some(cases)
}

fn to_bytes(instruction: &Instruction) -> [u8; SIZE] {
    let Instruction { code, jt, jf, k } = *instruction;
    let ([a, b], [c, d, e, f]) = (code.to_le_bytes(), k.to_le_bytes());
    [a, b, jt, jf, c, d, e, f]
}

fn from_bytes([a, b, jt, jf, c, d, e, f]: [u8; SIZE]) -> Instruction {
    Instruction {
        code: u16::from_le_bytes([a, b]),
        jt,
        jf,
        k: u32::from_le_bytes([c, d, e, f]),
    }
}

fn put(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend((number as u32).to_le_bytes());
}

fn take(bytes: &mut &[u8]) -> Option<usize> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number) as usize)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let program = |k| {
            Program::new(vec![Instruction {
                code: 6,
                jt: 0,
                jf: 0,
                k,
            }])
            .unwrap()
        };
        let case = |name: &str, programs| Case {
            name: name.to_owned(),
            lines: vec!["ProtectClock=yes".to_owned()],
            programs,
        };
        let cases = [
            case("a", vec![program(7), program(8), program(7)]),
            case("b", Vec::new()),
        ];
        let same = unpack(&pack(&cases)).unwrap();
        assert_eq!(same.len(), 2);
        for (before, after) in cases.iter().zip(&same) {
            assert_eq!(
                (&before.name, &before.lines, &before.programs),
                (&after.name, &after.lines, &after.programs)
            );
        }
        assert!(unpack(b"nonsense").is_none());
    }
}
