//! One system call filter that answers as all filters of systemd together.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::Path;

use unitward_conformance::filters::compare::{Difference, compare};
use unitward_conformance::filters::{Case, policy, random, record, recorded};
use unitward_conformance::random::Random;
use unitward_conformance::service::tree;
use unitward_conformance::service::world::{self, Worlds};
use unitward_conformance::skip::skip;
use unitward_seccomp::{Arch, Call};

/// How many units are tried in a container, and the first seed, which is none of those of the records.
const UNITS: u64 = 60;
const SEED: u64 = 1_000_000;

#[test]
fn answers_as_systemd_252() {
    same(252, &recorded::cases(252).unwrap());
}

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

/// libseccomp 2.5.4, which 252 was recorded with, forgets to load the number when the first call of a filter for x86 has
/// no number of its own, such as `accept`: the filter then never says a thing. unitward's filter says it.
fn is_fault(systemd: u16, difference: &Difference) -> bool {
    const SOCKETCALL: u32 = 102;
    const IPC: u32 = 117;
    let Call { number, arch, .. } = difference.call;
    systemd == 252 && arch == Arch::X86.audit() && matches!(number, SOCKETCALL | IPC)
}

fn same(systemd: u16, cases: &[Case]) {
    assert!(cases.len() > 40, "only {} units started", cases.len());
    let (mut identical, mut calls, mut ours, mut theirs) = (0, 0, 0, 0);
    for case in cases {
        let mut found = compare(&policy(&case.lines, systemd).unwrap(), &case.programs).unwrap();
        found
            .differences
            .retain(|difference| !is_fault(systemd, difference));
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
