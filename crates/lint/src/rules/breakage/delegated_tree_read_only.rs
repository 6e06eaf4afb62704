//! # Delegated control groups that are read-only
//!
//! ## What it finds
//!
//! `Delegate=` beside `ProtectControlGroups=yes` or `strict`.
//!
//! ## Why it matters
//!
//! `Delegate=` hands a part of the control group tree over to the service, which is to make groups there.
//! `ProtectControlGroups=` mounts all of the tree read-only, this part included: mkdir fails with EROFS (tried
//! with systemd 252).
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! Delegate=yes
//! ProtectControlGroups=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! Delegate=yes
//! ProtectControlGroups=private
//! ```
//!
//! ## References
//!
//! systemd.resource-control(5), Delegate=; systemd.exec(5), ProtectControlGroups= (private since systemd 257).

use unitward_catalog::Version;
use unitward_settings::ProtectControlGroups;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB020",
    name: "delegated-tree-read-only",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "the control groups that are delegated to the service cannot be written",
    directives: &["Delegate", "ProtectControlGroups"],
    source: include_str!("delegated_tree_read_only.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let groups = &settings.protect_control_groups;
    let read_only = matches!(**groups, ProtectControlGroups::Yes | ProtectControlGroups::Strict);
    if !settings.delegate.on || !read_only {
        return;
    }
    let remedy = match settings.version >= Version::V257 {
        true => "Use ProtectControlGroups=private.",
        false => "Remove one of the two.",
    };
    let value = groups.word();
    report
        .add(
            place(groups),
            format!("ProtectControlGroups={value} makes the control groups read-only that Delegate= hands over"),
            remedy,
        )
        .see(place(&settings.delegate), "the service is to write there");
}
