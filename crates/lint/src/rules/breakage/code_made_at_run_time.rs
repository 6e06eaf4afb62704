//! # MemoryDenyWriteExecute= with a program that makes code
//!
//! ## What it finds
//!
//! `MemoryDenyWriteExecute=yes` with a program that compiles to machine code while it runs (Node.js, Java,
//! Mono, .NET, LuaJIT, PyPy, QEMU and others), known from its name. On the system itself, also from its
//! libraries, an executable stack, or segments that are writable and executable.
//!
//! ## Why it matters
//!
//! The program needs memory that it first writes and then executes. It does not get it, and ends.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/node /srv/example/server.js
//! MemoryDenyWriteExecute=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/bin/node /srv/example/server.js
//! ```
//!
//! ## When to ignore
//!
//! The program was told not to compile, such as PHP without opcache.jit.
//!
//! ## References
//!
//! systemd.exec(5), MemoryDenyWriteExecute=; PR_SET_MDWE(2const).

use unitward_catalog::Version;
use unitward_elf::{Evidence, WxEffect, WxReason, wx_reason_of_name, wx_reasons};

use crate::questions::commands::sandboxed;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB006",
    name: "code-made-at-run-time",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a program makes code while it runs, which MemoryDenyWriteExecute= denies",
    directives: &["MemoryDenyWriteExecute", "ExecStart"],
    source: include_str!("code_made_at_run_time.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if !settings.memory_deny_write_execute.0 {
        return;
    }
    for (name, command) in sandboxed(settings) {
        let Some(reason) = reason(subject, &command.path) else {
            continue;
        };
        let severity = match (reason.effect, name) {
            (WxEffect::FallsBack, _) => continue,
            (WxEffect::Fails, "ExecStart") => Severity::Error,
            (WxEffect::FailsByKernel, "ExecStart") if settings.version >= Version::new(254) => Severity::Error,
            _ => Severity::Warning,
        };
        let sure = match reason.evidence {
            Evidence::Library => continue,
            Evidence::Name if severity == Severity::Error && subject.host.is_none() => Severity::Warning,
            _ => severity,
        };
        report
            .add(
                Place::from(command.origin),
                format!("{} does not work with MemoryDenyWriteExecute=yes: it has {}", command.path, reason.what),
                "Remove MemoryDenyWriteExecute=, or run the program in the mode that makes no code.",
            )
            .severity(sure)
            .see(place(&settings.memory_deny_write_execute), reason.why);
    }
}

/// The worst that is known of a program.
fn reason(subject: &Subject<'_>, path: &str) -> Option<WxReason> {
    let known = subject.host.and_then(|host| host.closure(path));
    match known {
        Some(closure) => wx_reasons(&closure).into_iter().next(),
        None => wx_reason_of_name(path),
    }
}
