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
//! ## When to ignore
//!
//! When the program gives up root itself, and the limit is meant for the processes it starts afterwards.
//!
//! ## References
//!
//! getrlimit(2), RLIMIT_NPROC; systemd.resource-control(5), TasksMax=; tried with systemd 252 and 262.

use unitward_catalog::{Capabilities, Capability};

use crate::finding::Report;
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

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
    let limit = &settings.limit_nproc;
    let soft = limit.0.as_ref().map_or(u64::MAX, |limit| limit.soft);
    if !limit.is_assigned() || soft == u64::MAX {
        return;
    }
    let ambient = settings.ambient_capabilities.set;
    let ambient = ambient.intersection(settings.capability_bounding_set.set);
    let who = if is_root(settings) {
        "root"
    } else if ambient.intersects(EXEMPT) {
        "a service with CAP_SYS_RESOURCE or CAP_SYS_ADMIN"
    } else {
        return;
    };
    report.add(
        place(limit),
        format!("LimitNPROC={soft} does not limit {who}: the kernel does not enforce it there"),
        "Write TasksMax= to limit the processes of the unit.",
    );
}
