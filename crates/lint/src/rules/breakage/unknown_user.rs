//! # User or group that does not exist
//!
//! ## What it finds
//!
//! A name in `User=`, `Group=` or `SupplementaryGroups=` that is neither in /etc/passwd or /etc/group of this
//! system, nor in the files that systemd-sysusers and the user database read. Numbers and dynamic users are not
//! looked up.
//!
//! ## Why it matters
//!
//! The start fails with 217 (USER) or 216 (GROUP).
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=exampel
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! ```
//!
//! ## When to ignore
//!
//! The user comes from a directory service that this system asks.
//!
//! ## References
//!
//! systemd.exec(5), User=; sysusers.d(5).

use unitward_settings::Scope;
use unitward_unit::Origin;

use crate::questions::lines::InstanceLines;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB012",
    name: "unknown-user",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "User=, Group= or SupplementaryGroups= names nobody of this system",
    directives: &["User", "Group", "SupplementaryGroups"],
    source: include_str!("unknown_user.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(host) = subject.host.filter(|_| settings.scope == Scope::System) else {
        return;
    };
    let (accounts, root) = (host.accounts(), &host.root);
    let mut instances = InstanceLines::of(subject);
    let mut fixed = |origin: &Origin| !settings.dynamic_user.0 && !instances.has(*origin);
    if let (Some(name), Some(origin)) = (settings.user.name(), settings.user.origin().filter(&mut fixed))
        && accounts.lack_user(root, name)
    {
        let message = message("user", name, "217/USER");
        report.add(Place::from(origin), message, REMEDY).severity(accounts.certainty());
    }
    let group = settings.group.name().zip(settings.group.origin().filter(&mut fixed));
    let groups = settings.supplementary_groups.0.iter();
    let groups = groups.map(|item| (item.value.as_str(), item.origin));
    for (name, origin) in group.into_iter().chain(groups) {
        if report.is_full() {
            return;
        }
        if accounts.lack_group(root, name) {
            let message = message("group", name, "216/GROUP");
            report.add(Place::from(origin), message, REMEDY).severity(accounts.certainty());
        }
    }
}

const REMEDY: &str = "Correct the name, or create it with a file in /usr/lib/sysusers.d.";

fn message(what: &str, name: &str, result: &str) -> String {
    format!("There is no {what} {name} on this system: the start fails with {result}")
}
