//! `cargo xtask conform`: services under a real systemd and under unitward, with the differences.

mod show;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use unitward_conformance::service::cases::{self, Case};
use unitward_conformance::service::differences;
use unitward_conformance::service::facts::Facts;
use unitward_conformance::service::records::{self, Records};
use unitward_conformance::service::tree;
use unitward_conformance::service::world::{self, Outcome, Starter, Worlds};

use crate::options::{Failure, Options};
use crate::run;

const HELP: &str = "\
Run units under a real systemd and under unitward, and show what is different inside.

Usage: cargo xtask conform [OPTIONS] [CASE...]

CASE is a name from tests/conformance/cases, or a part of one; without any, all cases run.

Options:
  --release R   The Debian release whose systemd is asked: bookworm, trixie (the default), sid
  --record      Ask systemd of both releases and keep what it gave in tests/conformance/cases/records
  --recorded V  Compare with what was kept of version V, in a copy of this machine's own root directory
  --facts       Print the facts of systemd instead of comparing
  --by-case     Show all differences, case by case, instead of a summary by directive
";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let release: String = options
        .value("--release")?
        .unwrap_or_else(|| "trixie".to_owned());
    let record = options.flag("--record");
    let recorded = options.value("--recorded")?;
    let only_facts = options.flag("--facts");
    let by_case = options.flag("--by-case");
    let mut parts = Vec::new();
    while let Some(part) = options.positional() {
        parts.push(part);
    }
    options.finish()?;

    if record {
        return keep();
    }
    let bench = match recorded {
        Some(version) => Bench::of_machine(version)?,
        None => Bench::of_release(&release)?,
    };
    let cases = chosen(bench.version, &parts)?;
    if only_facts {
        for (case, outcome) in &bench.systemd(&cases)? {
            print_facts(case, &outcome.facts);
        }
        return Ok(());
    }
    let (expected, got) = match recorded {
        Some(version) => {
            let got = bench.unitward(&cases)?;
            let plain = got
                .get("plain")
                .ok_or_else(|| failed("the case `plain` is needed"))?;
            let mut expected = records()?.expected(version, plain);
            expected.retain(|case, _| got.contains_key(case));
            (expected, got)
        }
        None => (bench.systemd(&cases)?, bench.unitward(&cases)?),
    };
    let comparison = differences::compare(&expected, &got, &differences::intended()?);
    if by_case {
        show::by_case(&comparison.differences, &got);
    } else {
        show::by_directive(&comparison.differences, &cases, &got);
    }
    for line in world::left_behind(&bench.folder.join("unitward")).map_err(failed)? {
        println!("left behind: {line}");
    }
    println!("{comparison}");
    if comparison.differences.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed("there are differences".to_owned()))
}

/// Where cases are run.
struct Bench {
    tree: PathBuf,
    version: u16,
    folder: PathBuf,
    worlds: Worlds,
}

type Outcomes = BTreeMap<String, Outcome>;

impl Bench {
    fn of_release(release: &str) -> Result<Self, Failure> {
        let tree = tree::tree(release).map_err(failed)?;
        let version = world::version(&tree).map_err(failed)?;
        Self::new(tree, version, release)
    }

    fn of_machine(version: u16) -> Result<Self, Failure> {
        Self::new(tree::machine().map_err(failed)?, version, "machine")
    }

    fn new(tree: PathBuf, version: u16, name: &str) -> Result<Self, Failure> {
        let folder = run::target().join("conform").join(name);
        let worlds = Worlds::new(&folder.join("programs")).map_err(failed)?;
        Ok(Self {
            tree,
            version,
            folder,
            worlds,
        })
    }

    fn systemd(&self, cases: &[Case]) -> Result<Outcomes, Failure> {
        self.timed("systemd", Starter::Systemd, cases)
    }

    fn unitward(&self, cases: &[Case]) -> Result<Outcomes, Failure> {
        let program = run::unitward("dev")?;
        let starter = Starter::Unitward {
            program: &program,
            version: self.version,
        };
        self.timed("unitward", starter, cases)
    }

    fn timed(&self, who: &str, starter: Starter<'_>, cases: &[Case]) -> Result<Outcomes, Failure> {
        let start = Instant::now();
        let shared = self.folder.join(who);
        let outcomes = self.worlds.run(&self.tree, starter, cases, &shared);
        let outcomes = outcomes.map_err(failed)?;
        println!(
            "{who}, version {}: {} cases in {:.1} s; see {}",
            self.version,
            cases.len(),
            start.elapsed().as_secs_f64(),
            shared.display()
        );
        Ok(outcomes)
    }
}

/// Records what the systemd of both releases gives.
fn keep() -> Result<(), Failure> {
    let mut runs = Vec::new();
    for release in ["trixie", "sid"] {
        let bench = Bench::of_release(release)?;
        let cases = chosen(bench.version, &[])?;
        runs.push((bench.version, bench.systemd(&cases)?));
    }
    let text = Records::new(&runs).to_text();
    let path = records::path();
    fs::write(&path, &text)?;
    println!("{}: {} bytes", path.display(), text.len());
    Ok(())
}

fn records() -> Result<Records, Failure> {
    Records::of_repository()?.ok_or_else(|| failed("the records cannot be read"))
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
