//! `cargo xtask filters`: the system call filters of a real systemd, recorded and packed for the repository.

use std::fs;
use std::path::{Path, PathBuf};

use unitward_conformance::filters::{random, record, recorded};
use unitward_conformance::random::Random;
use unitward_conformance::service::tree;
use unitward_conformance::service::world::{self, Worlds};

use crate::options::{Failure, Options};
use crate::run;

const HELP: &str = "\
Record the system call filters that a real systemd installs, for named and random settings.

Usage: cargo xtask filters [--release R] [--tree FOLDER] [--units N]

The record becomes tests/conformance/filters/VERSION.bin. Needs root.

Options:
  --release R     The Debian release whose systemd is asked (default trixie; sid has the newest)
  --tree FOLDER   A root directory with a systemd in place of a release
  --units N       How many random units (default 320)
";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let release: String = options
        .value("--release")?
        .unwrap_or_else(|| "trixie".to_owned());
    let tree: Option<String> = options.value("--tree")?;
    let count: u64 = options.value("--units")?.unwrap_or(320);
    options.finish()?;
    let tree = match tree {
        Some(tree) => PathBuf::from(tree),
        None => tree::tree(&release).map_err(failed)?,
    };
    let version = world::version(&tree).map_err(failed)?;
    let folder = run::target().join("filters");
    let worlds = Worlds::new(&folder.join("programs")).map_err(failed)?;
    let units: Vec<Vec<String>> = random::named()
        .into_iter()
        .chain((0..count).map(|seed| random::lines(&mut Random::new(seed), version)))
        .collect();
    let cases = record::record(&worlds, &tree, &units, &folder.join("systemd")).map_err(failed)?;
    let packed = recorded::pack(&cases);
    let path = recorded::path(version);
    fs::write(&path, &packed)?;
    report(&path, units.len(), cases.len(), packed.len());
    Ok(())
}

fn report(path: &Path, units: usize, started: usize, bytes: usize) {
    println!(
        "{}: {started} of {units} units started, {bytes} bytes",
        path.display()
    );
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}
