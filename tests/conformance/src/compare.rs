//! Two results of the same unit side by side.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::golden::{Outcome, Row, Scored};

/// The differences, one a line, or nothing when the results agree. Of a refusal only the fact and the exit status count.
pub fn differences(expected: &Outcome, found: &Outcome) -> Option<String> {
    let mut text = String::new();
    match (expected, found) {
        (Outcome::Scored(expected), Outcome::Scored(found)) => scored(expected, found, &mut text),
        (Outcome::Refused { exit: expected, .. }, Outcome::Refused { exit: found, .. }) => {
            one("exit status", expected, found, &mut text);
        }
        (Outcome::Scored(expected), Outcome::Refused { exit, messages }) => {
            let _ = writeln!(
                text,
                "  expected level {}, but it was refused with {exit}:",
                expected.overall
            );
            for message in messages {
                let _ = writeln!(text, "    {message}");
            }
        }
        (Outcome::Refused { exit, messages }, Outcome::Scored(found)) => {
            let _ = writeln!(
                text,
                "  expected a refusal with {exit}, but it got level {}:",
                found.overall
            );
            for message in messages {
                let _ = writeln!(text, "    {message}");
            }
        }
    }
    (!text.is_empty()).then_some(text)
}

fn scored(expected: &Scored, found: &Scored, text: &mut String) {
    one("exit status", &expected.exit, &found.exit, text);
    one("unit name", &expected.id, &found.id, text);
    one("overall level", &expected.overall, &found.overall, text);
    one("level name", &expected.level, &found.level, text);
    rows(&expected.rows, &found.rows, text);
}

fn one<T: PartialEq + std::fmt::Display>(what: &str, expected: &T, found: &T, text: &mut String) {
    if expected != found {
        let _ = writeln!(text, "  {what}: expected {expected}, found {found}");
    }
}

fn rows(expected: &[Row], found: &[Row], text: &mut String) {
    let by_check: HashMap<&str, &Row> = found.iter().map(|row| (row.check.as_str(), row)).collect();
    for row in expected {
        match by_check.get(row.check.as_str()) {
            None => {
                let _ = writeln!(text, "  {}: no such row", row.check);
            }
            Some(found) if *found != row => {
                let _ = writeln!(
                    text,
                    "  {}: expected {}, found {}",
                    row.check,
                    shown(row),
                    shown(found)
                );
            }
            Some(_) => {}
        }
    }
    let known: HashMap<&str, ()> = expected
        .iter()
        .map(|row| (row.check.as_str(), ()))
        .collect();
    for row in found
        .iter()
        .filter(|row| !known.contains_key(row.check.as_str()))
    {
        let _ = writeln!(text, "  {}: a row too many: {}", row.check, shown(row));
    }
    if text.is_empty() && expected != found {
        order(expected, found, text);
    }
}

fn order(expected: &[Row], found: &[Row], text: &mut String) {
    let mut pairs = expected.iter().zip(found).enumerate();
    match pairs.find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => {
            let place = index + 1;
            let _ = writeln!(
                text,
                "  order: row {place} should be {}, but is {}",
                expected.check, found.check
            );
        }
        None => {
            let _ = writeln!(
                text,
                "  {} rows expected, {} found",
                expected.len(),
                found.len()
            );
        }
    }
}

fn shown(row: &Row) -> String {
    let mark = match row.set {
        Some(true) => "good",
        Some(false) => "bad",
        None => "not applicable",
    };
    let exposure = row.exposure.as_deref().unwrap_or("no number");
    let description = row.description.as_deref().unwrap_or("no text");
    format!("{mark}, {exposure}, \"{description}\"")
}

/// The first line in which two texts differ, told so that a person sees how.
pub fn first_difference(expected: &str, found: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    let line = expected
        .lines()
        .zip(found.lines())
        .take_while(|(expected, found)| expected == found)
        .count();
    let at = |text: &str| {
        text.lines()
            .nth(line)
            .map_or_else(|| "the end".to_owned(), |line| format!("{line:?}"))
    };
    Some(format!(
        "  line {}: expected {}\n  {:>w$} found    {}\n",
        line + 1,
        at(expected),
        "",
        at(found),
        w = 6
    ))
}
