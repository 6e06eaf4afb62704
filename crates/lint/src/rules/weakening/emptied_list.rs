//! # Drop-in that empties a restriction
//!
//! ## What it finds
//!
//! A drop-in with an empty `SystemCallFilter=`, `RestrictAddressFamilies=`, `RestrictNamespaces=` (or
//! `no`), `SystemCallArchitectures=`, `RestrictFileSystems=`, `InaccessiblePaths=`, `ReadOnlyPaths=`,
//! `NoExecPaths=`, `IPAddressDeny=`, `SocketBindDeny=`, `TemporaryFileSystem=` or `SecureBits=`, where an
//! earlier file restricts something and no later line restricts it again.
//!
//! ## Why it matters
//!
//! An empty assignment clears all that was said before. The restriction is gone as a whole, also for what
//! the service does not need.
//!
//! ## Example
//!
//! `exampled.service.d/calls.conf`:
//!
//! ```ini
//! [Service]
//! SystemCallFilter=
//! ```
//!
//! ## Use instead
//!
//! `exampled.service.d/calls.conf`:
//!
//! ```ini
//! [Service]
//! SystemCallFilter=perf_event_open
//! ```
//!
//! ## References
//!
//! systemd.unit(5), drop-ins; systemd.syntax(7).

use std::collections::HashMap;

use unitward_settings::boolean;
use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::questions::drop_ins::{at, is_drop_in, is_type_wide};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWD002",
    name: "emptied-list",
    family: Family::Weakening,
    severity: Severity::Warning,
    summary: "a drop-in empties a restriction of an earlier file",
    directives: &["SystemCallFilter", "RestrictAddressFamilies", "RestrictNamespaces", "SystemCallArchitectures", "RestrictFileSystems", "RestrictNetworkInterfaces", "InaccessiblePaths", "ReadOnlyPaths", "NoExecPaths", "TemporaryFileSystem", "IPAddressDeny", "SocketBindDeny", "SecureBits"],
    source: include_str!("emptied_list.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.unit.files.len() < 2 {
        return;
    }
    let section = subject.section();
    let mut states: HashMap<&str, State> = HashMap::new();
    for (origin, line) in subject.unit.assignments() {
        let listed = RULE.directives.iter().find(|name| **name == line.key);
        let Some(name) = listed.filter(|_| line.section == section) else {
            continue;
        };
        let text = line.value.text();
        let off = *name == "RestrictNamespaces" && boolean(text) == Some(false);
        let state = states.entry(name).or_default();
        if !text.is_empty() && !off {
            *state = State { restricts: Some(origin), emptied: None };
        } else if let Some(before) = state.restricts.take() {
            let lost = is_drop_in(subject, origin) && before.file != origin.file;
            state.emptied = lost.then_some((origin, before));
        }
    }
    let emptied = states.iter();
    let mut emptied: Vec<_> = emptied.filter_map(|(name, state)| Some((state.emptied?, *name))).collect();
    emptied.sort_unstable();
    for ((origin, before), name) in emptied {
        let scope = match is_type_wide(subject, origin) {
            true => format!("This drop-in for all {} units", subject.unit.name.kind()),
            false => "This drop-in".to_owned(),
        };
        let finding = report.add(
            Place::from(origin),
            format!("{scope} takes away {name}= of {}", at(subject, before)),
            format!("Remove the line, or write what {name}= shall restrict below it."),
        );
        finding.see(Place::from(before), "this is cleared");
    }
}

#[derive(Default)]
struct State {
    /// The last line that restricts something.
    restricts: Option<Origin>,
    /// The line of a drop-in that cleared it, and what it cleared.
    emptied: Option<(Origin, Origin)>,
}
