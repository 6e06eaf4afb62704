//! # RestrictNamespaces= lines that add up to more than the last says
//!
//! ## What it finds
//!
//! Several `RestrictNamespaces=` lines that together permit a type of namespace which the last one, read
//! alone, forbids.
//!
//! ## Why it matters
//!
//! Lists without `~` add up, and those with `~` are subtracted. A drop-in with `RestrictNamespaces=net`
//! permits net besides what the main file permits, and after `no` it forbids nothing.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! RestrictNamespaces=user mnt
//! RestrictNamespaces=net
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! RestrictNamespaces=
//! RestrictNamespaces=net
//! ```
//!
//! ## References
//!
//! systemd.exec(5), RestrictNamespaces=; observed in systemd 257 and 262.

use unitward_settings::{Namespace, boolean};

use crate::finding::{Place, Report};
use crate::questions::text::listed;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC017",
    name: "namespaces-add-up",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "RestrictNamespaces= lines together permit more than they seem to",
    directives: &["RestrictNamespaces"],
    source: include_str!("namespaces_add_up.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let mut lines = Vec::new();
    for (origin, line) in subject.lines("RestrictNamespaces") {
        match line.value.text() {
            "" => lines.clear(),
            text => lines.push((origin, text)),
        }
    }
    let Some((origin, last)) = lines.pop() else {
        return;
    };
    // A boolean says all, and a line with ~ is not meant to permit anything.
    if boolean(last).is_some() || last.starts_with('~') {
        return;
    }
    let permitted = &settings.restrict_namespaces;
    let surprising = |kind: &Namespace| {
        let named = last.split_ascii_whitespace().any(|word| word == kind.word());
        permitted.allows(*kind) && !named
    };
    let kinds: Vec<&str> =
        Namespace::ALL.into_iter().filter(surprising).map(Namespace::word).collect();
    let Some((before, _)) = lines.last().filter(|_| !kinds.is_empty()) else {
        return;
    };
    let verb = if kinds.len() == 1 { "is" } else { "are" };
    let finding = report.add(
        Place::from(origin),
        format!("RestrictNamespaces= lines add up: {} {verb} permitted after this one", listed(&kinds)),
        "Write an empty RestrictNamespaces= in front, or all of it in one line.",
    );
    finding.see(Place::from(*before), "together with this");
}
