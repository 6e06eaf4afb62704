//! unitward beside the systemd-analyze of this machine, on the corpus and on random units.
//!
//! `$UNITWARD_SYSTEMD_ANALYZE` names other programs to compare with, separated by colons.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use unitward_conformance::analyze::{Analyze, Output};
use unitward_conformance::compare::first_difference;
use unitward_conformance::corpus::{Corpus, VERSIONS};
use unitward_conformance::generate::{DROP_IN, Generator};
use unitward_conformance::minimize::smallest;
use unitward_conformance::skip::skip;

const SEED: u64 = 1;
const UNITS: usize = 400;
const BATCH: usize = 50;
const SHOWN: usize = 5;

/// Every real systemd-analyze to compare with; says why when there is none.
fn real_ones() -> Vec<Analyze> {
    let programs =
        env::var("UNITWARD_SYSTEMD_ANALYZE").unwrap_or_else(|_| "systemd-analyze".to_owned());
    let mut found = Vec::new();
    for program in programs.split(':') {
        match Analyze::real(program) {
            None => skip(&format!("{program} is not installed")),
            Some(real) if !VERSIONS.contains(&real.version()) => {
                skip(&format!(
                    "{program} is systemd {}, whose rules are not known",
                    real.version()
                ));
            }
            Some(real) => found.push(real),
        }
    }
    found
}

/// Table, JSON and exit status of the same units from both.
fn difference(real: &Analyze, ours: &Analyze, folder: &Path, units: &[String]) -> Option<String> {
    let mut text = String::new();
    for options in [
        &[][..],
        &["--json=short"],
        &["--json=pretty", "--threshold=70"],
    ] {
        let call = |analyze: &Analyze| analyze.security(folder, &[], options, units).unwrap();
        let (expected, found): (Output, Output) = (call(real), call(ours));
        if expected.exit != found.exit {
            let _ = writeln!(
                text,
                "  exit status: expected {}, found {}",
                expected.exit, found.exit
            );
        }
        // JSON is one long line a unit; its rows are told apart only when cut.
        let cut = |output: &str| output.replace("},{", "}\n{");
        text.extend(first_difference(
            &cut(&expected.stdout),
            &cut(&found.stdout),
        ));
        if !text.is_empty() {
            let _ = writeln!(text, "  systemd-analyze said:\n{}", expected.stderr);
            let _ = writeln!(text, "  unitward said:\n{}", found.stderr);
            break;
        }
    }
    (!text.is_empty()).then_some(text)
}

#[test]
fn the_corpus_gives_the_same_bytes() {
    let mut wrong = Vec::new();
    for real in real_ones() {
        let ours = Analyze::unitward(real.version()).unwrap();
        for corpus in Corpus::ALL {
            let folder = corpus.units();
            for batch in corpus.services().unwrap().chunks(BATCH) {
                if difference(&real, &ours, &folder, batch).is_none() {
                    continue;
                }
                for unit in batch {
                    let alone = difference(&real, &ours, &folder, std::slice::from_ref(unit));
                    wrong.extend(alone.map(|text| format!("{} {unit}:\n{text}", real.version())));
                }
            }
        }
    }
    let shown: String = wrong.iter().take(SHOWN).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} units differ:\n{shown}", wrong.len());
}

#[test]
fn random_units_give_the_same_bytes() {
    let mut report = String::new();
    for real in real_ones() {
        let folder = Folder::new(&format!("random-{}", real.version()));
        let ours = Analyze::unitward(real.version()).unwrap();
        let mut generator = Generator::new(SEED);
        let units: Vec<(String, String)> = (0..UNITS)
            .map(|index| (format!("random-{index}.service"), generator.unit()))
            .collect();
        units
            .iter()
            .for_each(|(name, text)| put(&folder.0, name, text));
        let mut wrong = Vec::new();
        for batch in units.chunks(BATCH) {
            let names: Vec<String> = batch.iter().map(|(name, _)| name.clone()).collect();
            if difference(&real, &ours, &folder.0, &names).is_some() {
                wrong.extend(batch.iter().filter(|(name, _)| {
                    difference(&real, &ours, &folder.0, std::slice::from_ref(name)).is_some()
                }));
            }
        }
        let shown: String = wrong
            .iter()
            .take(SHOWN)
            .map(|(_, text)| minimized(&real, &ours, &folder.0, text))
            .collect();
        if !wrong.is_empty() {
            let version = real.version();
            let _ = writeln!(
                report,
                "{} of {UNITS} units differ from systemd {version}:\n{shown}",
                wrong.len()
            );
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// What depends on the running kernel is left out: lists of what it knows beyond the sets.
#[test]
fn other_verbs_give_the_same_bytes() {
    let mut wrong = String::new();
    for real in real_ones() {
        let ours = Analyze::unitward(real.version()).unwrap();
        for words in [
            &["capability"][..],
            &["exit-status"],
            &["syscall-filter", "@system-service", "@known"],
        ] {
            let call = |analyze: &Analyze| analyze.call(Path::new("/"), &[], words).unwrap().stdout;
            if let Some(text) = first_difference(&call(&real), &call(&ours)) {
                let _ = writeln!(wrong, "{} {}:\n{text}", real.version(), words.join(" "));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Writes a generated unit, with its drop-in if it has one.
fn put(folder: &Path, name: &str, text: &str) {
    let (main, drop_in) = text
        .split_once(DROP_IN)
        .map_or((text, None), |(main, rest)| (main, Some(rest)));
    fs::write(folder.join(name), main).unwrap();
    let drop_ins = folder.join(format!("{name}.d"));
    match drop_in {
        Some(text) => {
            fs::create_dir_all(&drop_ins).unwrap();
            fs::write(drop_ins.join("50-generated.conf"), text).unwrap();
        }
        None => drop(fs::remove_dir_all(&drop_ins)),
    }
}

/// The smallest unit that still differs, with the difference.
fn minimized(real: &Analyze, ours: &Analyze, folder: &Path, text: &str) -> String {
    let name = "minimized.service".to_owned();
    let try_text = |text: &str| {
        put(folder, &name, text);
        difference(real, ours, folder, std::slice::from_ref(&name))
    };
    let small = smallest(text, |text| try_text(text).is_some());
    let difference = try_text(&small).unwrap_or_default();
    format!("----\n{}\n----\n{difference}", small.trim_end())
}

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("unitward-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
