//! Rules that find settings without effect, holes, and what will break.
//!
//! One file a rule under `rules/`: its leading comment is its documentation, which `unitward explain CODE`
//! prints. Codes are never given out twice.

mod finding;
mod objection;
mod policy;
mod questions;
mod rule;
mod rules;
mod subject;
mod suppress;

pub use finding::{FINDINGS_MAX, Finding, Fix, Place, Safety};
pub use objection::objects;
pub use policy::{Expired, Policy, Requirement};
pub use rule::{Family, Rule, Severity};
pub use rules::{find, rules};
pub use subject::{Host, Subject};
pub use suppress::{Extent, Suppressed, Suppression, suppressions};

/// What the rules find in a unit, each list in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What stands.
    pub findings: Vec<Finding>,
    /// What a comment in the unit switches off.
    pub suppressed: Vec<Suppressed>,
}

/// Asks every rule about a unit.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Checked {
    let mut findings = Vec::new();
    for rule in rules() {
        (rule.check)(subject, &mut finding::Report::new(rule, &mut findings));
    }
    let mut checked = suppress::sort_out(subject, findings);
    rules::policy::idle_exception::report(subject, &mut checked);
    checked.findings.sort_by_key(Finding::order);
    checked
}
