//! # Drop-in that lets a service run as root
//!
//! ## What it finds
//!
//! A drop-in with `User=root`, or an empty `User=`, for a unit whose main file names another user.
//!
//! ## Why it matters
//!
//! The service was written to run without root. As root it owns the files of the system, and most of its
//! sandbox depends on that it does not.
//!
//! ## Example
//!
//! `exampled.service.d/user.conf`:
//!
//! ```ini
//! [Service]
//! User=root
//! ```
//!
//! ## Use instead
//!
//! `exampled.service.d/user.conf`:
//!
//! ```ini
//! [Service]
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## References
//!
//! systemd.exec(5), User=.

use crate::finding::{Place, Report};
use crate::questions::drop_ins::{at, is_drop_in};
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWD004",
    name: "root-again",
    family: Family::Weakening,
    severity: Severity::Warning,
    summary: "a drop-in lets a service run as root",
    directives: &["User", "DynamicUser"],
    source: include_str!("root_again.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !is_root(subject.settings()) || subject.unit.files.len() < 2 {
        return;
    }
    let mut before = None;
    let mut last = None;
    for (origin, line) in subject.lines("User") {
        let root = matches!(line.value.text(), "" | "root" | "0");
        if !root {
            before = Some((origin, line.value.text()));
        }
        last = Some(origin).filter(|_| root);
    }
    let (Some(last), Some((before, user))) = (last, before) else {
        return;
    };
    if !is_drop_in(subject, last) || before.file == last.file {
        return;
    }
    let finding = report.add(
        Place::from(last),
        format!("This drop-in lets the service run as root instead of {user}, which {} says", at(subject, before)),
        "Remove the line, and give the user what it needs: a directory, a group or a capability.",
    );
    finding.see(Place::from(before), "this is overridden");
}
