//! The diagnosis, for people.

use std::fmt::Write as _;

use unitward_exposure::Tenths;
use unitward_harden::diagnose::{Cause, Denial, Diagnosis, Evidence, Finding};
use unitward_harden::verify::Complaint;
use unitward_observe::{FailedCall, HowEnded};
use unitward_settings::Settings;

use crate::ui::{self, Paint};
use crate::verbs::run::report::place;

/// The whole report.
pub(super) fn report(settings: &Settings, diagnosis: &Diagnosis, paint: Paint) -> String {
    let mut text = String::new();
    head(&mut text, settings, diagnosis, paint);
    for (number, finding) in diagnosis.findings.iter().enumerate() {
        text.push('\n');
        let before = diagnosis.exposure.0;
        found(&mut text, settings, (finding, before), number + 1, paint);
    }
    tail(&mut text, settings, diagnosis, paint);
    text
}

fn head(text: &mut String, settings: &Settings, diagnosis: &Diagnosis, paint: Paint) {
    let unit = settings.unit.as_str();
    if !diagnosis.is_broken() {
        let what: Vec<String> = diagnosis.fails.iter().map(complaint).collect();
        let words = if diagnosis.works_without {
            format!("{unit} works in its sandbox as it does without.")
        } else {
            format!(
                "{unit} fails, and it fails in the same way without its sandbox: {}.",
                what.join("; ")
            )
        };
        let _ = writeln!(text, "{}", paint.bold(&ui::printable(&words)));
        return;
    }
    let what: Vec<String> = diagnosis.complaints.iter().take(2).map(complaint).collect();
    let words = format!("{unit} does not work in its sandbox: {}.", what.join("; "));
    let _ = writeln!(text, "{}", paint.bold(&ui::printable(&words)));
    if let Some(reason) = &diagnosis.blind {
        let _ = writeln!(
            text,
            "It could not be watched ({reason}), so directives were switched off until it worked."
        );
    }
    if !diagnosis.works_without {
        text.push_str("Without its sandbox it does not work either, though in another way.\n");
    }
    if diagnosis.findings.is_empty() {
        text.push_str("No cause was found.\n");
    }
}

fn found(
    text: &mut String,
    settings: &Settings,
    (finding, before): (&Finding, Option<Tenths>),
    number: usize,
    paint: Paint,
) {
    let _ = write!(text, "{number}. ");
    match finding.cause.name() {
        Some(name) => {
            let _ = write!(text, "{}", paint.bold(&format!("{name}=")));
            if let Some(origin) = finding.cause.origin() {
                let _ = write!(text, " at {}", place(settings, origin));
            }
        }
        None => text.push_str(&paint.bold("Not the sandbox")),
    }
    text.push('\n');
    let mut line = |words: String| {
        let _ = writeln!(text, "   {}", ui::printable(&words));
    };
    // Of a step that failed the cause says the same, and more.
    let is_said =
        matches!(&finding.denial, Denial::Setup(step) if finding.cause.why.contains(step));
    if let Some(words) = denial(&finding.denial).filter(|_| !is_said) {
        line(words);
    }
    line(format!("{}.", sentence(&finding.cause.why)));
    let evidence: Vec<&str> = finding.evidence.iter().map(|one| evidence(*one)).collect();
    if !evidence.is_empty() {
        line(format!("It mattered: {}.", evidence.join("; ")));
    }
    let Some(change) = &finding.change else {
        return;
    };
    for (directive, value) in &change.assignments {
        line(format!("→ {directive}={value}"));
    }
    let mut verdict = match finding.confirmed {
        true => "  confirmed: tried, and needed".to_owned(),
        false => "  not confirmed".to_owned(),
    };
    if let (Some(before), Some(after)) = (before, finding.exposure) {
        if before == after {
            let _ = write!(verdict, "; the exposure level stays {before}");
        } else {
            let _ = write!(
                verdict,
                "; the exposure level goes from {before} to {after}"
            );
        }
    }
    line(verdict + ".");
}

fn tail(text: &mut String, settings: &Settings, diagnosis: &Diagnosis, paint: Paint) {
    let drop_in = diagnosis.drop_in();
    if !drop_in.is_empty() {
        let words = if diagnosis.confirmed {
            "With this drop-in it works:"
        } else {
            "With this drop-in it gets further, but does not work yet:"
        };
        let _ = writeln!(text, "\n{}\n", paint.bold(words));
        for line in drop_in.lines() {
            let _ = writeln!(text, "    {}", ui::printable(line));
        }
        if let (Some(before), Some(after)) = diagnosis.exposure {
            let _ = writeln!(text, "\nThe exposure level goes from {before} to {after}.");
        }
    }
    if !diagnosis.harmless.is_empty() {
        text.push_str("\nDenied as well, and harmless:\n");
        for (denied, cause) in diagnosis.harmless.iter().take(MOST) {
            let _ = writeln!(
                text,
                "   {}",
                ui::printable(&aside(settings, denied, cause))
            );
        }
    }
    if !diagnosis.probes.is_empty() {
        let _ = writeln!(
            text,
            "\n{} failed in the same way without the sandbox.",
            match diagnosis.probes.len() {
                1 => "One call".to_owned(),
                number => format!("{number} calls"),
            }
        );
    }
    for (directive, reason) in &diagnosis.gaps {
        let words = format!("{directive}= is not wholly enforced here: {reason}.");
        let _ = writeln!(text, "\n{}", ui::printable(&words));
    }
    let times = match diagnosis.runs {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => format!("{number} times"),
    };
    let _ = writeln!(
        text,
        "\n{}",
        paint.dim(&format!("The service was run {times}."))
    );
}

/// More of what is harmless is not listed.
const MOST: usize = 12;

fn aside(settings: &Settings, denied: &Denial, cause: &Cause) -> String {
    let what = denial(denied).unwrap_or_default();
    match (cause.name(), cause.origin()) {
        (Some(name), Some(origin)) => format!("{name}= at {}: {what}", place(settings, origin)),
        (Some(name), None) => format!("{name}=: {what}"),
        _ => what,
    }
}

/// What went wrong, in words.
pub(super) fn denial(denial: &Denial) -> Option<String> {
    Some(match denial {
        Denial::Call(failure) => call(failure),
        Denial::Setup(step) => format!("{}.", sentence(step)),
        Denial::Signal(end) => {
            let HowEnded::Signal(signal) = end.how else {
                return None;
            };
            let name = u8::try_from(signal)
                .map(unitward_settings::signal_name)
                .unwrap_or_default();
            format!(
                "{} (process {}) was killed by SIG{name}.",
                end.program, end.pid
            )
        }
        Denial::Program(program) => format!("{program} was executed without its privileges."),
        Denial::Packets(address) => format!("Packets to {address} got lost."),
        Denial::Output(words) => format!("It said: {words}"),
        _ => return None,
    })
}

/// A failed call as strace(1) would write it, and who made it.
fn call(failure: &FailedCall) -> String {
    let mut arguments: Vec<String> = Vec::new();
    if let Some(path) = &failure.path {
        arguments.push(format!("\"{path}\""));
    }
    if let Some(address) = &failure.address {
        arguments.push(format!("{} {}", address.protocol, address.address));
    }
    if arguments.is_empty() {
        arguments = numbers(failure);
    } else {
        arguments.push("…".to_owned());
    }
    let times = match failure.count {
        0 | 1 => String::new(),
        count => format!(", {count} times"),
    };
    format!(
        "{} (process {}): {}({}) = {}{times}",
        failure.program,
        failure.pid,
        failure.call,
        arguments.join(", "),
        failure.error
    )
}

/// The arguments of a call, as far as it has them.
fn numbers(failure: &FailedCall) -> Vec<String> {
    let count = match failure.call.as_str() {
        "setuid" | "setgid" | "unshare" | "personality" | "iopl" | "adjtimex" => 1,
        "setgroups" | "setns" | "kill" | "clone3" | "sethostname" | "setrlimit"
        | "clock_settime" | "mlock" => 2,
        "socket" | "setresuid" | "setresgid" | "mprotect" | "sched_setscheduler"
        | "setpriority" | "ioctl" | "ioprio_set" | "syslog" | "bpf" => 3,
        "prlimit64" | "socketpair" | "ptrace" => 4,
        "clone" | "prctl" | "perf_event_open" | "setsockopt" => 5,
        _ => 6,
    };
    let mut words: Vec<String> = failure
        .arguments
        .iter()
        .take(count)
        .map(|value| format!("{value:#x}"))
        .collect();
    if matches!(failure.call.as_str(), "socket" | "socketpair") {
        let family = failure.arguments.first().copied();
        let family = family.and_then(|family| u8::try_from(family).ok());
        if let (Some(first), Some(name)) = (
            words.first_mut(),
            family.and_then(unitward_settings::family_name),
        ) {
            name.clone_into(first);
        }
    }
    words
}

/// Why something mattered.
pub(super) const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Fatal => "it ended the process or kept it from starting",
        Evidence::LastBeforeTheEnd => "nothing failed between it and the end of the process",
        Evidence::Named => "the output names it",
        Evidence::Message => "the output has this error",
        Evidence::OnlyInTheSandbox => "it does not fail without the sandbox",
        _ => "",
    }
}

/// What is worse, as a phrase.
pub(super) fn complaint(complaint: &Complaint) -> String {
    match complaint {
        Complaint::Failure(step) => format!("cannot {step}"),
        Complaint::NotReady => "it does not come to be started".to_owned(),
        Complaint::Result(result, Some(ending)) => {
            format!("it {ending} (result {})", result.name())
        }
        Complaint::Result(result, None) => format!("its result is {}", result.name()),
        Complaint::Command(phase, ending) => format!("{}= {ending}", phase.directive()),
        Complaint::Late(phase) => format!("{}= takes too long", phase.directive()),
        Complaint::NotReloaded => "it cannot be reloaded".to_owned(),
        Complaint::Workload(Some(status)) => format!("the workload ends with status {status}"),
        Complaint::Workload(None) => "the workload does not come to its end".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A phrase with a capital letter at its front, but for paths and names.
fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
