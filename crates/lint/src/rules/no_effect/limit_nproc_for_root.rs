//! # LimitNPROC= of a service that runs as root
//!
//! ## What it finds
//!
//! `LimitNPROC=` with a finite value in a unit whose commands run as root, or have CAP_SYS_RESOURCE or
//! CAP_SYS_ADMIN as ambient capabilities.
//!
//! ## Why it matters
//!
//! The kernel does not enforce the limit for real user 0, whatever its capabilities, nor for holders of
//! these two. The service can fork without end. For other users it counts all processes of the user, not
//! those of the unit, so that another service of the same user can use it up. `TasksMax=` counts the
//! processes of the unit, for root too.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! LimitNPROC=1
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! TasksMax=1
//! ```
//!
//! ## References
//!
//! getrlimit(2), RLIMIT_NPROC; systemd.resource-control(5), TasksMax=; tried with systemd 252 and 262.

use unitward_catalog::{Capabilities, Capability};

use crate::finding::{Place, Report};
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC002",
    name: "limit-nproc-for-root",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "LimitNPROC= does not limit root",
    directives: &["LimitNPROC", "TasksMax"],
    source: include_str!("limit_nproc_for_root.rs"),
    check,
};

const EXEMPT: Capabilities = Capabilities::of(&[Capability::SYS_RESOURCE, Capability::SYS_ADMIN]);

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some((origin, limit)) = subject.last("LimitNPROC") else {
        return;
    };
    let root = is_root(settings);
    let ambient = settings.ambient_capabilities.set;
    let ambient = ambient.intersection(settings.capability_bounding_set.set);
    if limit == "infinity" || !(root || ambient.intersects(EXEMPT)) {
        return;
    }
    let why = match root {
        true => "the kernel does not enforce it for root",
        false => "the kernel does not enforce it with CAP_SYS_RESOURCE or CAP_SYS_ADMIN",
    };
    report.add(
        Place::from(origin),
        format!("LimitNPROC={limit} limits nothing: {why}"),
        "Write TasksMax= to limit the processes of the unit.",
    );
}
