//! Two runs side by side, and the differences that are meant to be.
//!
//! What is meant to be different stands in `docs/differences.md`, in a table that is read here: which facts, in which
//! cases, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::world::Outcome;

/// The fact that is there even when the probe did not run.
pub const RESULT: &str = "result";

/// One fact that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The case.
    pub case: String,
    /// The fact.
    pub fact: String,
    /// What it is under systemd; absent when it is not there.
    pub expected: Option<String>,
    /// What it is under unitward.
    pub got: Option<String>,
}

/// A row of the table of intended differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intended {
    /// Facts, with `*` for anything.
    pub facts: String,
    /// Cases, with `*` for anything.
    pub cases: String,
    /// Why.
    pub reason: String,
}

/// What came out of the comparison.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// How many cases were compared.
    pub cases: usize,
    /// How many are the same in every fact, but for intended differences.
    pub identical: usize,
    /// What is different and not intended.
    pub differences: Vec<Difference>,
    /// How many differences are intended.
    pub intended: usize,
}

/// The table of intended differences in `docs/differences.md`.
///
/// # Errors
/// When the file cannot be read.
pub fn intended() -> io::Result<Vec<Intended>> {
    let top: PathBuf = crate::corpus::home().join("../../docs/differences.md");
    Ok(rows(&fs::read_to_string(top)?))
}

/// Rows with a fact and a case in code marks: ``| `fact` | `case` | reason |``.
fn rows(text: &str) -> Vec<Intended> {
    let code = |cell: &str| {
        let inner = cell.trim().strip_prefix('`')?.strip_suffix('`')?;
        Some(inner.to_owned())
    };
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|');
        Some(Intended {
            facts: code(cells.next()?)?,
            cases: code(cells.next()?)?,
            reason: cells.next()?.trim().to_owned(),
        })
    };
    text.lines().filter_map(row).collect()
}

/// Compares what systemd (`expected`) and unitward (`got`) made of the same cases.
pub fn compare(
    expected: &BTreeMap<String, Outcome>,
    got: &BTreeMap<String, Outcome>,
    intended: &[Intended],
) -> Comparison {
    let mut comparison = Comparison::default();
    let none = Outcome::default();
    for (case, expected) in expected {
        let found = differences(case, expected, got.get(case).unwrap_or(&none));
        let all = found.len();
        let unintended: Vec<Difference> = found
            .into_iter()
            .filter(|difference| !intended.iter().any(|row| row.covers(difference)))
            .collect();
        comparison.cases += 1;
        comparison.identical += usize::from(unintended.is_empty());
        comparison.intended += all - unintended.len();
        comparison.differences.extend(unintended);
    }
    comparison
}

fn differences(case: &str, expected: &Outcome, got: &Outcome) -> Vec<Difference> {
    let ran = |outcome: &Outcome| outcome.facts.iter().any(|(fact, _)| fact != RESULT);
    if ran(expected) != ran(got) {
        // One line rather than hundreds.
        let result = |outcome: &Outcome| {
            let how = if ran(outcome) { "ran" } else { "did not run" };
            let result = outcome.facts.value(RESULT).unwrap_or("nothing");
            Some(format!("{how}, {result}"))
        };
        return vec![Difference {
            case: case.to_owned(),
            fact: "probe".to_owned(),
            expected: result(expected),
            got: result(got),
        }];
    }
    let of = |fact: &str| Difference {
        case: case.to_owned(),
        fact: fact.to_owned(),
        expected: expected.facts.value(fact).map(str::to_owned),
        got: got.facts.value(fact).map(str::to_owned),
    };
    let missing_or_other = expected
        .facts
        .iter()
        .filter(|(fact, value)| got.facts.value(fact) != Some(value))
        .map(|(fact, _)| of(fact));
    let more = got
        .facts
        .iter()
        .filter(|(fact, _)| expected.facts.value(fact).is_none())
        .map(|(fact, _)| of(fact));
    missing_or_other.chain(more).collect()
}

impl Intended {
    fn covers(&self, difference: &Difference) -> bool {
        let fact = match difference.fact.split_once(':') {
            Some((number, fact)) if number.bytes().all(|byte| byte.is_ascii_digit()) => fact,
            _ => &difference.fact,
        };
        matches(&self.facts, fact) && matches(&self.cases, &difference.case)
    }
}

/// Whether `text` is as `pattern` says, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    let mut rest = rest;
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| match value {
            Some(value) => format!("'{value}'"),
            None => "nothing".to_owned(),
        };
        write!(
            out,
            "{}: {}: expected {}, got {}",
            self.case,
            self.fact,
            shown(&self.expected),
            shown(&self.got)
        )
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} identical", self.identical, self.cases)?;
        if self.intended > 0 {
            write!(out, " ({} intended differences)", self.intended)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::service::facts::Facts;

    fn outcomes(facts: &[(&str, &str)]) -> BTreeMap<String, Outcome> {
        let facts: Facts = facts
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let outcome = Outcome {
            facts,
            messages: String::new(),
        };
        BTreeMap::from([("a".to_owned(), outcome)])
    }

    #[test]
    fn every_other_missing_and_additional_fact_is_a_difference() {
        let expected = outcomes(&[("same", "1"), ("other", "1"), ("missing", "1")]);
        let got = outcomes(&[("same", "1"), ("other", "2"), ("more", "1")]);
        let comparison = compare(&expected, &got, &[]);
        let lines: Vec<String> = comparison
            .differences
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "a: missing: expected '1', got nothing",
                "a: other: expected '1', got '2'",
                "a: more: expected nothing, got '1'",
            ]
        );
        assert_eq!(comparison.to_string(), "0 of 1 identical");
    }

    #[test]
    fn intended_differences_do_not_count() {
        let rows =
            rows("| facts | cases |\n| --- | --- | --- |\n| `oth*` | `*` | for a reason |\n");
        assert_eq!(rows.len(), 1);
        let comparison = compare(
            &outcomes(&[("other", "1")]),
            &outcomes(&[("other", "2")]),
            &rows,
        );
        assert_eq!((comparison.identical, comparison.intended), (1, 1));
        assert!(!intended().unwrap().is_empty());
    }

    #[test]
    fn stars_stand_for_anything() {
        assert!(matches("*", "") && matches("*", "x") && matches("a*c", "abc"));
        assert!(matches("a*b*c", "a-b-c") && matches("a", "a"));
        assert!(!matches("a", "ab") && !matches("a*c", "ab") && !matches("*b*c", "ac"));
    }
}
