//! What calls cost under unitward's one filter, and under all filters of a systemd for the same settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use unitward_conformance::filters::{self, Case, random, recorded};
use unitward_seccomp::{Action, Arch, Instruction, Program, Syscall};

use super::Bench;
use super::table::{Table, Verdict, time};
use crate::options::Failure;
use crate::run;

/// Whose filters are compared with.
const SYSTEMD: u16 = 257;
/// The part of the cost of systemd's filters that unitward's may have.
const SHARE: f64 = 0.1;
/// The most time for making a filter, in nanoseconds.
const COMPILE: f64 = 300_000.0;

/// The times of a call: without a filter, with one that allows all, with unitward's, with systemd's.
#[derive(Debug, Default)]
struct Times([Vec<f64>; 4]);

/// Full hardening: the last settings of settings.txt, and those before them, which let all architectures in.
pub(super) fn measure(bench: &Bench) -> Result<Table, Failure> {
    let columns = [
        "what",
        "no filter",
        "a filter that allows all",
        "unitward adds",
        "systemd adds",
        "share",
        "target",
    ];
    let title = format!("Calls under one filter and under those of systemd {SYSTEMD}");
    let mut table = Table::new(&title, &columns);
    let cases = recorded::cases(SYSTEMD).map_err(Failure::Failed)?;
    let program = bench.runner.compile(&bench.folder, "calls")?;
    let mut named = random::named();
    let settings: Vec<Vec<String>> = named.split_off(named.len().saturating_sub(2));
    for lines in &settings {
        let case = cases
            .iter()
            .find(|case| case.lines == *lines)
            .ok_or_else(|| Failure::Failed("the record has not the settings".to_owned()))?;
        rows(bench, &mut table, &program, case)?;
    }
    Ok(table)
}

fn rows(bench: &Bench, table: &mut Table, program: &Path, case: &Case) -> Result<(), Failure> {
    let policy = filters::policy(&case.lines, SYSTEMD)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let compile = || {
        policy
            .compile()
            .ok()
            .flatten()
            .ok_or_else(|| Failure::Failed("there is no filter".to_owned()))
    };
    let ours = compile()?;
    let least = (0..bench.rounds * 5)
        .map(|_| {
            let start = Instant::now();
            let _ = compile();
            start.elapsed().as_nanos() as f64
        })
        .fold(f64::MAX, f64::min);
    let instructions: usize = case.programs.iter().map(Program::len).sum();
    let name = format!("{} filters", case.programs.len());
    table.row(
        &format!("{name}: instructions"),
        [
            String::new(),
            String::new(),
            ours.len().to_string(),
            instructions.to_string(),
            format!("{:.2}", ours.len() as f64 / instructions as f64),
        ],
        "-",
        Verdict::Skipped,
    );
    table.row(
        &format!("{name}: to make the filter"),
        [
            String::new(),
            String::new(),
            time(least),
            String::new(),
            String::new(),
        ],
        &format!("{} at most", time(COMPILE)),
        Verdict::when(least <= COMPILE),
    );
    for (call, times) in times(bench, program, &ours, &case.programs)? {
        let [none, allow, one, all] = times.0.map(median);
        let (added, theirs) = (one - none, all - none);
        let share = added / theirs;
        let (target, verdict) = if is_constant(&call, &case.programs) {
            let target = "no more than a filter that allows all".to_owned();
            (target, Verdict::when(one <= allow * 1.05 + 1.0))
        } else {
            (format!("a share of {SHARE}"), Verdict::when(share <= SHARE))
        };
        let cells = [
            time(none),
            time(allow),
            time(added),
            time(theirs),
            format!("{share:.3}"),
        ];
        table.row(&format!("{name}: {call}"), cells, &target, verdict);
    }
    Ok(())
}

fn times(
    bench: &Bench,
    program: &Path,
    ours: &Program,
    theirs: &[Program],
) -> Result<BTreeMap<String, Times>, Failure> {
    let allow = Instruction {
        code: 6,
        k: 0x7fff_0000,
        ..Instruction::default()
    };
    let allow = Program::new(vec![allow]).map_err(|error| Failure::Failed(error.to_string()))?;
    let sets: [&[Program]; 4] = [
        &[],
        std::slice::from_ref(&allow),
        std::slice::from_ref(ours),
        theirs,
    ];
    let mut command = Command::new(program);
    command.arg(bench.rounds.to_string());
    for (place, programs) in sets.iter().enumerate() {
        let path = bench.folder.join(format!("filters-{place}"));
        fs::write(&path, bytes(programs))?;
        command.arg(path);
    }
    let text = run::output(&mut command)
        .ok_or_else(|| Failure::Failed("no filter could be installed".to_owned()))?;
    let mut times: BTreeMap<String, Times> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [place, call, nanoseconds] = words[..] else {
            continue;
        };
        let set = place
            .parse()
            .ok()
            .and_then(|place: usize| times.entry(call.to_owned()).or_default().0.get_mut(place));
        if let (Some(set), Ok(nanoseconds)) = (set, nanoseconds.parse()) {
            set.push(nanoseconds);
        }
    }
    Ok(times)
}

/// Whether the kernel knows without running filters that they allow the call.
fn is_constant(call: &str, programs: &[Program]) -> bool {
    let arch = Arch::NATIVE;
    let number = Syscall::by_name(call).and_then(|call| call.number(arch));
    let allow = Some(Action::Allow.raw());
    number.is_some_and(|number| {
        programs
            .iter()
            .all(|program| program.constant(arch.audit(), number) == allow)
    })
}

fn bytes(programs: &[Program]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for program in programs {
        bytes.extend((program.len() as u16).to_ne_bytes());
        for instruction in program.instructions() {
            bytes.extend(instruction.code.to_ne_bytes());
            bytes.extend([instruction.jt, instruction.jf]);
            bytes.extend(instruction.k.to_ne_bytes());
        }
    }
    bytes
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
