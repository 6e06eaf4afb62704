//! Limits: what a process may not have more of.

use unitward_observe::FailedCall;

use super::cause::{Cause, Relaxation};
use super::subject::{Subject, argument};

/// Causes of a call that failed for want of something that is limited.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let listed: &[&'static str] = match (failure.call.as_str(), failure.error.as_str()) {
        ("mq_open", "EMFILE" | "ENOMEM" | "ENFILE") => &["LimitMSGQUEUE", "LimitNOFILE"],
        (_, "EMFILE") => &["LimitNOFILE"],
        ("dup2" | "dup3", "EBADF") | ("fcntl" | "fcntl64", "EINVAL") => &["LimitNOFILE"],
        ("mlock" | "mlock2" | "mlockall" | "munlockall", "ENOMEM" | "EPERM" | "EAGAIN")
        | ("bpf" | "io_uring_setup" | "perf_event_open" | "shmctl", "ENOMEM")
        | ("mmap" | "mremap", "EAGAIN") => &["LimitMEMLOCK"],
        ("mmap" | "mmap2" | "brk" | "mremap" | "shmat", "ENOMEM") => {
            &["LimitAS", "LimitDATA", "MemoryMax"]
        }
        ("clone" | "clone3" | "fork" | "vfork", "EAGAIN") => &["LimitNPROC", "TasksMax"],
        ("clone" | "clone3" | "fork" | "vfork", "ENOMEM") => &["LimitAS", "MemoryMax"],
        ("execve" | "execveat", "EAGAIN") => &["LimitNPROC"],
        ("execve" | "execveat", "E2BIG") => &["LimitSTACK"],
        (_, "EFBIG") => &["LimitFSIZE"],
        (_, "ENOLCK") => &["LimitLOCKS"],
        ("timer_create" | "rt_sigqueueinfo" | "rt_tgsigqueueinfo" | "sigqueue", "EAGAIN") => {
            &["LimitSIGPENDING"]
        }
        ("setpriority" | "nice", "EACCES" | "EPERM") => &["LimitNICE"],
        ("sched_setscheduler" | "sched_setparam" | "sched_setattr", "EPERM") => &["LimitRTPRIO"],
        ("prlimit64" | "setrlimit", "EPERM") => return raised(subject, failure),
        _ => &[],
    };
    listed
        .iter()
        .filter(|directive| subject.is_set(directive))
        .map(|directive| of(subject, directive, failure))
        .collect()
}

fn of(subject: &Subject<'_>, directive: &'static str, failure: &FailedCall) -> Cause {
    let why = format!("{} ran into {directive}=", program(&failure.program));
    raise(subject, directive, why)
}

/// A program as the subject of a sentence.
pub(super) fn program(path: &str) -> String {
    match path.rsplit('/').next() {
        None | Some("") => "the service".to_owned(),
        Some(name) => format!("the program {name}"),
    }
}

/// A cause by a limit, which is first made eight times as large, and then taken away.
pub(super) fn raise(subject: &Subject<'_>, directive: &'static str, why: String) -> Cause {
    match current(subject, directive) {
        Some(limit) if limit > 0 => {
            let more = limit.saturating_mul(8).to_string();
            subject.relaxed(directive, why, Relaxation::of(directive, more))
        }
        _ => subject.switched_off(directive, why),
    }
}

fn current(subject: &Subject<'_>, directive: &str) -> Option<u64> {
    let s = subject.settings;
    let limit = match directive {
        "LimitNOFILE" => s.limit_nofile.0,
        "LimitNPROC" => s.limit_nproc.0,
        "LimitFSIZE" => s.limit_fsize.0,
        "LimitAS" => s.limit_as.0,
        "LimitDATA" => s.limit_data.0,
        "LimitSTACK" => s.limit_stack.0,
        "LimitMEMLOCK" => s.limit_memlock.0,
        "LimitCPU" => s.limit_cpu.0,
        "LimitSIGPENDING" => s.limit_sigpending.0,
        "LimitMSGQUEUE" => s.limit_msgqueue.0,
        "TasksMax" => {
            return match s.tasks_max.0 {
                Some(unitward_settings::Amount::Number(number)) => Some(number),
                _ => None,
            };
        }
        "MemoryMax" => {
            return match s.memory_max.0 {
                unitward_settings::Amount::Number(number) => Some(number),
                _ => None,
            };
        }
        _ => None,
    };
    limit
        .map(|limit| limit.soft)
        .filter(|limit| *limit != u64::MAX)
}

/// A limit that a program may not raise above its hard limit.
fn raised(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let at = if failure.call == "prlimit64" { 1 } else { 0 };
    let directive = match argument(failure, at) as u32 {
        0 => "LimitCPU",
        1 => "LimitFSIZE",
        2 => "LimitDATA",
        3 => "LimitSTACK",
        4 => "LimitCORE",
        5 => "LimitRSS",
        6 => "LimitNPROC",
        7 => "LimitNOFILE",
        8 => "LimitMEMLOCK",
        9 => "LimitAS",
        10 => "LimitLOCKS",
        11 => "LimitSIGPENDING",
        12 => "LimitMSGQUEUE",
        13 => "LimitNICE",
        14 => "LimitRTPRIO",
        15 => "LimitRTTIME",
        _ => return Vec::new(),
    };
    if !subject.is_set(directive) {
        return Vec::new();
    }
    let why = format!("a program may not raise a limit above {directive}=");
    vec![raise(subject, directive, why)]
}
