//! # Filters without NoNewPrivileges=
//!
//! ## What it finds
//!
//! A unit with filters of system calls that runs as another user than root and has no `NoNewPrivileges=yes`,
//! for systemd 255 and later; and `NoNewPrivileges=no` in such a unit.
//!
//! ## Why it matters
//!
//! Up to systemd 254 every filter brought NoNewPrivileges= along when `User=` was set, whatever the unit said.
//! Since 255 systemd installs filters without it, so that the service can become root with sudo or any other
//! set-user-ID program. A unit that relied on it is weaker since. (Tried with 252, where NoNewPrivileges=no has
//! no effect.)
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! RestrictRealtime=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! RestrictRealtime=yes
//! NoNewPrivileges=yes
//! ```
//!
//! ## When to ignore
//!
//! The service calls sudo, sendmail or another set-user-ID program.
//!
//! ## References
//!
//! systemd.exec(5), NoNewPrivileges=; news of systemd 255.

use unitward_catalog::Version;
use unitward_settings::Scope;

use crate::questions::filters;
use crate::questions::user::is_root;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH019",
    name: "privileges-can-rise",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "set-user-ID programs still raise privileges in a filtered service",
    directives: &["NoNewPrivileges", "User", "SystemCallFilter"],
    source: include_str!("privileges_can_rise.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let privileges = &settings.no_new_privileges;
    let filters = filters::in_use(settings);
    let system = settings.scope == Scope::System && !is_root(settings);
    let (false, true, Some(filter)) = (settings.keeps_privileges(), system, filters.first()) else {
        return;
    };
    if settings.version < Version::new(255) {
        return;
    }
    let message = match privileges.is_assigned() {
        true => format!("NoNewPrivileges=no lets set-user-ID programs raise privileges beside {filter}="),
        false => format!("{filter}= does not bring NoNewPrivileges= since systemd 255: set-user-ID programs raise privileges"),
    };
    report.add(
        place(privileges).or_else(|| place(&settings.user)),
        message,
        "Add NoNewPrivileges=yes, unless the service needs such a program.",
    );
}
