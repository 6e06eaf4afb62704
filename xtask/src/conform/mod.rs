//! `cargo xtask conform`: services under a real systemd and under unitward, with the differences.

mod show;

use std::time::Instant;

use unitward_conformance::service::cases::{self, Case};
use unitward_conformance::service::differences;
use unitward_conformance::service::world::{self, Starter, Worlds};
use unitward_conformance::service::{facts::Facts, tree};

use crate::options::{Failure, Options};
use crate::run;

const HELP: &str = "\
Run units under a real systemd and under unitward, and show what is different inside.

Usage: cargo xtask conform [OPTIONS] [CASE...]

CASE is a name from tests/conformance/cases, or a part of one; without any, all cases run.

Options:
  --release R   The Debian release whose systemd is asked (default trixie; sid has the newest)
  --facts       Print the facts of systemd instead of comparing
  --by-case     Show all differences, case by case, instead of a summary by directive
";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let release: String = options
        .value("--release")?
        .unwrap_or_else(|| "trixie".to_owned());
    let only_facts = options.flag("--facts");
    let by_case = options.flag("--by-case");
    let mut parts = Vec::new();
    while let Some(part) = options.positional() {
        parts.push(part);
    }
    options.finish()?;

    let tree = tree::tree(&release).map_err(failed)?;
    let version = world::version(&tree).map_err(failed)?;
    let folder = run::target().join("conform").join(&release);
    let worlds = Worlds::new(&folder.join("programs")).map_err(failed)?;
    let cases = chosen(version, &parts)?;

    let start = Instant::now();
    let shared = folder.join("systemd");
    let expected = worlds
        .run(&tree, Starter::Systemd, &cases, &shared)
        .map_err(failed)?;
    println!(
        "systemd {version}: {} cases in {:.1} s; see {}",
        cases.len(),
        start.elapsed().as_secs_f64(),
        shared.display()
    );
    if only_facts {
        for (case, outcome) in &expected {
            print_facts(case, &outcome.facts);
        }
        return Ok(());
    }

    let program = run::unitward("dev")?;
    let start = Instant::now();
    let shared = folder.join("unitward");
    let starter = Starter::Unitward {
        program: &program,
        version,
    };
    let got = worlds
        .run(&tree, starter, &cases, &shared)
        .map_err(failed)?;
    println!(
        "unitward: {:.1} s; see {}",
        start.elapsed().as_secs_f64(),
        shared.display()
    );
    let comparison = differences::compare(&expected, &got, &differences::intended()?);
    if by_case {
        show::by_case(&comparison.differences, &got);
    } else {
        show::by_directive(&comparison.differences, &cases, &got);
    }
    println!("{comparison}");
    if comparison.differences.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed("there are differences".to_owned()))
}

fn chosen(version: u16, parts: &[String]) -> Result<Vec<Case>, Failure> {
    let mut cases = cases::all().map_err(failed)?;
    cases.retain(|case| {
        let named = parts.is_empty() || parts.iter().any(|part| case.name.contains(part));
        named && case.applies(version)
    });
    if cases.is_empty() {
        return Err(Failure::Usage("no case has such a name".to_owned()));
    }
    Ok(cases)
}

fn print_facts(case: &str, facts: &Facts) {
    println!("\n{case}");
    for (key, value) in facts.iter() {
        println!("  {key}={value}");
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}
