//! # Invalid word in a list
//!
//! ## What it finds
//!
//! A word of a list that systemd does not understand, so that it skips the word with a warning.
//!
//! ## Why it matters
//!
//! The rest of the list counts. What the word was to protect, or to permit, is missing.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-services
//! InaccessiblePaths=home
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! InaccessiblePaths=/home
//! ```
//!
//! ## References
//!
//! systemd.exec(5), systemd.resource-control(5); `unitward explain DIRECTIVE`.

use unitward_settings::{Cause, Effect};

use crate::finding::{Place, Report};
use crate::questions::text::{excerpt, expectation};
use crate::questions::{meant, newer};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWX006",
    name: "invalid-word",
    family: Family::Syntax,
    severity: Severity::Warning,
    summary: "systemd skips a word of a list",
    directives: &[],
    source: include_str!("invalid_word.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for remark in subject.diagnostics() {
        let word = remark.cause == Cause::Value && remark.effect == Effect::Skipped;
        if report.is_full() || !word || newer::is_new(subject, remark) {
            continue;
        }
        let name = &remark.directive;
        let message = format!(
            "systemd skips {} in {name}={}",
            excerpt(&remark.word),
            expectation(&remark.expected)
        );
        let remedy = match meant::word(name, &remark.word, subject.settings().version) {
            _ if remark.word.starts_with('#') => "Put the comment on a line of its own.".to_owned(),
            Some(word) => format!("Write {word}."),
            None => format!("Correct or remove the word; see `unitward explain {name}`."),
        };
        report.add(Place::part(remark.origin, remark.range.clone()), message, remedy);
    }
}
