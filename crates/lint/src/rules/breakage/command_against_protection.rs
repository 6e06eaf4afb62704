//! # Command that a protection makes fail
//!
//! ## What it finds
//!
//! sysctl with `ProtectKernelTunables=yes`, modprobe or insmod with `ProtectKernelModules=yes`, dmesg with
//! `ProtectKernelLogs=yes`, hwclock or `date -s` with `ProtectClock=yes`, hostname with `ProtectHostname=yes`,
//! in any command without the prefix `+`.
//!
//! ## Why it matters
//!
//! All commands of a unit share its sandbox, those before and after the service too. The command fails. Tried
//! with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectKernelModules=yes
//! ExecStartPre=/usr/sbin/modprobe tun
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectKernelModules=yes
//! ExecStartPre=+/usr/sbin/modprobe tun
//! ```
//!
//! ## References
//!
//! systemd.exec(5); systemd.service(5), the prefix +.

use unitward_settings::HostnameMode;

use crate::questions::commands::sandboxed;
use crate::questions::programs;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB019",
    name: "command-against-protection",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "a command does what a setting of its unit forbids",
    directives: &["ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectClock", "ProtectHostname", "ExecStart"],
    source: include_str!("command_against_protection.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let protections = [
        ("ProtectKernelTunables", settings.protect_kernel_tunables.0, &["sysctl"][..]),
        ("ProtectKernelModules", settings.protect_kernel_modules.0, &["modprobe", "insmod", "rmmod", "kldload"]),
        ("ProtectKernelLogs", settings.protect_kernel_logs.0, &["dmesg"]),
        ("ProtectClock", settings.protect_clock.0, &["hwclock", "ntpdate", "adjtimex"]),
        ("ProtectHostname", settings.protect_hostname.mode == HostnameMode::Yes, &["hostname", "domainname"]),
    ];
    for (name, command) in sandboxed(settings) {
        for (directive, _, programs) in protections.iter().filter(|(_, on, _)| *on) {
            let Some(program) = programs::executed(command).find(|program| programs.contains(program)) else {
                continue;
            };
            // hostname alone only prints the name.
            let prints = program == "hostname" && command.argv.iter().skip(1).all(|word| word.starts_with('-'));
            let reads = program == "sysctl" && !command.argv.iter().any(|word| word.contains('=') || matches!(word.as_str(), "-w" | "-p" | "--system" | "--load"));
            if prints || reads {
                continue;
            }
            let finding = report.add(
                Place::from(command.origin),
                format!("{name}= calls {program}, which {directive}=yes makes fail"),
                "Write a + in front of the command, or move it to a unit of its own.",
            );
            if command.ignore_failure {
                finding.severity(Severity::Note);
            }
        }
    }
}
