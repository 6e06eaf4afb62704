//! Reading filters out of processes that a real systemd started.

use std::fs;
use std::path::Path;

use unitward_seccomp::{Instruction, Program};

use super::Case;
use crate::service::world::{WorldError, Worlds};

/// Starts units with these lines under the systemd of a tree, and reads the filters of each. Units that do not start are
/// left out. `shared` is made anew.
///
/// # Errors
///
/// [`WorldError`]: the container, or a line of the recorder that cannot be understood.
pub fn record(
    worlds: &Worlds,
    tree: &Path,
    units: &[Vec<String>],
    shared: &Path,
) -> Result<Vec<Case>, WorldError> {
    let named: Vec<(String, String)> = units
        .iter()
        .enumerate()
        .map(|(at, lines)| {
            let lines = lines.join("\n");
            let text = format!(
                "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\nExecStart=/conform/spin\n{lines}\n"
            );
            (format!("filters-{at:03}"), text)
        })
        .collect();
    worlds.record_filters(tree, &named, shared)?;
    let record = shared.join("filters");
    let failed = |problem: String| WorldError::Compile {
        step: "reading the record".to_owned(),
        problem,
    };
    let text = fs::read_to_string(&record).map_err(|error| failed(error.to_string()))?;
    let mut cases = parse(&text).map_err(failed)?;
    for case in &mut cases {
        let at = case
            .name
            .strip_prefix("filters-")
            .and_then(|at| at.parse::<usize>().ok());
        case.lines = at.and_then(|at| units.get(at)).cloned().unwrap_or_default();
    }
    Ok(cases)
}

/// What `filters/record.c` printed; units that did not start are left out.
fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = || format!("line {}: {line}", at + 1);
        match line.split_once(' ').ok_or_else(wrong)? {
            ("unit", name) => cases.push(Case {
                name: name.to_owned(),
                lines: Vec::new(),
                programs: Vec::new(),
            }),
            ("set", setting) => cases
                .last_mut()
                .ok_or_else(wrong)?
                .lines
                .push(setting.to_owned()),
            ("program", hex) => {
                let program = from_hex(hex).ok_or_else(wrong)?;
                cases.last_mut().ok_or_else(wrong)?.programs.push(program);
            }
            ("failed", _) => {}
            _ => return Err(wrong()),
        }
    }
    Ok(cases)
}

/// The program in the form of `filters/record.c`: eight bytes an instruction, little endian.
fn from_hex(text: &str) -> Option<Program> {
    let digits = text.as_bytes().as_chunks::<16>();
    if !digits.1.is_empty() {
        return None;
    }
    let read = |digits: &[u8; 16]| {
        let text = std::str::from_utf8(digits).ok()?;
        let bytes = u64::from_str_radix(text, 16).ok()?.to_be_bytes();
        let [a, b, jt, jf, c, d, e, f] = bytes;
        Some(Instruction {
            code: u16::from_le_bytes([a, b]),
            jt,
            jf,
            k: u32::from_le_bytes([c, d, e, f]),
        })
    };
    Program::new(digits.0.iter().map(read).collect::<Option<_>>()?).ok()
}
