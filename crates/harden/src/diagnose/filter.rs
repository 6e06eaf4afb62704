//! What the system call filter of the unit answered: by its rules.

use unitward_observe::FailedCall;
use unitward_seccomp::{Action, Arch, Call, Directive, Syscall};
use unitward_settings::{Namespace, family_name};

use super::cause::{Cause, Relaxation};
use super::subject::{Subject, argument, int};

/// Causes of a call that a filter answered, or that it may have answered.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let Some((arch, number)) = number(failure) else {
        return Vec::new();
    };
    let call = Call::new(arch, number, failure.arguments);
    let decision = subject.decider.decide(&call);
    if decision.action.permits() || !(failure.filtered || fits(decision.action, &failure.error)) {
        return Vec::new();
    }
    let Some(directive) = decision.by() else {
        return Vec::new();
    };
    let why = format!(
        "the system call filter answers {} to {}",
        decision.action, failure.call
    );
    vec![cause(subject, failure, arch, directive, why)]
}

/// The calls of a recording that the unit's filter would not let through, whatever their arguments.
pub(super) fn denied(subject: &Subject<'_>, facts: &unitward_observe::Facts) -> Vec<String> {
    let is_denied = |arch: &str, name: &str| {
        let arch = Arch::by_name(arch)?;
        let number = Syscall::by_name(name)?.number(arch)?;
        let decision = subject.decider.decide(&Call::new(arch, number, [0; 6]));
        let by = decision.by()?;
        Some(!decision.action.permits() && by == Directive::SystemCallFilter)
    };
    let calls = facts.calls.keys();
    calls
        .filter(|key| is_denied(&key.architecture, &key.call) == Some(true))
        .map(|key| key.call.clone())
        .collect()
}

fn number(failure: &FailedCall) -> Option<(Arch, u32)> {
    let arch = Arch::by_name(&failure.architecture)?;
    let number = match failure.call.parse() {
        Ok(number) => number,
        Err(_) => Syscall::by_name(&failure.call)?.number(arch)?,
    };
    Some((arch, number))
}

/// Whether an error is the one that a filter gives.
fn fits(action: Action, error: &str) -> bool {
    match action {
        Action::Errno(number) => unitward_seccomp::Errno::name(number, u16::MAX) == Some(error),
        Action::KillProcess | Action::KillThread => matches!(error, "SIGSYS" | "killed"),
        _ => false,
    }
}

fn cause(
    subject: &Subject<'_>,
    failure: &FailedCall,
    arch: Arch,
    directive: Directive,
    why: String,
) -> Cause {
    let name = directive.name();
    match directive {
        Directive::SystemCallFilter => {
            // Also from a list of what is denied, a name without the sign takes the call away.
            let by_name = Syscall::by_name(&failure.call).is_some();
            if !by_name {
                return subject.switched_off(name, why);
            }
            subject.relaxed(name, why, Relaxation::of(name, &failure.call))
        }
        Directive::RestrictAddressFamilies => {
            let family = u8::try_from(argument(failure, 0)).ok();
            match family.and_then(family_name) {
                Some(family) => subject.relaxed(
                    name,
                    format!("sockets of {family} are not among the allowed ones"),
                    Relaxation::of(name, family),
                ),
                None => subject.switched_off(name, why),
            }
        }
        Directive::RestrictNamespaces => {
            let flags = match failure.call.as_str() {
                "setns" => int(failure, 1),
                _ => int(failure, 0),
            }
            .cast_unsigned();
            let kinds: Vec<&str> = Namespace::ALL
                .into_iter()
                .filter(|kind| flags & kind.flag() != 0)
                .filter(|kind| !subject.settings.restrict_namespaces.allows(*kind))
                .map(Namespace::word)
                .collect();
            if kinds.is_empty() {
                return subject.switched_off(name, why);
            }
            let why = format!("namespaces of the kind {} are denied", kinds.join(" and "));
            subject.relaxed(name, why, Relaxation::of(name, kinds.join(" ")))
        }
        Directive::SystemCallArchitectures => {
            let why = format!("calls of the architecture {arch} are denied");
            subject.relaxed(name, why, Relaxation::of(name, arch.name()))
        }
        _ => subject.switched_off(name, why),
    }
}
