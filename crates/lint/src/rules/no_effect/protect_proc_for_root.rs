//! # ProtectProc= of a service that runs as root
//!
//! ## What it finds
//!
//! `ProtectProc=noaccess` or `invisible` in a unit whose commands run as root or in group root, and
//! `ptraceable` with CAP_SYS_PTRACE in the bounding set of root.
//!
//! ## Why it matters
//!
//! The kernel exempts members of group 0 from the first two, and holders of CAP_SYS_PTRACE from all of
//! them. The service sees all processes.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectProc=invisible
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! ProtectProc=invisible
//! ```
//!
//! ## References
//!
//! proc(5), "hidepid"; systemd.exec(5), ProtectProc=; tried with systemd 252 and 262.

use unitward_catalog::Capability;
use unitward_settings::{ProtectProc, Scope};

use crate::finding::Report;
use crate::questions::user::is_root;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC023",
    name: "protect-proc-for-root",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "ProtectProc= hides nothing from root",
    directives: &["ProtectProc", "User", "CapabilityBoundingSet"],
    source: include_str!("protect_proc_for_root.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let proc = &settings.protect_proc;
    if **proc == ProtectProc::Default || settings.scope == Scope::User {
        return;
    }
    let root = is_root(settings);
    let traces = match root {
        true => settings.capability_bounding_set.set,
        false => settings.ambient_capabilities.set,
    };
    let traces = traces.contains(Capability::SYS_PTRACE);
    let in_group = match settings.group.name() {
        Some(group) => matches!(group, "root" | "0"),
        None => root,
    };
    let why = match **proc == ProtectProc::Ptraceable {
        false if root && in_group => "the service runs as root",
        false if in_group => "the service runs in group root",
        _ if traces => "the service has CAP_SYS_PTRACE",
        _ => return,
    };
    report.add(
        place(proc),
        format!("ProtectProc={} hides no process, because {why}", proc.word()),
        match in_group {
            true => "Write User= with a user of its own.",
            false => "Remove CAP_SYS_PTRACE.",
        },
    );
}
