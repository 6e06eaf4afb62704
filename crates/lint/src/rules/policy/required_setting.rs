//! # A setting that the policy requires
//!
//! ## What it finds
//!
//! A unit whose setting has none of the values that a `[[require]]` of `unitward.toml` names for it.
//!
//! ## Why it matters
//!
//! A rule for a group of units holds only as long as somebody looks. The value that counts is the resolved one: after
//! all drop-ins, and with what other settings imply.
//!
//! ## Example
//!
//! ```toml
//! [[require]]
//! unit = "web-*.service"
//! setting = "NoNewPrivileges"
//! values = ["yes"]
//! reason = "Nothing behind the proxy may gain privileges."
//! ```
//!
//! ## Use instead
//!
//! Give the unit one of the values, or take the unit out of the pattern.
//!
//! ## References
//!
//! `unitward explain config`.

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: "UWP001",
    name: "required-setting",
    family: Family::Policy,
    severity: Severity::Error,
    summary: "A setting does not have a value that the policy requires",
    directives: &[],
    source: include_str!("required_setting.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(policy) = subject.policy.filter(|policy| !policy.requirements.is_empty()) else { return };
    let properties: Vec<_> = subject.settings().properties().collect();
    for requirement in &policy.requirements {
        let name = &requirement.setting;
        let property = properties.iter().find(|property| property.name == name.as_str());
        let value = property.map_or("", |property| property.value.as_str());
        if requirement.values.iter().any(|allowed| allowed == value) {
            continue;
        }
        let allowed = requirement.values.join(" or ");
        let message = match property {
            Some(_) => format!("{name} is {value}, and the policy requires {allowed}"),
            None => format!("{name} is required to be {allowed}, and units of this type do not have it"),
        };
        let remedy = match requirement.reason.as_str() {
            "" => format!("Set {name}={allowed}."),
            reason => format!("Set {name}={allowed}. {reason}"),
        };
        let place = property.and_then(|property| property.source.origin()).map(Place::from);
        report.add(place, message, remedy);
    }
}
