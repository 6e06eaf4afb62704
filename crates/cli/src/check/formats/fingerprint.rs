//! What tells a finding from others, also after lines were moved.

use std::collections::HashMap;

use unitward_lint::Finding;

use super::digest::{hex, sha256};
use crate::check::report::UnitReport;

/// Gives the findings of a unit their fingerprints, one after the other.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: HashMap<String, u32>,
}

impl Fingerprints {
    /// The fingerprint of the next finding: a digest of unit, rule, directive and message, and a number that tells
    /// findings apart which agree in all of these.
    pub(super) fn next(&mut self, unit: &UnitReport<'_>, finding: &Finding) -> String {
        let message = without_lines(&finding.message);
        let parts = [
            unit.name.as_str(),
            finding.rule.code,
            &directive(unit, finding),
            &message,
        ];
        let digest = sha256(parts.join("\0").as_bytes());
        let (start, _) = digest.split_at(16);
        let digest = hex(start);
        let number = self.seen.entry(digest.clone()).or_default();
        *number += 1;
        format!("{digest}:{number}")
    }
}

/// The key of the assignment that is meant; empty where none is.
fn directive(unit: &UnitReport<'_>, finding: &Finding) -> String {
    let key = finding.place.as_ref().and_then(|place| {
        let file = unit.file(place.origin)?;
        let line = file.document.bytes().get(place.origin.span().range())?;
        let key = line.split(|byte| *byte == b'=' || *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(key).trim_end().to_owned())
    });
    key.unwrap_or_default()
}

/// A message without the numbers of lines.
fn without_lines(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("line ") {
        let (before, after) = rest.split_at(at + "line ".len());
        text.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines_do_not_count() {
        for (message, expected) in [
            ("as line 12 says", "as line  says"),
            ("line 1, line 2", "line , line "),
            ("1024 online", "1024 online"),
        ] {
            assert_eq!(without_lines(message), expected);
        }
    }
}
