//! Reading what `cargo test -- --show-output` prints.

use super::Tally;

/// Takes the output line by line, keeps the counts, and says which lines are worth showing.
#[derive(Debug, Default)]
pub(super) struct Reader {
    part: Part,
    /// The test binary whose output is read.
    binary: String,
    /// The test whose output is read.
    test: String,
    passed: usize,
    failed: Vec<String>,
    skipped: Vec<(String, String)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Building, and one line a test.
    #[default]
    Tests,
    /// What passing tests printed.
    Successes,
    /// What failing tests printed.
    Failures,
}

impl Reader {
    /// Reads a line; gives back what should be shown of it.
    pub(super) fn line(&mut self, line: &str) -> Option<String> {
        let word = line.trim_start();
        if let Some(rest) = word
            .strip_prefix("Running ")
            .or_else(|| word.strip_prefix("Doc-tests "))
        {
            rest.split(" (")
                .next()
                .unwrap_or(rest)
                .clone_into(&mut self.binary);
            if let Some((_, path)) = rest.split_once(" (") {
                self.binary = format!("{} {}", crate_of(path), self.binary);
            }
            self.part = Part::Tests;
            return None;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.part = Part::Tests;
            return Some(format!("{}: {result}", self.binary));
        }
        match line {
            "successes:" => self.part = Part::Successes,
            "failures:" => self.part = Part::Failures,
            _ => return self.inside(line),
        }
        None
    }

    fn inside(&mut self, line: &str) -> Option<String> {
        match self.part {
            Part::Tests => self.test_line(line),
            Part::Failures => Some(line.to_owned()),
            Part::Successes => {
                if let Some(name) = line
                    .strip_prefix("---- ")
                    .and_then(|l| l.strip_suffix(" stdout ----"))
                {
                    name.clone_into(&mut self.test);
                } else if let Some(reason) = line.trim_start().strip_prefix("skipped: ") {
                    return self.skip(reason);
                }
                None
            }
        }
    }

    /// A test counts once, however many reasons it gives; it was counted as passed before.
    fn skip(&mut self, reason: &str) -> Option<String> {
        let name = format!("{} {}", self.binary, self.test);
        if self.skipped.last().is_none_or(|(last, _)| *last != name) {
            self.passed = self.passed.saturating_sub(1);
            self.skipped.push((name, reason.to_owned()));
        }
        Some(format!("skipped: {}: {reason}", self.test))
    }

    fn test_line(&mut self, line: &str) -> Option<String> {
        let word = line.trim_start();
        if let Some((name, result)) = line
            .strip_prefix("test ")
            .and_then(|line| line.rsplit_once(" ... "))
        {
            let name = format!("{} {name}", self.binary);
            if result == "ok" {
                self.passed += 1;
                return None;
            }
            if let Some(reason) = result.strip_prefix("ignored") {
                let reason = reason.trim_start_matches(", ");
                let reason = if reason.is_empty() {
                    "ignored without a reason"
                } else {
                    reason
                };
                self.skipped.push((name, reason.to_owned()));
                return None;
            }
            if result == "FAILED" {
                self.failed.push(name);
            }
            return Some(line.to_owned());
        }
        let noise = word.is_empty()
            || word.starts_with("running ")
            || [
                "Compiling ",
                "Finished ",
                "Downloaded ",
                "Downloading ",
                "Blocking ",
            ]
            .iter()
            .any(|noise| word.starts_with(noise));
        (!noise).then(|| line.to_owned())
    }

    /// Adds what was counted to `tally`; gives back how many failures were.
    pub(super) fn finish(self, tally: &mut Tally) -> usize {
        let failures = self.failed.len();
        tally.passed += self.passed;
        tally.failed.extend(self.failed);
        tally.skipped.extend(self.skipped);
        failures
    }
}

/// `unitward_unit` of `target/debug/deps/unitward_unit-0123456789abcdef)`.
fn crate_of(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('-').map_or(file, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
   Compiling unitward-unit v0.1.0
     Running unittests src/lib.rs (target/debug/deps/unitward_unit-00)

running 4 tests
test words::split ... ok
test live::compares ... ok
test slow ... ignored, takes an hour
test broken ... FAILED

successes:

---- live::compares stdout ----
skipped: systemd-analyze is not installed
skipped: another is not installed


successes:
    live::compares
    words::split

failures:

---- broken stdout ----
panicked at src/lib.rs

failures:
    broken

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

error: test failed, to rerun pass `-p unitward-unit --lib`
";

    fn read(output: &str) -> (Tally, Vec<String>) {
        let mut reader = Reader::default();
        let shown = output
            .lines()
            .filter_map(|line| reader.line(line))
            .collect();
        let mut tally = Tally::default();
        reader.finish(&mut tally);
        (tally, shown)
    }

    #[test]
    fn a_skipped_test_is_not_a_passed_one() {
        let (tally, _) = read(OUTPUT);
        assert_eq!(tally.passed, 1);
        assert_eq!(tally.failed, ["unitward_unit unittests src/lib.rs broken"]);
        let reasons: Vec<&str> = tally
            .skipped
            .iter()
            .map(|(_, reason)| reason.as_str())
            .collect();
        assert_eq!(
            reasons,
            ["takes an hour", "systemd-analyze is not installed"]
        );
    }

    #[test]
    fn failures_are_shown_and_noise_is_not() {
        let (_, shown) = read(OUTPUT);
        assert!(shown.iter().any(|line| line == "panicked at src/lib.rs"));
        assert!(
            shown
                .iter()
                .all(|line| !line.contains("Compiling") && !line.contains("words::split ... ok"))
        );
    }
}
