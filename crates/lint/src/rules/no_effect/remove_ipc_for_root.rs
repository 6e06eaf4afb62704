//! # RemoveIPC= of a service that runs as root
//!
//! ## What it finds
//!
//! `RemoveIPC=yes` in a unit whose commands run as root.
//!
//! ## Why it matters
//!
//! systemd removes the IPC objects of the user and group of the unit when it stops, and never those of
//! root.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! RemoveIPC=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! RemoveIPC=yes
//! ```
//!
//! ## References
//!
//! systemd.exec(5), RemoveIPC=.

use crate::finding::Report;
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC024",
    name: "remove-ipc-for-root",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "RemoveIPC= removes nothing of root",
    directives: &["RemoveIPC", "User"],
    source: include_str!("remove_ipc_for_root.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let group = matches!(settings.group.name(), None | Some("root" | "0"));
    if settings.remove_ipc.0 && settings.remove_ipc.is_assigned() && is_root(settings) && group {
        report.add(
            place(&settings.remove_ipc),
            "RemoveIPC=yes has no effect, because the service runs as root",
            "Write User= with a user of its own, or PrivateIPC=yes, or remove the line.",
        );
    }
}
