//! unitward beside the recorded results of real systemd versions.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use unitward_conformance::analyze::Analyze;
use unitward_conformance::compare::differences;
use unitward_conformance::corpus::{Corpus, VERSIONS};
use unitward_conformance::golden::{Golden, Outcome};

fn read(corpus: Corpus, version: &str) -> (String, Golden) {
    let path = corpus.golden(version);
    let text = fs::read_to_string(&path).unwrap();
    let golden = Golden::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (text, golden)
}

#[test]
fn recordings_are_whole() {
    for corpus in Corpus::ALL {
        for version in VERSIONS {
            let (text, golden) = read(corpus, version);
            let units: Vec<_> = golden
                .results
                .iter()
                .map(|result| result.path.clone())
                .collect();
            assert_eq!(units, corpus.services().unwrap(), "{corpus:?} {version}");
            assert_eq!(
                Some(golden.checksum()),
                Golden::stated_checksum(&text),
                "{corpus:?} {version}"
            );
            assert_eq!(golden.to_text().unwrap(), text, "{corpus:?} {version}");
        }
    }
}

/// Every row of every unit, from two calls a version; the units that differ are looked at again alone.
fn agrees(corpus: Corpus, version: &str) {
    let analyze = Analyze::unitward(version).unwrap();
    let (_, golden) = read(corpus, version);
    let folder = corpus.units();
    let mut wrong = Vec::new();
    let (scored, refused): (Vec<_>, Vec<_>) = golden
        .results
        .iter()
        .partition(|result| matches!(result.outcome, Outcome::Scored(_)));
    let paths: Vec<&str> = scored.iter().map(|result| result.path.as_str()).collect();
    let (exit, found) = analyze.look_at_all(&folder, &paths).unwrap();
    for result in scored {
        let Outcome::Scored(expected) = &result.outcome else {
            continue;
        };
        let same = exit == 0
            && found
                .get(&expected.id)
                .is_some_and(|found| found == expected);
        if !same {
            let alone = analyze.look(&folder, &result.path).unwrap();
            wrong.extend(
                differences(&result.outcome, &alone)
                    .map(|text| format!("{}:\n{text}", result.path)),
            );
        }
    }
    for result in refused {
        let alone = analyze.look(&folder, &result.path).unwrap();
        wrong.extend(
            differences(&result.outcome, &alone).map(|text| format!("{}:\n{text}", result.path)),
        );
    }
    let count = golden.results.len();
    let shown = wrong
        .iter()
        .take(20)
        .map(String::as_str)
        .collect::<String>();
    assert!(
        wrong.is_empty(),
        "{} of {count} units differ from systemd {version}:\n{shown}",
        wrong.len()
    );
    assert_eq!(exit, 0, "units agree alone, but not in one call");
}

macro_rules! agree {
    ($($name:ident: $corpus:expr, $version:literal;)*) => {$(
        #[test]
        fn $name() {
            agrees($corpus, $version);
        }
    )*};
}

agree! {
    exposure_agrees_with_252: Corpus::Exposure, "252";
    exposure_agrees_with_257: Corpus::Exposure, "257";
    exposure_agrees_with_262: Corpus::Exposure, "262";
    real_units_agree_with_252: Corpus::Real, "252";
    real_units_agree_with_257: Corpus::Real, "257";
    real_units_agree_with_262: Corpus::Real, "262";
    tutorials_agree_with_252: Corpus::Seeds, "252";
    tutorials_agree_with_257: Corpus::Seeds, "257";
    tutorials_agree_with_262: Corpus::Seeds, "262";
}

/// One unit a call, as most people use it, on every ninth unit.
#[test]
fn single_units_agree() {
    let mut wrong = String::new();
    for version in VERSIONS {
        let analyze = Analyze::unitward(version).unwrap();
        for corpus in Corpus::ALL {
            let (_, golden) = read(corpus, version);
            for result in golden.results.iter().step_by(9) {
                let found = analyze.look(&corpus.units(), &result.path).unwrap();
                if let Some(text) = differences(&result.outcome, &found) {
                    wrong.push_str(&format!("{version} {}:\n{text}", result.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
