//! # User=nobody
//!
//! ## What it finds
//!
//! `User=nobody`, or its number 65534.
//!
//! ## Why it matters
//!
//! All services that run as nobody can send each other signals and read each other's memory. The kernel also
//! gives this user to files of network file systems and user namespaces that belong to nobody known, which are
//! then the files of the service. systemd warns about it as well.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=nobody
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! DynamicUser=yes
//! ```
//!
//! ## References
//!
//! systemd.exec(5), User=; users and groups on systemd systems (UIDS-GIDS).

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH020",
    name: "user-nobody",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "the service shares the user nobody",
    directives: &["User", "Group", "DynamicUser"],
    source: include_str!("user_nobody.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if settings.dynamic_user.0 || !matches!(settings.user.name(), Some("nobody" | "65534")) {
        return;
    }
    report.add(
        place(&settings.user),
        "The service shares the user nobody with other services and with files of unknown owners",
        "Use DynamicUser=yes, or a user of its own.",
    );
}
