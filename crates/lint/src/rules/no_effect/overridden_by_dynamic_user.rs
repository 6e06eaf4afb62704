//! # Setting that DynamicUser= overrides
//!
//! ## What it finds
//!
//! An explicit `no`, or a weaker value, of `PrivateTmp=`, `RemoveIPC=`, `NoNewPrivileges=`,
//! `RestrictSUIDSGID=`, `ProtectSystem=` or `ProtectHome=` beside `DynamicUser=yes`.
//!
//! ## Why it matters
//!
//! A user that comes and goes must not leave files of its own behind, so `DynamicUser=yes` switches these
//! protections on whatever the unit says. The line promises something that the service does not get: it
//! sees the system read-only, for instance.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! DynamicUser=yes
//! ProtectSystem=full
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DynamicUser=yes
//! StateDirectory=example
//! ```
//!
//! ## References
//!
//! systemd.exec(5), DynamicUser=; tried with systemd 252 and 262.

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(crate) static RULE: Rule = Rule {
    code: "UWC015",
    name: "overridden-by-dynamic-user",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "DynamicUser=yes overrides a weaker setting",
    directives: &["DynamicUser", "PrivateTmp", "RemoveIPC", "NoNewPrivileges", "RestrictSUIDSGID", "ProtectSystem", "ProtectHome"],
    source: include_str!("overridden_by_dynamic_user.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    for (name, by, now) in [
        ("PrivateTmp", settings.private_tmp.implied_by(), "yes"),
        ("RemoveIPC", settings.remove_ipc.implied_by(), "yes"),
        ("NoNewPrivileges", settings.no_new_privileges.implied_by(), "yes"),
        ("RestrictSUIDSGID", settings.restrict_suid_sgid.implied_by(), "yes"),
        ("ProtectSystem", settings.protect_system.implied_by(), "strict"),
        ("ProtectHome", settings.protect_home.implied_by(), "read-only"),
    ] {
        if by != Some("DynamicUser") {
            continue;
        }
        let Some((origin, text)) = subject.last(name) else {
            continue;
        };
        let finding = report.add(
            Place::from(origin),
            format!("DynamicUser=yes overrides {name}={text} with {now}"),
            "Remove the line, or write User= with a user of the system instead of DynamicUser=yes.",
        );
        finding.see(place(&settings.dynamic_user), "this overrides it");
    }
}
