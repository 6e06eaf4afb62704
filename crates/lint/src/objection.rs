//! Whether a line that somebody proposes does what it is proposed for.

use crate::finding::{Finding, Report};
use crate::rule::{Family, Rule};
use crate::rules::no_effect::overridden_by_dynamic_user;
use crate::rules::rules;
use crate::subject::Subject;

/// Whether a rule finds that a directive has no effect, undoes what the unit permits, or breaks it: something that it does
/// not find in the same unit without it. A unit that systemd refuses is broken.
///
/// Only rules about this directive are asked.
#[must_use]
pub fn objects(with: &Subject<'_>, without: &Subject<'_>, directive: &str) -> bool {
    if !with.resolution.is_accepted() && without.resolution.is_accepted() {
        return true;
    }
    let mut about = rules().iter().filter(|rule| {
        // That another line gives way to a stronger one is what a proposal is for.
        matches!(rule.family, Family::NoEffect | Family::Breakage)
            && rule.code != overridden_by_dynamic_user::RULE.code
            && rule.directives.contains(&directive)
    });
    about.any(|rule| {
        let found = ask(rule, with);
        if found.is_empty() {
            return false;
        }
        let known = ask(rule, without);
        let is_known = |finding: &Finding| known.iter().any(|k| k.message == finding.message);
        !found.iter().all(is_known)
    })
}

fn ask(rule: &'static Rule, subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    (rule.check)(subject, &mut Report::new(rule, &mut findings));
    findings
}
