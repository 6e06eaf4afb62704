//! # Outdated value
//!
//! ## What it finds
//!
//! `StandardOutput=syslog`, `KillMode=none` and the command prefix `!!`, which systemd reads with a remark.
//!
//! ## Why it matters
//!
//! `syslog` means `journal` since systemd 246. `KillMode=none` leaves processes behind that no manager
//! watches, outside of what a stop or restart should end; it works, but is deprecated. `!!` did something
//! on kernels without ambient capabilities only, and systemd 258 ignores it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! StandardOutput=syslog
//! KillMode=none
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! KillMode=mixed
//! ```
//!
//! ## References
//!
//! systemd.exec(5), "Logging and Standard Input/Output"; systemd.kill(5); NEWS of systemd 246 and 258;
//! observed in 252 and 262.

use unitward_catalog::Version;
use unitward_unit::Assignment;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWV005",
    name: "outdated-value",
    family: Family::Version,
    severity: Severity::Note,
    summary: "a value is obsolete or deprecated",
    directives: &["StandardOutput", "StandardError", "KillMode", "ExecStart"],
    source: include_str!("outdated_value.rs"),
    check,
};

/// The release that ignores `!!`.
const WITHOUT_AMBIENT_PREFIX: Version = Version::new(258);

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for name in ["StandardOutput", "StandardError"] {
        if let Some((origin, text)) = subject.last(name)
            && let Some(rest) = text.strip_prefix("syslog")
            && matches!(rest, "" | "+console")
        {
            report.add(
                Place::from(origin),
                format!("systemd reads {name}={text} as journal{rest}"),
                "Remove the line.",
            );
        }
    }
    if let Some((origin, "none")) = subject.last("KillMode") {
        report.add(
            Place::from(origin),
            "KillMode=none leaves processes running when the unit stops; it is deprecated",
            "Write KillMode=mixed, or remove the line.",
        );
    }
    if subject.settings().version >= WITHOUT_AMBIENT_PREFIX {
        for (origin, line) in subject.unit.assignments() {
            if report.is_full() || !has_ambient_prefix(subject, &line) {
                continue;
            }
            report.add(
                Place::from(origin),
                format!("systemd ignores the !! in front of the command of {}=", line.key),
                "Remove the !!.",
            );
        }
    }
}

/// Whether a command starts with `!!`, among other marks.
fn has_ambient_prefix(subject: &Subject<'_>, line: &Assignment<'_>) -> bool {
    let command = line.key.starts_with("Exec") && line.section == subject.section();
    let text = line.value.text();
    let program = text.trim_start_matches(['-', '@', ':', '+', '!', '|']);
    let marks = text.get(..text.len() - program.len()).unwrap_or_default();
    command && marks.contains("!!")
}
