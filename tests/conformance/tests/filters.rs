//! One system call filter that answers as all filters of systemd together.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::Path;

use unitward_conformance::filters::compare::compare;
use unitward_conformance::filters::{Case, policy, random, record, recorded};
use unitward_conformance::random::Random;
use unitward_conformance::service::tree;
use unitward_conformance::service::world::{self, Worlds};
use unitward_conformance::skip::skip;

/// How many units are tried in a container, and the first seed, which is none of those of the records.
const UNITS: u64 = 60;
const SEED: u64 = 1_000_000;

#[test]
fn answers_as_systemd_257() {
    same(257, &recorded::cases(257).unwrap());
}

#[test]
fn answers_as_systemd_262() {
    same(262, &recorded::cases(262).unwrap());
}

#[test]
fn answers_as_systemd_of_trixie_just_now() {
    now("trixie");
}

#[test]
fn answers_as_systemd_of_sid_just_now() {
    now("sid");
}

fn now(release: &str) {
    let tree = match tree::tree(release) {
        Ok(tree) => tree,
        Err(reason) => return skip(&reason.to_string()),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("filters")
        .join(release);
    let worlds = match Worlds::new(&folder.join("programs")) {
        Ok(worlds) => worlds,
        Err(reason) => return skip(&reason.to_string()),
    };
    let version = world::version(&tree).unwrap();
    let units: Vec<Vec<String>> = (SEED..SEED + UNITS)
        .map(|seed| random::lines(&mut Random::new(seed), version))
        .collect();
    let cases = match record::record(&worlds, &tree, &units, &folder.join("systemd")) {
        Ok(cases) => cases,
        Err(reason) => return skip(&reason.to_string()),
    };
    same(version, &cases);
}

fn same(systemd: u16, cases: &[Case]) {
    assert!(cases.len() > 40, "only {} units started", cases.len());
    let (mut identical, mut calls, mut ours, mut theirs) = (0, 0, 0, 0);
    for case in cases {
        let found = compare(&policy(&case.lines, systemd).unwrap(), &case.programs);
        calls += found.calls;
        ours += found.instructions;
        theirs += case
            .programs
            .iter()
            .map(|program| program.len())
            .sum::<usize>();
        if found.differences.is_empty() {
            identical += 1;
            continue;
        }
        println!("{}:\n{}", case.name, case.lines.join("\n"));
        for difference in found.differences.iter().take(3) {
            println!("  {difference}");
        }
    }
    let of = cases.len();
    println!(
        "systemd {systemd}: {identical} of {of} identical, {calls} calls; {ours} instructions for {theirs}"
    );
    assert_eq!(identical, of);
}
