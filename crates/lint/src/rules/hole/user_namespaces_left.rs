//! # User namespaces beside dropped capabilities
//!
//! ## What it finds
//!
//! A unit that takes CAP_SYS_ADMIN away with `CapabilityBoundingSet=` and filters system calls, but lets its
//! processes create user namespaces.
//!
//! ## Why it matters
//!
//! In a new user namespace every process has all capabilities, over what the namespace owns. Neither
//! `CapabilityBoundingSet=` nor `NoNewPrivileges=` holds that back (tried with systemd 252). Much code of the
//! kernel, such as mounting and packet filters, can only be reached that way, and most of its local holes were
//! used so.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! CapabilityBoundingSet=
//! NoNewPrivileges=yes
//! SystemCallFilter=@system-service
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! CapabilityBoundingSet=
//! NoNewPrivileges=yes
//! SystemCallFilter=@system-service
//! RestrictNamespaces=yes
//! ```
//!
//! ## When to ignore
//!
//! The program sandboxes parts of itself with user namespaces, as browsers do.
//!
//! ## References
//!
//! user_namespaces(7); systemd.exec(5), RestrictNamespaces=.

use unitward_catalog::Capability;
use unitward_settings::{Namespace, Scope};

use crate::questions::filters;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH005",
    name: "user-namespaces-left",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a user namespace gives back, inside, the capabilities that the unit takes away",
    directives: &["RestrictNamespaces", "SystemCallFilter", "CapabilityBoundingSet"],
    source: include_str!("user_namespaces_left.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let bounding = &settings.capability_bounding_set;
    let filter = &settings.system_call_filter;
    let open = settings.restrict_namespaces.allows(Namespace::User)
        && ["clone", "clone3", "unshare"].iter().any(|call| filters::passes(settings, call));
    let closed = !bounding.set.contains(Capability::SYS_ADMIN);
    if !open || !closed || filter.is_unfiltered() || settings.scope != Scope::System {
        return;
    }
    let at = match settings.restrict_namespaces.is_set() {
        true => place(&settings.restrict_namespaces),
        false => place(bounding),
    };
    report.add(
        at,
        "User namespaces can be created, in which processes have all capabilities again",
        "Add RestrictNamespaces=yes, or RestrictNamespaces=~user.",
    );
}
