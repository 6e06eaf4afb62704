//! # Setting that needs another one
//!
//! ## What it finds
//!
//! A setting that only says how another one works, without that other one: `RuntimeDirectoryMode=` without
//! `RuntimeDirectory=`, `RootHash=` without `RootImage=`, and the like.
//!
//! ## Why it matters
//!
//! The line does nothing. Perhaps the other one has a typing mistake, or was removed and this one
//! forgotten.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! RuntimeDirectoryMode=0750
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! RuntimeDirectory=example
//! RuntimeDirectoryMode=0750
//! ```
//!
//! ## References
//!
//! systemd.exec(5), systemd.service(5), systemd.resource-control(5).

use unitward_settings::boolean;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC022",
    name: "missing-companion",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "a setting does nothing without another one",
    directives: &["RuntimeDirectoryMode", "RuntimeDirectoryPreserve", "StateDirectoryMode", "CacheDirectoryMode", "LogsDirectoryMode", "ConfigurationDirectoryMode", "RootImageOptions", "RootHash", "RootVerity", "RootEphemeral", "RootDirectoryStartOnly", "DelegateSubgroup", "NUMAMask"],
    source: include_str!("missing_companion.rs"),
    check,
};

/// A setting, and those of which it needs one.
const NEEDS: &[(&str, &[&str])] = &[
    ("RuntimeDirectoryMode", &["RuntimeDirectory"]),
    ("RuntimeDirectoryPreserve", &["RuntimeDirectory"]),
    ("StateDirectoryMode", &["StateDirectory"]),
    ("CacheDirectoryMode", &["CacheDirectory"]),
    ("LogsDirectoryMode", &["LogsDirectory"]),
    ("ConfigurationDirectoryMode", &["ConfigurationDirectory"]),
    ("RootImageOptions", &["RootImage"]),
    ("RootImagePolicy", &["RootImage"]),
    ("RootHash", &["RootImage"]),
    ("RootHashSignature", &["RootImage"]),
    ("RootVerity", &["RootImage"]),
    ("RootEphemeral", &["RootDirectory", "RootImage"]),
    ("RootDirectoryStartOnly", &["RootDirectory", "RootImage"]),
    ("MountImagePolicy", &["MountImages"]),
    ("ExtensionImagePolicy", &["ExtensionImages"]),
    ("DelegateSubgroup", &["Delegate"]),
    ("BPFDelegateCommands", &["PrivateBPF"]),
    ("BPFDelegateMaps", &["PrivateBPF"]),
    ("BPFDelegatePrograms", &["PrivateBPF"]),
    ("BPFDelegateAttachments", &["PrivateBPF"]),
    ("NUMAMask", &["NUMAPolicy"]),
];

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (name, others) in NEEDS {
        let Some((origin, text)) = subject.last(name) else {
            continue;
        };
        // A mode of 0 is a mode.
        let off = boolean(text) == Some(false) && !name.ends_with("Mode");
        let present = others.iter().any(|other| subject.last(other).is_some());
        if off || present || !unitward_catalog::directive(name).is_some_and(|d| d.is_known_to(subject.settings().version)) {
            continue;
        }
        report.add(
            Place::from(origin),
            format!("{name}= has no effect without {}=", others.join("= or ")),
            format!("Write {}=, or remove the line.", others.join("= or ")),
        );
    }
}
