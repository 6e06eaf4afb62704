//! # UMask= that makes files writable for everybody
//!
//! ## What it finds
//!
//! `UMask=` without the bit 0002, such as 0000.
//!
//! ## Why it matters
//!
//! Files and directories that the service creates without a mode of its own are writable for every user, who
//! can so change what the service reads next.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! UMask=0000
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! UMask=0027
//! ```
//!
//! ## References
//!
//! systemd.exec(5), UMask=; umask(2).

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH021",
    name: "files-for-everybody",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "UMask= lets everybody write to new files",
    directives: &["UMask"],
    source: include_str!("files_for_everybody.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let umask = &subject.settings().umask;
    if !umask.is_assigned() || umask.0 & 0o002 != 0 {
        return;
    }
    report.add(
        place(umask),
        format!("With UMask={:04o}, everybody can write to files that the service creates", umask.0),
        "Set UMask=0027, or 0007 where a group shares the files.",
    );
}
