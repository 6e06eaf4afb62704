//! # PID file that systemd does not see
//!
//! ## What it finds
//!
//! `Type=forking` with a `PIDFile=` in /tmp or /var/tmp beside `PrivateTmp=yes`, or below a
//! `TemporaryFileSystem=`.
//!
//! ## Why it matters
//!
//! systemd reads the file outside the sandbox, the service writes it inside. systemd waits for it until the
//! time-out and takes the start for failed. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! Type=forking
//! PIDFile=/tmp/example.pid
//! PrivateTmp=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! Type=forking
//! PIDFile=/run/example/pid
//! RuntimeDirectory=example
//! PrivateTmp=yes
//! ```
//!
//! ## References
//!
//! systemd.service(5), PIDFile=.

use unitward_settings::{PrivateTmp, ServiceType};

use crate::questions::commands::sandboxed;
use crate::questions::directories;
use crate::questions::paths::is_within;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB017",
    name: "hidden-pid-file",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a forking service writes its PID file where systemd does not look",
    directives: &["PIDFile", "PrivateTmp", "TemporaryFileSystem", "Type"],
    source: include_str!("hidden_pid_file.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(path) = settings.pid_file.0.as_deref().filter(|_| *settings.service_type == ServiceType::Forking) else {
        return;
    };
    let bound = settings.binds.0.iter().any(|item| is_within(path, &item.value.destination));
    let own = directories::all(settings).iter().any(|(made, _)| is_within(path, made));
    if bound || own || sandboxed(settings).all(|(name, _)| name != "ExecStart") {
        return;
    }
    let temporary = ["/tmp", "/var/tmp"].iter().any(|directory| is_within(path, directory));
    let by = match *settings.private_tmp != PrivateTmp::No && temporary {
        true => "PrivateTmp=yes".to_owned(),
        false => {
            let mut list = settings.temporary_file_system.0.iter();
            match list.find(|item| is_within(path, &item.value.path)) {
                Some(item) => format!("TemporaryFileSystem={}", item.value.path),
                None => return,
            }
        }
    };
    report.add(
        place(&settings.pid_file),
        format!("systemd does not see {path}, because {by} gives the service a directory of its own there"),
        "Use RuntimeDirectory= and a PIDFile= in it.",
    );
}
