//! What real systemd versions gave to the cases, kept for machines on which no Debian tree can be set up.
//!
//! Only what is not as in the case `plain` is kept, and each such fact once, with the cases that have it:
//!
//! ```text
//! versions 257 262
//! cases affinity-0 affinity-list ...
//! no_new_privs=1
//!  3-5,9 | 3-6,9
//! -environment LANG
//!  12 | 12
//! ```
//!
//! A leading `-` is a fact that `plain` has and the case has not. `did not run=RESULT` stands for a service that did not
//! come as far as its program. The cases of the second version are left out where they are those of the first.
//!
//! The facts of `plain` itself depend on the machine. So the expectation for a machine is what unitward makes of `plain`
//! there, changed as the record says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::differences::RESULT;
use super::facts::Facts;
use super::world::Outcome;

/// The case that the others are kept against.
const PLAIN: &str = "plain";
const NOT_RUN: &str = "did not run";

/// By fact (a missing value: the fact is gone), the cases of each version.
type Kept = BTreeMap<(String, Option<String>), Vec<BTreeSet<usize>>>;

/// The records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    versions: Vec<u16>,
    cases: Vec<String>,
    kept: Kept,
}

/// The file of the repository.
pub fn path() -> PathBuf {
    crate::corpus::home().join("cases/records")
}

impl Records {
    /// Reads the file of the repository; nothing when its form is wrong.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_repository() -> io::Result<Option<Self>> {
        Ok(Self::parse(&fs::read_to_string(path())?))
    }

    /// Records of what systemd versions gave.
    pub fn new(runs: &[(u16, BTreeMap<String, Outcome>)]) -> Self {
        let names: BTreeSet<&String> = runs.iter().flat_map(|(_, run)| run.keys()).collect();
        let mut records = Self {
            versions: runs.iter().map(|(version, _)| *version).collect(),
            cases: names.into_iter().cloned().collect(),
            kept: Kept::new(),
        };
        for (index, (_, run)) in runs.iter().enumerate() {
            let Some(plain) = run.get(PLAIN) else {
                continue;
            };
            for (number, name) in records.cases.iter().enumerate() {
                let Some(outcome) = run.get(name) else {
                    continue;
                };
                for fact in changes(&plain.facts, &outcome.facts) {
                    let cases = records
                        .kept
                        .entry(fact)
                        .or_insert_with(|| vec![BTreeSet::new(); runs.len()]);
                    if let Some(cases) = cases.get_mut(index) {
                        cases.insert(number);
                    }
                }
            }
        }
        records
    }

    /// The versions there are.
    pub fn versions(&self) -> &[u16] {
        &self.versions
    }

    /// What systemd `version` would give on the machine on which `plain` is what a plain service finds.
    pub fn expected(&self, version: u16, plain: &Outcome) -> BTreeMap<String, Outcome> {
        let Some(index) = self.versions.iter().position(|v| *v == version) else {
            return BTreeMap::new();
        };
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        for ((fact, value), cases) in &self.kept {
            for case in cases.get(index).into_iter().flatten() {
                let outcome = outcomes.entry(*case).or_insert_with(|| plain.clone());
                match value {
                    Some(result) if fact == NOT_RUN => {
                        let only = (RESULT.to_owned(), result.clone());
                        outcome.facts = Facts::from_iter([only]);
                    }
                    Some(value) => outcome.facts.set(fact, value),
                    None => outcome.facts.remove(fact),
                }
            }
        }
        let named = outcomes.into_iter().filter_map(|(case, outcome)| {
            let name = self.cases.get(case)?;
            Some((name.clone(), outcome))
        });
        named.collect()
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let versions: Vec<String> = self.versions.iter().map(u16::to_string).collect();
        let mut text = format!(
            "versions {}\ncases {}\n",
            versions.join(" "),
            self.cases.join(" ")
        );
        for ((fact, value), cases) in &self.kept {
            let _ = match value {
                Some(value) => writeln!(text, "{fact}={value}"),
                None => writeln!(text, "-{fact}"),
            };
            let mut lists: Vec<String> = cases.iter().map(ranges).collect();
            lists.dedup();
            let _ = writeln!(text, " {}", lists.join(" | "));
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) gave; nothing when it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let versions = lines.next()?.strip_prefix("versions ")?;
        let cases = lines.next()?.strip_prefix("cases ")?;
        let mut records = Self {
            versions: versions
                .split(' ')
                .map(|version| version.parse().ok())
                .collect::<Option<_>>()?,
            cases: cases.split(' ').map(str::to_owned).collect(),
            kept: Kept::new(),
        };
        while let Some(line) = lines.next() {
            let fact = match line.split_once('=') {
                Some((fact, value)) if !line.starts_with('-') => {
                    (fact.to_owned(), Some(value.to_owned()))
                }
                _ => (line.strip_prefix('-')?.to_owned(), None),
            };
            let mut lists = lines
                .next()?
                .split('|')
                .map(numbers)
                .collect::<Option<Vec<_>>>()?;
            let last = lists.last()?.clone();
            lists.resize(records.versions.len(), last);
            records.kept.insert(fact, lists);
        }
        Some(records)
    }
}

/// The facts of `case` that are not as in `plain`.
fn changes(plain: &Facts, case: &Facts) -> Vec<(String, Option<String>)> {
    if case.iter().all(|(fact, _)| fact == RESULT) {
        let result = case.value(RESULT).unwrap_or_default().to_owned();
        return vec![(NOT_RUN.to_owned(), Some(result))];
    }
    let other = case
        .iter()
        .filter(|(fact, value)| plain.value(fact) != Some(value))
        .map(|(fact, value)| (fact.to_owned(), Some(value.to_owned())));
    let gone = plain
        .iter()
        .filter(|(fact, _)| case.value(fact).is_none())
        .map(|(fact, _)| (fact.to_owned(), None));
    other.chain(gone).collect()
}

/// `1-3,7`.
fn ranges(numbers: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let texts = ranges.into_iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    texts.collect::<Vec<_>>().join(",")
}

fn numbers(text: &str) -> Option<BTreeSet<usize>> {
    let mut numbers = BTreeSet::new();
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        numbers.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn outcome(facts: &[(&str, &str)]) -> Outcome {
        Outcome {
            facts: facts
                .iter()
                .map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned()))
                .collect(),
            messages: String::new(),
        }
    }

    fn run(cases: &[(&str, Outcome)]) -> BTreeMap<String, Outcome> {
        let owned = cases
            .iter()
            .map(|(name, o)| ((*name).to_owned(), o.clone()));
        owned.collect()
    }

    #[test]
    fn records_come_out_as_they_went_in_and_fit_another_machine() {
        let first = run(&[
            (
                "plain",
                outcome(&[("a", "1"), ("b", "2"), ("result", "exit 0")]),
            ),
            (
                "changed",
                outcome(&[("a", "9=9"), ("b", "2"), ("c", "3"), ("result", "exit 0")]),
            ),
            ("failed", outcome(&[("result", "exit 226")])),
            ("less", outcome(&[("a", "1"), ("result", "exit 0")])),
        ]);
        let second = run(&[
            ("plain", outcome(&[("a", "1"), ("result", "exit 0")])),
            ("changed", outcome(&[("a", "9=9"), ("result", "exit 0")])),
        ]);
        let records = Records::new(&[(257, first), (262, second)]);
        assert_eq!(Records::parse(&records.to_text()), Some(records.clone()));

        let here = outcome(&[("a", "one"), ("b", "two"), ("result", "exit 0")]);
        let expected = records.expected(257, &here);
        let of = |case: &str, fact: &str| {
            let facts = &expected.get(case).unwrap().facts;
            facts.value(fact).map(str::to_owned)
        };
        assert_eq!(of("changed", "a").as_deref(), Some("9=9"));
        assert_eq!(of("changed", "b").as_deref(), Some("two"));
        assert_eq!(of("less", "b"), None);
        assert_eq!(of("failed", "result").as_deref(), Some("exit 226"));
        assert_eq!(of("failed", "a"), None);
        assert!(!records.expected(262, &here).contains_key("less"));
    }

    #[test]
    fn ranges_are_short_and_read_back() {
        let set = BTreeSet::from([1, 2, 3, 7, 9, 10]);
        assert_eq!(ranges(&set), "1-3,7,9-10");
        assert_eq!(numbers(&ranges(&set)), Some(set));
        assert_eq!(numbers(""), Some(BTreeSet::new()));
        assert_eq!(numbers("x"), None);
    }
}
