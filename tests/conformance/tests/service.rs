//! What services find themselves in under `unitward run`, beside the same under a real systemd.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use unitward_conformance::analyze;
use unitward_conformance::service::world::{Starter, Worlds};
use unitward_conformance::service::{cases, differences, tree, world};
use unitward_conformance::skip::skip;

/// How many cases are identical. More is better; less is a fault.
const HELD: usize = 0;

#[test]
fn services_find_what_systemd_of_trixie_gives_them() {
    same_as("trixie", HELD);
}

#[test]
fn services_find_what_systemd_of_sid_gives_them() {
    same_as("sid", HELD);
}

fn same_as(release: &str, held: usize) {
    let program = analyze::unitward().unwrap();
    if !can_run(program) {
        return skip("this unitward has no `run`");
    }
    let tree = match tree::tree(release) {
        Ok(tree) => tree,
        Err(reason) => return skip(&reason.to_string()),
    };
    let folder = folder(release);
    let worlds = match Worlds::new(&folder.join("programs")) {
        Ok(worlds) => worlds,
        Err(reason) => return skip(&reason.to_string()),
    };
    let version = world::version(&tree).unwrap();
    let cases: Vec<_> = cases::all()
        .unwrap()
        .into_iter()
        .filter(|case| case.applies(version))
        .collect();
    let expected = match worlds.run(&tree, Starter::Systemd, &cases, &folder.join("systemd")) {
        Ok(expected) => expected,
        Err(reason) => return skip(&reason.to_string()),
    };
    let starter = Starter::Unitward { program, version };
    let got = worlds
        .run(&tree, starter, &cases, &folder.join("unitward"))
        .unwrap();
    let comparison = differences::compare(&expected, &got, &differences::intended().unwrap());
    for difference in &comparison.differences {
        println!("{difference}");
    }
    println!("systemd {version}: {comparison}");
    assert!(
        comparison.identical >= held,
        "{comparison}, {held} were before"
    );
}

fn can_run(program: &Path) -> bool {
    let help = Command::new(program).args(["run", "--help"]).output();
    help.is_ok_and(|output| output.status.success())
}

fn folder(release: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("service")
        .join(release)
}
