//! # Libraries from where everybody can write
//!
//! ## What it finds
//!
//! `Environment=` with LD_PRELOAD, LD_LIBRARY_PATH, PATH, PYTHONPATH, PERL5LIB and the like that names a
//! directory below /tmp, /var/tmp or /dev/shm, or that has an empty or relative part, which stands for the
//! working directory.
//!
//! ## Why it matters
//!
//! Whoever can write there puts a library or a program of the right name in place, and the service executes it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! Environment=LD_LIBRARY_PATH=/opt/example/lib:
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! Environment=LD_LIBRARY_PATH=/opt/example/lib
//! ```
//!
//! ## References
//!
//! ld.so(8), LD_LIBRARY_PATH; CWE-427.

use crate::questions::paths::is_within;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH022",
    name: "library-path-for-everybody",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a variable makes programs load code from a directory that everybody can write to",
    directives: &["Environment"],
    source: include_str!("library_path_for_everybody.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for item in subject.settings().environment.0.iter() {
        let variable = &item.value;
        if !VARIABLES.contains(&variable.name.as_str()) || variable.value.is_empty() {
            continue;
        }
        let Some(part) = variable.value.split(':').find(|part| is_open(part)) else {
            continue;
        };
        let what = match part {
            "" => "an empty part, the working directory".to_owned(),
            part => part.to_owned(),
        };
        report.add(
            Place::from(item.origin),
            format!("{} makes programs load code from {what}", variable.name),
            "Name only absolute directories that belong to root.",
        );
    }
}

/// Variables that name directories of code.
const VARIABLES: [&str; 8] = [
    "LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "PERL5LIB", "RUBYLIB", "NODE_PATH", "GCONV_PATH",
];

/// Whether others can write to a directory, or choose it.
fn is_open(part: &str) -> bool {
    let shared = ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|directory| is_within(part, directory));
    // A name without slash in LD_PRELOAD is looked up like any other library; a variable is not known here.
    shared || part.is_empty() || part == "." || part.starts_with("./") || part.starts_with("../")
}
