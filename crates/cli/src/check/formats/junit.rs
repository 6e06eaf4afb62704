//! JUnit XML, for the test reports of CI systems (GitLab, Jenkins).
//!
//! A unit is a test suite, a rule that ran a test case, so that a report says what passed and since when something
//! fails. What does not fail the call does not fail a test case; accepted findings are skipped ones.

use std::fmt::Write as _;

use unitward_exposure::Tenths;
use unitward_lint::{Finding, Rule};

use crate::check::report::{Accepted, Outcome, Report, UnitReport};

pub(super) fn render(report: &Report<'_>) -> String {
    let suites: Vec<Suite<'_>> = report
        .units
        .iter()
        .map(|unit| suite(report, unit))
        .collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let count = |of: fn(&Suite<'_>) -> usize| suites.iter().map(of).sum::<usize>();
    let _ = writeln!(
        out,
        "<testsuites name=\"unitward check\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
        count(|suite| suite.cases.len()),
        count(|suite| suite.failures()),
        count(|suite| suite.errors()),
        count(|suite| suite.skipped()),
    );
    for suite in &suites {
        suite.write(&mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

/// A unit.
struct Suite<'a> {
    name: &'a str,
    path: Option<String>,
    cases: Vec<Case>,
}

/// What a rule, or a question about the whole unit, came to.
struct Case {
    name: String,
    verdict: Verdict,
    /// What is worth knowing though it fails nothing.
    output: String,
}

enum Verdict {
    Passed,
    /// Why it does not count.
    Skipped(String),
    /// A summary, a type, and all there is to say.
    Failed(String, String, String),
    /// A summary.
    Broken(String),
}

impl Suite<'_> {
    fn failures(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed(..)))
    }

    fn errors(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Broken(_)))
    }

    fn skipped(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Skipped(_)))
    }

    fn count(&self, is: fn(&Verdict) -> bool) -> usize {
        self.cases.iter().filter(|case| is(&case.verdict)).count()
    }

    fn write(&self, out: &mut String) {
        let name = escape(self.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
            self.cases.len(),
            self.failures(),
            self.errors(),
            self.skipped(),
        );
        for case in &self.cases {
            let _ = write!(
                out,
                "    <testcase classname=\"{name}\" name=\"{}\"",
                escape(&case.name)
            );
            if let Some(path) = &self.path {
                let _ = write!(out, " file=\"{}\"", escape(path));
            }
            out.push_str(" time=\"0\"");
            case.write(out);
        }
        out.push_str("  </testsuite>\n");
    }
}

impl Case {
    /// The rest of the element, behind its attributes.
    fn write(&self, out: &mut String) {
        let mut inner = String::new();
        let _ = match &self.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Skipped(why) => {
                writeln!(inner, "      <skipped message=\"{}\"/>", escape(why))
            }
            Verdict::Failed(message, kind, text) => writeln!(
                inner,
                "      <failure message=\"{}\" type=\"{kind}\">{}</failure>",
                escape(message),
                escape(text)
            ),
            Verdict::Broken(why) => writeln!(
                inner,
                "      <error message=\"{0}\" type=\"refused\">{0}</error>",
                escape(why)
            ),
        };
        if !self.output.is_empty() {
            let _ = writeln!(
                inner,
                "      <system-out>{}</system-out>",
                escape(&self.output)
            );
        }
        if inner.is_empty() {
            out.push_str("/>\n");
        } else {
            let _ = writeln!(out, ">\n{inner}    </testcase>");
        }
    }
}

fn suite<'a>(report: &Report<'_>, unit: &'a UnitReport<'_>) -> Suite<'a> {
    let mut cases = vec![load(unit)];
    if let Outcome::Rated(rated) = &unit.outcome {
        cases.push(exposure(unit, rated.level()));
    }
    // A unit that was not loaded met no rule.
    if unit.is_loaded() {
        cases.extend(report.ran.iter().map(|rule| of_rule(report, unit, rule)));
    }
    Suite {
        name: &unit.name,
        path: unit.path.as_ref().map(|path| path.display().to_string()),
        cases,
    }
}

/// Whether systemd takes the unit.
fn load(unit: &UnitReport<'_>) -> Case {
    Case {
        name: "load".to_owned(),
        verdict: match (unit.problem(), unit.reason()) {
            (Some(why), _) => Verdict::Broken(why.to_owned()),
            (None, Some(why)) => Verdict::Skipped(why.to_owned()),
            (None, None) => Verdict::Passed,
        },
        output: String::new(),
    }
}

/// The level, and whether it is over the threshold.
fn exposure(unit: &UnitReport<'_>, level: Tenths) -> Case {
    let level = format!("exposure level {level} {}", level.level().name());
    let (verdict, output) = match unit.threshold {
        Some(threshold) if unit.exceeds() => {
            let message = format!("{level} is over the threshold of {}", Tenths(threshold));
            let failed = Verdict::Failed(message.clone(), "exposure".to_owned(), message);
            (failed, String::new())
        }
        _ => (Verdict::Passed, level),
    };
    Case {
        name: "exposure".to_owned(),
        verdict,
        output,
    }
}

fn of_rule(report: &Report<'_>, unit: &UnitReport<'_>, rule: &Rule) -> Case {
    let found = unit.findings.iter().filter(|f| f.rule.code == rule.code);
    let (failing, others): (Vec<&Finding>, Vec<&Finding>) =
        found.partition(|f| report.fails_from.is_some_and(|least| f.severity >= least));
    let accepted = unit.accepted.iter();
    let accepted: Vec<&Accepted> = accepted
        .filter(|accepted| accepted.finding.rule.code == rule.code)
        .collect();
    let verdict = match (failing.first(), accepted.first()) {
        (Some(first), _) => {
            let worst = failing.iter().map(|f| f.severity).max();
            let more = match failing.len() {
                1 => String::new(),
                number => format!(" (and {} more)", number - 1),
            };
            Verdict::Failed(
                format!("{}{more}", first.message),
                worst.unwrap_or(first.severity).to_string(),
                describe(unit, &failing),
            )
        }
        (None, Some(first)) => Verdict::Skipped(format!("accepted: {}", first.reason)),
        (None, None) => Verdict::Passed,
    };
    Case {
        name: format!("{} {}", rule.code, rule.name),
        verdict,
        output: describe(unit, &others),
    }
}

/// Findings with their places and remedies.
fn describe(unit: &UnitReport<'_>, findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let place = finding.place.as_ref().and_then(|place| unit.locate(place));
        let place = match place {
            Some(at) => format!("{}:{}:{}", at.path.display(), at.line, at.column),
            None => unit.name.clone(),
        };
        let _ = writeln!(
            text,
            "{place}: {}: {}\n  {}",
            finding.severity, finding.message, finding.remedy
        );
    }
    text
}

/// Text for XML 1.0. Characters that cannot stand in it, not even as a reference, are written as `\u{…}`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_breaks_the_file() {
        assert_eq!(
            escape("<a b=\"c\">&\n\t\r\0\x1b\u{fffe}é😀"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#10;&#9;\\u{d}\\u{0}\\u{1b}\\u{fffe}é😀"
        );
    }
}
