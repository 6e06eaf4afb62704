//! The system call filter: one program for all settings that ask for one.

use std::sync::Arc;

use unitward_seccomp::{Arch, Directive, MemoryDenyWriteExecute};
use unitward_settings::FilterHost;

use super::privileges::filter_cause;
use super::steps::Steps;
use super::{Action, Cause, Context, Filter};
use crate::{Exit, Failure};

/// Adds the steps that make the kernel refuse calls.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) -> Result<(), Failure> {
    let settings = cx.settings;
    for directive in ALL {
        cx.enforced(directive.name());
    }
    cx.enforced("SystemCallErrorNumber");
    let Some(cause) = filter_cause(settings) else {
        return Ok(());
    };
    let host = FilterHost {
        native: Arch::NATIVE,
        has_mdwe: cx.host.kernel >= (6, 3),
        personality: current_personality(),
    };
    let policy = settings.system_call_policy(host);
    if policy.memory_deny_write_execute == MemoryDenyWriteExecute::Prctl {
        let setting = &settings.memory_deny_write_execute;
        steps.ask(
            "MemoryDenyWriteExecute",
            setting,
            Exit::SECCOMP,
            Action::RefuseExecGain,
        );
    }
    let program = policy.compile().map_err(|error| {
        Failure::new(
            Exit::SECCOMP,
            cause,
            format!("make one system call filter: {error}"),
        )
    })?;
    if let Some(program) = program {
        let observer = cx.unit.options.observer.as_ref();
        let program = match observer.is_some_and(|observer| observer.answers_calls()) {
            true => program.deferred(),
            false => program,
        };
        let filter = Filter(Arc::new(program));
        let cause = exit_cause(settings, cause);
        let exit = match cause.directive {
            "RestrictAddressFamilies" => Exit::ADDRESS_FAMILIES,
            _ => Exit::SECCOMP,
        };
        steps.push(exit, cause, Action::Filter(filter));
    }
    Ok(())
}

/// Every directive that the filter answers for, at least in part.
const ALL: [Directive; 10] = [
    Directive::RestrictAddressFamilies,
    Directive::MemoryDenyWriteExecute,
    Directive::RestrictRealtime,
    Directive::RestrictSuidSgid,
    Directive::RestrictNamespaces,
    Directive::SystemCallArchitectures,
    Directive::LockPersonality,
    Directive::ProtectClock,
    Directive::SystemCallLog,
    Directive::SystemCallFilter,
];

/// The directive to name when the whole filter cannot be installed: the list of calls, where there is one.
fn exit_cause(settings: &unitward_settings::Settings, first: Cause) -> Cause {
    if settings.system_call_filter.is_set() {
        return Cause::of("SystemCallFilter", &settings.system_call_filter);
    }
    first
}

/// The personality of this process, which its children begin with (personality(2)).
fn current_personality() -> u32 {
    let text = std::fs::read_to_string("/proc/self/personality").unwrap_or_default();
    u32::from_str_radix(text.trim(), 16).unwrap_or(0)
}
