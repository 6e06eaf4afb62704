//! # Drop-in that switches a protection off
//!
//! ## What it finds
//!
//! A drop-in that sets a protection of an earlier file to a weaker value: `ProtectSystem=strict` to `full`
//! or `no`, `NoNewPrivileges=yes` to `no`, and so on.
//!
//! ## Why it matters
//!
//! Drop-ins are easy to overlook: the main file still reads as if the service were protected. A file in
//! `service.d/` does it to every service of the system, the ones that are installed tomorrow included, and
//! because drop-ins apply in the order of their file names it can override the unit's own.
//!
//! ## Example
//!
//! `/etc/systemd/system/service.d/99-debug.conf`:
//!
//! ```ini
//! [Service]
//! ProtectSystem=no
//! ```
//!
//! ## Use instead
//!
//! `/etc/systemd/system/exampled.service.d/paths.conf`:
//!
//! ```ini
//! [Service]
//! ReadWritePaths=/var/lib/example
//! ```
//!
//! ## References
//!
//! systemd.unit(5), drop-ins.

use std::collections::HashMap;

use unitward_unit::Origin;

use crate::finding::{Place, Report};
use crate::questions::drop_ins::{at, is_drop_in, is_type_wide};
use crate::questions::protections::{Protection, protection};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWD001",
    name: "weakening-drop-in",
    family: Family::Weakening,
    severity: Severity::Warning,
    summary: "a drop-in weakens a protection of an earlier file",
    directives: &["ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "NoNewPrivileges"],
    source: include_str!("weakening_drop_in.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    // Without a drop-in there is nothing to compare.
    if subject.unit.files.len() < 2 {
        return;
    }
    let section = subject.section();
    let mut states: HashMap<&str, State<'_>> = HashMap::new();
    for (origin, line) in subject.unit.assignments() {
        if line.section != section {
            continue;
        }
        let Some(protection) = protection(line.key) else {
            continue;
        };
        if let Some(rank) = protection.rank(line.value.text()) {
            let value = Value { origin, text: line.value.text(), rank };
            states
                .entry(protection.name)
                .and_modify(|state| state.follow(subject, value))
                .or_insert(State { protection, now: value, lost: None });
        }
    }
    let mut weakened: Vec<&State<'_>> = states.values().collect();
    weakened.sort_by_key(|state| state.now.origin);
    for State { protection, now, lost } in weakened {
        let Some(lost) = lost.filter(|lost| (protection.now)(subject.settings()) < lost.rank) else {
            continue;
        };
        let name = protection.name;
        let (text, before) = (now.text, lost.text);
        let scope = match is_type_wide(subject, now.origin) {
            true => format!("This drop-in for all {} units", subject.unit.name.kind()),
            false => "This drop-in".to_owned(),
        };
        let finding = report.add(
            Place::from(now.origin),
            format!("{scope} weakens {name}={before} of {} to {name}={text}", at(subject, lost.origin)),
            format!("Remove the line, or open only what the service needs; see `unitward explain {name}`."),
        );
        finding.see(Place::from(lost.origin), "this is overridden");
    }
}

/// A value on the way through the files.
#[derive(Clone, Copy)]
struct Value<'a> {
    origin: Origin,
    text: &'a str,
    rank: u8,
}

struct State<'a> {
    protection: &'static Protection,
    now: Value<'a>,
    /// The stronger value of another file that a drop-in has overridden.
    lost: Option<Value<'a>>,
}

impl<'a> State<'a> {
    fn follow(&mut self, subject: &Subject<'_>, next: Value<'a>) {
        let weaker = next.rank < self.now.rank
            && is_drop_in(subject, next.origin)
            && next.origin.file != self.now.origin.file;
        if weaker && self.lost.is_none_or(|lost| lost.rank < self.now.rank) {
            self.lost = Some(self.now);
        }
        if self.lost.is_some_and(|lost| next.rank >= lost.rank) {
            self.lost = None;
        }
        self.now = next;
    }
}
