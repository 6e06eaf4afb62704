//! # sudo in a service that gains no privileges
//!
//! ## What it finds
//!
//! sudo, su, doas, pkexec, runuser or the like in a command of a unit that does not run as root and has
//! `NoNewPrivileges=yes`, itself or implied.
//!
//! ## Why it matters
//!
//! The kernel ignores set-user-ID bits and file capabilities then. The program starts as the plain user and
//! refuses to work.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! NoNewPrivileges=yes
//! ExecStartPre=/usr/bin/sudo /usr/bin/prepare
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! NoNewPrivileges=yes
//! ExecStartPre=+/usr/bin/prepare
//! ```
//!
//! ## References
//!
//! systemd.exec(5), NoNewPrivileges=; systemd.service(5), the prefix +.

use unitward_catalog::Version;
use unitward_settings::{Privilege, Scope};

use crate::questions::commands::sandboxed;
use crate::questions::user::is_root;
use crate::questions::{filters, programs};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB016",
    name: "helper-without-privileges",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "a command calls a set-user-ID program, which NoNewPrivileges= makes useless",
    directives: &["NoNewPrivileges", "ExecStart", "User"],
    source: include_str!("helper_without_privileges.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let old = settings.version < Version::new(255) && !filters::in_use(settings).is_empty();
    if is_root(settings) || !(settings.no_new_privileges.0 || old) || settings.scope == Scope::User {
        return;
    }
    for (name, command) in sandboxed(settings).filter(|(_, c)| c.privilege != Privilege::KeepUser) {
        let Some(helper) = programs::executed(command).find(|name| HELPERS.contains(name)) else {
            continue;
        };
        report
            .add(
                Place::from(command.origin),
                format!("{name}= calls {helper}, which gains no privileges in this service"),
                "Move what needs root into a command of its own with the prefix +, or remove NoNewPrivileges=.",
            )
            .see(place(&settings.no_new_privileges), "set-user-ID bits are ignored");
    }
}

/// Programs that do nothing useful without their set-user-ID bit.
const HELPERS: [&str; 9] = [
    "sudo", "su", "doas", "pkexec", "newgrp", "sg", "fusermount", "fusermount3", "newuidmap",
];
