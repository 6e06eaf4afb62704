//! # Allow list with a dangerous set
//!
//! ## What it finds
//!
//! An allow list in `SystemCallFilter=` that names @privileged, @mount, @module, @raw-io, @reboot, @swap,
//! @debug, @cpu-emulation or @obsolete, or all of @known, without taking it back in a later line.
//!
//! ## Why it matters
//!
//! With these calls, and the capabilities that some of them need, a service mounts, loads modules, reboots, or
//! reads the memory of others. An allow list with one of them is weaker than the deny list of the same set.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service @privileged
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=@system-service
//! SystemCallFilter=chown fchown
//! ```
//!
//! ## When to ignore
//!
//! The service exists to do just that: a mount helper needs @mount.
//!
//! ## References
//!
//! systemd.exec(5), SystemCallFilter=; `unitward syscall-filter @privileged`.

use unitward_seccomp::Sets;

use crate::questions::filters;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH013",
    name: "dangerous-set-allowed",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "an allow list permits a set that most services never need",
    directives: &["SystemCallFilter"],
    source: include_str!("dangerous_set_allowed.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filter = &settings.system_call_filter;
    if !filter.allow_list {
        return;
    }
    let sets = Sets::of(settings.version.number());
    let mut told = Vec::new();
    for (origin, denied, name) in filters::named(subject) {
        let dangerous = SETS.iter().find(|(set, _)| *set == name);
        let Some((set, deed)) = dangerous.filter(|(set, _)| !denied && !told.contains(set)) else {
            continue;
        };
        told.push(*set);
        let left = sets.flat(set).is_some_and(|calls| calls.iter().all(|call| filter.allows(call)));
        if !left {
            continue;
        }
        let finding = report.add(
            Place::from(origin),
            format!("{set} is allowed, which lets the service {deed}"),
            format!("Name the calls of {set} that are needed; see `unitward syscall-filter {set}`."),
        );
        // These are no purpose of a service; the others can be.
        if matches!(*set, "@privileged" | "@known" | "@obsolete") {
            finding.severity(Severity::Warning);
        }
    }
}

/// Sets, and what they are for.
const SETS: [(&str, &str); 10] = [
    ("@privileged", "do most of what only root can do"),
    ("@mount", "mount and unmount file systems"),
    ("@module", "load code into the kernel"),
    ("@raw-io", "access hardware directly"),
    ("@reboot", "reboot, and load another kernel"),
    ("@swap", "switch swap on and off"),
    ("@debug", "trace other processes"),
    ("@cpu-emulation", "change how the processor works"),
    ("@obsolete", "use calls that nothing needs any more"),
    ("@known", "make every system call"),
];
