//! `cargo xtask fuzz`: the fuzz targets on stable Rust, a fixed number of runs.

use crate::options::{Failure, Options};
use crate::run;
use crate::test::Tally;

const HELP: &str = "\
Run the fuzz targets a fixed number of times, with the same inputs everywhere.

Usage: cargo xtask fuzz [--runs N] [--seed N] [TARGET...]

It is the means for stable Rust; `fuzz/README.md` tells how to run them under a real fuzzer.

Options:
  --runs N   Runs of each target (default 100000)
  --seed N   Where the random numbers start (default 1)
";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let runs: u64 = options.value("--runs")?.unwrap_or(100_000);
    let seed: u64 = options.value("--seed")?.unwrap_or(1);
    let mut arguments = vec![format!("--runs={runs}"), format!("--seed={seed}")];
    while let Some(target) = options.positional() {
        arguments.push(target);
    }
    options.finish()?;
    let mut command = driver();
    if run::status(command.args(&arguments))? {
        Ok(())
    } else {
        Err(Failure::Failed("a target failed".to_owned()))
    }
}

/// Runs all targets and counts each.
pub(crate) fn check(runs: u64, tally: &mut Tally) -> Result<(), Failure> {
    let before = tally.failed.len();
    let mut command = driver();
    let success = run::lines(command.arg(format!("--runs={runs}")), |line| {
        println!("{line}");
        if let Some((name, result)) = line.split_once(": ") {
            if result.starts_with("ok") {
                tally.passed += 1;
            } else if result.starts_with("failed") {
                tally.failed.push(format!("fuzz target {name}"));
            }
        }
    })?;
    if !success && tally.failed.len() == before {
        tally
            .failed
            .push("fuzz targets: did not compile or were ended".to_owned());
    }
    Ok(())
}

fn driver() -> std::process::Command {
    run::cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--profile",
        "fuzz",
        "--package",
        "unitward-fuzz",
        "--",
    ])
}
