//! The two ends of a recording: `units DIR VERSION SEED COUNT` writes random units for `filters/record.c`, `compare
//! VERSION DIR RECORD` compares what it read with unitward's filters.

#![expect(clippy::print_stdout, reason = "a command")]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use unitward_conformance::filters;
use unitward_conformance::random::Random;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["units", dir, version, seed, count] => units(
            Path::new(dir),
            version.parse()?,
            seed.parse()?,
            count.parse()?,
        ),
        ["compare", version, dir, record] => {
            compare(version.parse()?, Path::new(dir), Path::new(record))
        }
        _ => Err("units DIR VERSION SEED COUNT | compare VERSION DIR RECORD".into()),
    }
}

fn units(dir: &Path, systemd: u16, seed: u64, count: u64) -> Result<(), Box<dyn Error>> {
    for at in 0..count {
        let lines = filters::random(&mut Random::new(seed + at), systemd).join("\n");
        let head = "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\nExecStart=/oracle/spin";
        fs::write(
            dir.join(format!("f{:04}.service", seed + at)),
            format!("{head}\n{lines}\n"),
        )?;
    }
    Ok(())
}

fn compare(systemd: u16, dir: &Path, record: &Path) -> Result<(), Box<dyn Error>> {
    let cases = filters::parse(&fs::read_to_string(record)?)?;
    let (mut same, mut calls, mut ours, mut theirs) = (0, 0, 0, 0);
    for case in &cases {
        let text = fs::read_to_string(dir.join(format!("{}.service", case.name)))?;
        let lines: Vec<String> = text.lines().skip(5).map(str::to_owned).collect();
        let policy = filters::policy(&lines, systemd)?;
        let found = filters::compare(&policy, &case.programs);
        calls += found.calls;
        ours += found.instructions;
        theirs += case
            .programs
            .iter()
            .map(|program| program.len())
            .sum::<usize>();
        if found.differences.is_empty() {
            same += 1;
            continue;
        }
        println!("{}\n{}", case.name, lines.join("\n"));
        for difference in found.differences.iter().take(3) {
            println!(
                "  {:x?} {:?} {:?}",
                difference.call, difference.systemd, difference.unitward
            );
        }
    }
    println!(
        "{same} of {} identical, {calls} calls, {ours} for {theirs} instructions",
        cases.len()
    );
    Ok(())
}
