//! `cargo xtask test`: every test there is, in sections, with one summary.

mod libtest;

use std::time::Instant;

use libtest::Reader;

use crate::options::{Failure, Options};
use crate::{bpf, docs, fuzz, machine, run};

const HELP: &str = "\
Run every test, and say what could not be run here.

Usage: cargo xtask test [--full] [--fuzz-runs N]

Installs what the tests need when it is root and there is apt-get. A test that cannot run on
this machine prints `skipped: REASON` and is counted as skipped, never as passed. The last line
is `N passed, N failed, N skipped`; the exit status is 0 when nothing failed.

Options:
  --full          Every daemon rather than a few, and more of what they do; installs them, not started
  --fuzz-runs N   Runs of each fuzz target (default 100000)
";

const FUZZ_RUNS: u64 = 100_000;

/// How many tests ended how.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    /// What failed, by name.
    pub(crate) failed: Vec<String>,
    /// What was not run, by name, and why.
    pub(crate) skipped: Vec<(String, String)>,
}

impl Tally {
    /// Counts one check that is no libtest test.
    pub(crate) fn check(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed.push(name.to_owned());
        }
    }
}

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let runs = options.value("--fuzz-runs")?.unwrap_or(FUZZ_RUNS);
    let full = options.flag("--full");
    options.finish()?;
    let start = Instant::now();
    let mut tally = Tally::default();
    section("Machine", |_| machine::prepare(full), &mut tally)?;
    section("Unit and integration tests", workspace, &mut tally)?;
    section("Daemons", |tally| daemons(full, tally), &mut tally)?;
    section("Conformance with systemd", conformance, &mut tally)?;
    section("Programs in the kernel", bpf::check, &mut tally)?;
    section("Fuzz targets", |tally| fuzz::check(runs, tally), &mut tally)?;
    section("Documentation", docs::check, &mut tally)?;
    summary(&tally, start);
    if tally.failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed("there are failures".to_owned()))
    }
}

fn section(
    name: &str,
    body: impl FnOnce(&mut Tally) -> Result<(), Failure>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    println!("\n== {name} ==");
    let start = Instant::now();
    body(tally)?;
    println!("-- {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn workspace(tally: &mut Tally) -> Result<(), Failure> {
    let selection = [
        "--workspace",
        "--exclude",
        "unitward-conformance",
        "--exclude",
        "unitward-daemons",
    ];
    cargo_test(&selection, false, tally)
}

fn conformance(tally: &mut Tally) -> Result<(), Failure> {
    cargo_test(&["--package", "unitward-conformance"], false, tally)
}

fn daemons(full: bool, tally: &mut Tally) -> Result<(), Failure> {
    cargo_test(&["--package", "unitward-daemons"], full, tally)
}

fn cargo_test(selection: &[&str], full: bool, tally: &mut Tally) -> Result<(), Failure> {
    let mut command = run::cargo(&["test", "--locked", "--no-fail-fast"]);
    command.args(selection).args(["--", "--show-output"]);
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    if full {
        command.env("UNITWARD_FULL", "1");
    }
    let mut reader = Reader::default();
    let success = run::lines(&mut command, |line| {
        if let Some(shown) = reader.line(line) {
            println!("{shown}");
        }
    })?;
    let counted = reader.finish(tally);
    if !success && counted == 0 {
        tally.failed.push(format!(
            "cargo test {}: did not compile or was ended",
            selection.join(" ")
        ));
    }
    Ok(())
}

fn summary(tally: &Tally, start: Instant) {
    println!("\n== Summary ==");
    for (name, reason) in &tally.skipped {
        println!("skipped: {name}: {reason}");
    }
    for name in &tally.failed {
        println!("failed: {name}");
    }
    println!("-- all: {:.1} s", start.elapsed().as_secs_f64());
    println!(
        "{} passed, {} failed, {} skipped",
        tally.passed,
        tally.failed.len(),
        tally.skipped.len()
    );
}
