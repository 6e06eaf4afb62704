//! Rules that find settings without effect, holes, and what will break.
//!
//! One file a rule under `rules/`: its leading comment is its documentation, which `unitward explain CODE`
//! prints. Codes are never given out twice.

mod finding;
mod rule;
mod rules;
mod subject;
mod suppress;

pub use finding::{Finding, Fix, Place, Safety};
pub use rule::{Family, Rule, Severity};
pub use rules::{find, rules};
pub use subject::{Host, Subject};
pub use suppress::{Suppression, suppressions};

/// What every rule finds in a unit, in the order of the files.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules() {
        (rule.check)(subject, &mut finding::Report::new(rule, &mut findings));
    }
    findings.sort_by_key(Finding::order);
    findings
}
