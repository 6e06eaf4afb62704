//! # Old name
//!
//! ## What it finds
//!
//! A directive under a name that systemd still reads but has replaced, or that newer releases have dropped.
//!
//! ## Why it matters
//!
//! The line works. Readers and tools know the new name better, and a name that was dropped stops working
//! with the next upgrade: the line is then ignored, with nothing but a message in the journal.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ReadOnlyDirectories=/etc
//! MemoryLimit=1G
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ReadOnlyPaths=/etc
//! MemoryMax=1G
//! ```
//!
//! ## References
//!
//! systemd.exec(5), systemd.resource-control(5); NEWS of systemd, 231 and 258.

use unitward_catalog::{Kind, directive};

use super::removed_key::successor;
use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWV003",
    name: "old-name",
    family: Family::Version,
    severity: Severity::Note,
    summary: "a directive has another name today",
    directives: &["ReadOnlyDirectories", "ReadWriteDirectories", "InaccessibleDirectories", "PermissionsStartOnly", "MemoryLimit"],
    source: include_str!("old_name.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let version = subject.settings().version;
    for (origin, line) in subject.unit.assignments() {
        let Some(found) = directive(line.key).filter(|d| d.is_in(line.section)) else {
            continue;
        };
        if report.is_full() || !found.is_known_to(version) {
            continue;
        }
        let key = found.name;
        let (message, remedy) = match (found.kind, found.aliases.first()) {
            (Kind::Alias, Some(new)) => (
                format!("{key}= is the old name of {new}="),
                format!("Write {new}=."),
            ),
            (Kind::Legacy, _) => (
                format!("{key}= is an old setting that the + in front of a command replaces"),
                "Write + in front of the commands that need it, and remove the line.".to_owned(),
            ),
            (Kind::Removed, _) => (
                format!("Newer releases of systemd do not read {key}= any more"),
                match successor(found) {
                    Some(new) => format!("Write {new}=."),
                    None => "Remove the line.".to_owned(),
                },
            ),
            _ => continue,
        };
        report.add(Place::from(origin), message, remedy);
    }
}
