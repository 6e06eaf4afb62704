//! # Command that runs outside of the sandbox
//!
//! ## What it finds
//!
//! A command with `+` in front in a unit that has a sandbox, or one other than `ExecStart=` beside
//! `PermissionsStartOnly=yes`.
//!
//! ## Why it matters
//!
//! systemd runs it as root, with all capabilities, without system call filter and without nearly all of the
//! file system settings. For a small preparation this is what `+` is for. When the command is `ExecStart=`,
//! the sandbox of the unit protects nothing, and when it reads what the service has written, the service
//! can have it do things as root.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=+/usr/bin/exampled
//! ProtectSystem=strict
//! NoNewPrivileges=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/exampled
//! ProtectSystem=strict
//! NoNewPrivileges=yes
//! ```
//!
//! ## References
//!
//! systemd.service(5), "Command lines"; tried with systemd 252 and 262.

use unitward_settings::{Privilege, Scope, boolean};

use crate::finding::{Place, Report};
use crate::questions::commands::commands;
use crate::questions::sandbox::is_sandboxed;
use crate::questions::text::excerpt;
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC019",
    name: "command-outside-sandbox",
    family: Family::NoEffect,
    severity: Severity::Note,
    summary: "a command runs as root outside of the sandbox",
    directives: &["ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost", "PermissionsStartOnly"],
    source: include_str!("command_outside_sandbox.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if !is_sandboxed(settings) {
        return;
    }
    let start_only = subject.last("PermissionsStartOnly");
    let start_only = start_only.is_some_and(|(_, text)| boolean(text) == Some(true));
    for (name, command) in commands(settings) {
        let plus = command.privilege == Privilege::Full;
        // It takes a number from systemd, and nothing from the service.
        let kill = command.path.ends_with("/kill") || command.path == "kill";
        if report.is_full() || kill || !(plus || (start_only && name != "ExecStart")) {
            continue;
        }
        let main = name == "ExecStart";
        let how = match settings.scope {
            Scope::System => "as root ",
            Scope::User => "",
        };
        let program = excerpt(&command.path);
        let finding = report.add(
            Place::from(command.origin),
            match main {
                true => format!("{program} runs {how}outside of the sandbox of this unit: {name}=+"),
                false => format!("{program} of {name}= runs {how}outside of the sandbox"),
            },
            match plus {
                true => "Remove the + if the command can do without, and do not let it trust files of the service.",
                false => "Remove PermissionsStartOnly=yes, and write + in front of the commands that need it.",
            },
        );
        if main {
            finding.severity(Severity::Warning);
        }
    }
}
