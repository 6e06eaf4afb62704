//! What services find themselves in under `unitward run`, beside the same under a real systemd.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use unitward_conformance::analyze;
use unitward_conformance::service::cases::Case;
use unitward_conformance::service::differences::Comparison;
use unitward_conformance::service::records::Records;
use unitward_conformance::service::world::{Outcome, Starter, WorldError, Worlds};
use unitward_conformance::service::{cases, differences, tree, world};
use unitward_conformance::skip::skip;

/// How many cases are identical with each release, but for some that a busy machine changes. More is better; less is a
/// fault.
const HELD: [(&str, usize); 2] = [("trixie", 520), ("sid", 506)];

/// The same with what was recorded elsewhere: kernels and machines differ in some facts.
const HELD_OF_RECORDS: usize = 450;

#[test]
fn services_find_what_systemd_of_trixie_gives_them() {
    same_as("trixie");
}

#[test]
fn services_find_what_systemd_of_sid_gives_them() {
    same_as("sid");
}

/// A machine that can set up a tree has compared with the real systemd.
#[test]
fn services_find_what_was_recorded_where_no_systemd_can_be_asked() {
    let Err(reason) = tree::tree("trixie") else {
        return skip("the real systemd is asked here");
    };
    let machine = match tree::machine() {
        Ok(machine) => machine,
        Err(reason) => return skip(&reason.to_string()),
    };
    println!("no tree: {reason}");
    let records = Records::of_repository().unwrap().unwrap();
    let Some(version) = records.versions().first().copied() else {
        return skip("nothing was recorded");
    };
    let Some(here) = Here::new("recorded") else {
        return;
    };
    let cases = of_version(version);
    let got = match here.run_unitward(&machine, version, &cases) {
        Ok(got) => got,
        Err(reason) => return skip(&reason.to_string()),
    };
    let expected = records.expected(version, got.get("plain").unwrap());
    let comparison = compared(version, &expected, &got);
    assert!(comparison.identical >= HELD_OF_RECORDS, "{comparison}");
}

fn same_as(release: &str) {
    let tree = match tree::tree(release) {
        Ok(tree) => tree,
        Err(reason) => return skip(&reason.to_string()),
    };
    let Some(here) = Here::new(release) else {
        return;
    };
    let version = world::version(&tree).unwrap();
    let cases = of_version(version);
    let shared = here.folder.join("systemd");
    let expected = match here.worlds.run(&tree, Starter::Systemd, &cases, &shared) {
        Ok(expected) => expected,
        Err(reason) => return skip(&reason.to_string()),
    };
    let got = here.run_unitward(&tree, version, &cases).unwrap();
    let comparison = compared(version, &expected, &got);
    let held = HELD.iter().find(|(known, _)| *known == release);
    let held = held.map(|(_, count)| *count).unwrap();
    println!("{release}: {comparison}");
    assert!(
        comparison.identical >= held,
        "{comparison}; {held} were identical before"
    );
}

/// What this machine has for the tests.
struct Here {
    folder: PathBuf,
    worlds: Worlds,
    program: &'static Path,
}

impl Here {
    /// Nothing when the test has to be skipped.
    fn new(name: &str) -> Option<Self> {
        let program = analyze::unitward().unwrap();
        if !can_run(program) {
            skip("this unitward has no `run`");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("service")
            .join(name);
        match Worlds::new(&folder.join("programs")) {
            Ok(worlds) => Some(Self {
                folder,
                worlds,
                program,
            }),
            Err(reason) => {
                skip(&reason.to_string());
                None
            }
        }
    }

    fn run_unitward(
        &self,
        tree: &Path,
        version: u16,
        cases: &[Case],
    ) -> Result<BTreeMap<String, Outcome>, WorldError> {
        let starter = Starter::Unitward {
            program: self.program,
            version,
        };
        let shared = self.folder.join("unitward");
        self.worlds.run(tree, starter, cases, &shared)
    }
}

fn of_version(version: u16) -> Vec<Case> {
    let cases = cases::all().unwrap().into_iter();
    cases.filter(|case| case.applies(version)).collect()
}

fn compared(
    version: u16,
    expected: &BTreeMap<String, Outcome>,
    got: &BTreeMap<String, Outcome>,
) -> Comparison {
    let comparison = differences::compare(expected, got, &differences::intended().unwrap());
    for difference in &comparison.differences {
        println!("{difference}");
    }
    println!("systemd {version}: {comparison}");
    comparison
}

fn can_run(program: &Path) -> bool {
    let help = Command::new(program).args(["run", "--help"]).output();
    help.is_ok_and(|output| output.status.success())
}
