//! Attributes of a process that any process has: scheduling, scores, limits (systemd.exec(5), "Process Properties" and
//! "Scheduling").

use std::ffi::CString;

use rustix::thread::CpuSet;
use unitward_settings::{KeyringMode, Limit, MemoryThp, NumaPolicy, Settings};

use super::steps::Steps;
use super::{Action, Cause, Context, Resource, Tolerance};
use crate::Exit;

/// Scores and scheduling, while still privileged.
pub(super) fn scheduling(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    if let Some(score) = settings.oom_score_adjust.0 {
        let action = write_proc(c"/proc/self/oom_score_adj", &score.to_string());
        let cause = Cause::of("OOMScoreAdjust", &settings.oom_score_adjust);
        steps.tolerant(Exit::OOM_ADJUST, cause, Tolerance::Privilege, action);
        cx.enforced("OOMScoreAdjust");
    }
    if let Some(filter) = settings.coredump_filter.0 {
        let action = write_proc(c"/proc/self/coredump_filter", &format!("{filter:#x}"));
        steps.ask(
            "CoredumpFilter",
            &settings.coredump_filter,
            Exit::LIMITS,
            action,
        );
        cx.enforced("CoredumpFilter");
    }
    if let Some(policy) = settings.cpu_scheduling_policy.0 {
        let action = Action::Scheduler {
            policy,
            priority: settings.cpu_scheduling_priority.0.unwrap_or(0).into(),
            reset_on_fork: settings.cpu_scheduling_reset_on_fork.0,
        };
        steps.ask(
            "CPUSchedulingPolicy",
            &settings.cpu_scheduling_policy,
            Exit::SETSCHEDULER,
            action,
        );
    }
    for directive in [
        "CPUSchedulingPolicy",
        "CPUSchedulingPriority",
        "CPUSchedulingResetOnFork",
    ] {
        cx.enforced(directive);
    }
    if let Some(nice) = settings.nice.0.and_then(|nice| i32::try_from(nice).ok()) {
        let cause = Cause::of("Nice", &settings.nice);
        steps.push(Exit::NICE, cause, Action::Nice(nice));
        cx.enforced("Nice");
    }
    cpu_affinity(cx, steps);
    memory_policy(cx, steps);
    let class = settings.io_scheduling_class.0;
    let level = settings.io_scheduling_priority.0;
    if class.is_some() || level.is_some() {
        const BEST_EFFORT: u8 = 2;
        let class = class.unwrap_or(BEST_EFFORT);
        let level = level.unwrap_or(4);
        let action = Action::IoPriority { class, level };
        steps.ask(
            "IOSchedulingClass",
            &settings.io_scheduling_class,
            Exit::IOPRIO,
            action,
        );
        cx.enforced("IOSchedulingClass");
        cx.enforced("IOSchedulingPriority");
    }
    if let Some(slack) = settings.timer_slack_nsec.0 {
        steps.ask(
            "TimerSlackNSec",
            &settings.timer_slack_nsec,
            Exit::TIMERSLACK,
            Action::TimerSlack(slack),
        );
        cx.enforced("TimerSlackNSec");
    }
    if let Some(name) = settings.personality.0 {
        match personality(name) {
            Some(value) => {
                steps.ask(
                    "Personality",
                    &settings.personality,
                    Exit::PERSONALITY,
                    Action::Personality(value),
                );
                cx.enforced("Personality");
            }
            None => cx.not_possible(
                "Personality",
                format!("this machine has no personality {name}"),
            ),
        }
    }
    memory_sharing(cx, steps);
}

/// The file mode creation mask. It comes after the mounts, which are made without one.
pub(super) fn umask(cx: &Context<'_>, steps: &mut Steps) {
    let setting = &cx.settings.umask;
    steps.ask("UMask", setting, Exit::EXCEPTION, Action::Umask(setting.0));
    cx.enforced("UMask");
}

/// The session keyring, before the user changes.
pub(super) fn keyring(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    if *settings.keyring_mode == KeyringMode::Inherit {
        cx.enforced("KeyringMode");
        return;
    }
    let identity = &cx.unit.identity;
    // It belongs to the user of the unit even for commands that keep root.
    let owner = identity.uid.filter(|uid| *uid != 0);
    let action = Action::SessionKeyring {
        link_user: *settings.keyring_mode == KeyringMode::Shared,
        owner: owner.map(|uid| (uid, identity.gid.unwrap_or(uid))),
    };
    let cause = Cause::of("KeyringMode", &settings.keyring_mode);
    // A kernel without keyrings, or a container whose filter forbids the call: systemd goes on, too.
    steps.tolerant(Exit::KEYRING, cause, Tolerance::Unsupported, action);
    cx.enforced("KeyringMode");
}

/// Resource limits. Commands with the prefix `+` have none.
pub(super) fn limits(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    for (directive, cause, resource, Limit { soft, hard }) in limits_of(settings) {
        if cx.is_sandboxed() {
            let action = Action::Limit {
                resource,
                soft,
                hard,
            };
            steps.push(Exit::LIMITS, cause, action);
        }
        cx.enforced(directive);
    }
    // What the manager has for itself.
    if !cx.is_sandboxed() && cx.host.is_privileged() {
        let action = Action::Limit {
            resource: Resource::Core,
            soft: u64::MAX,
            hard: u64::MAX,
        };
        steps.always(Exit::LIMITS, action);
    }
    // What systemd gives services that say nothing about it (systemd-system.conf(5), DefaultLimitNOFILE=).
    if settings.limit_nofile.0.is_none() && cx.is_sandboxed() && cx.host.is_privileged() {
        let action = Action::Limit {
            resource: Resource::Nofile,
            soft: 1024,
            hard: 524_288,
        };
        steps.always(Exit::LIMITS, action);
    }
    // So that a process that got real-time scheduling before the filter cannot keep it (systemd.exec(5)).
    if settings.restrict_realtime.0 && cx.is_sandboxed() && settings.limit_rtprio.0.is_none() {
        let action = Action::Limit {
            resource: Resource::Rtprio,
            soft: 0,
            hard: 0,
        };
        steps.ask(
            "RestrictRealtime",
            &settings.restrict_realtime,
            Exit::LIMITS,
            action,
        );
    }
}

/// The limits that are set, each with its directive.
pub(super) fn limits_of(
    settings: &Settings,
) -> impl Iterator<Item = (&'static str, Cause, Resource, Limit)> {
    macro_rules! limits {
        ($($directive:literal $field:ident $resource:ident,)*) => {
            [$(
                settings.$field.0.map(|limit| {
                    let cause = Cause::of($directive, &settings.$field);
                    ($directive, cause, Resource::$resource, limit)
                }),
            )*]
        };
    }
    let all = limits! {
        "LimitCPU" limit_cpu Cpu,
        "LimitFSIZE" limit_fsize Fsize,
        "LimitDATA" limit_data Data,
        "LimitSTACK" limit_stack Stack,
        "LimitCORE" limit_core Core,
        "LimitRSS" limit_rss Rss,
        "LimitNOFILE" limit_nofile Nofile,
        "LimitAS" limit_as As,
        "LimitNPROC" limit_nproc Nproc,
        "LimitMEMLOCK" limit_memlock Memlock,
        "LimitLOCKS" limit_locks Locks,
        "LimitSIGPENDING" limit_sigpending Sigpending,
        "LimitMSGQUEUE" limit_msgqueue Msgqueue,
        "LimitNICE" limit_nice Nice,
        "LimitRTPRIO" limit_rtprio Rtprio,
        "LimitRTTIME" limit_rttime Rttime,
    };
    all.into_iter().flatten()
}

fn cpu_affinity(cx: &Context<'_>, steps: &mut Steps) {
    let affinity = &cx.settings.cpu_affinity;
    if affinity.from_numa {
        cx.not_possible(
            "CPUAffinity",
            "the processors of NUMA nodes are not looked up",
        );
        return;
    }
    if affinity.cpus.is_empty() {
        return;
    }
    let mut set = CpuSet::new();
    for cpu in affinity.cpus.iter().map(|cpu| usize::from(*cpu)) {
        if cpu < CpuSet::MAX_CPU {
            set.set(cpu);
        }
    }
    steps.ask(
        "CPUAffinity",
        affinity,
        Exit::CPUAFFINITY,
        Action::CpuAffinity(Box::new(set)),
    );
    cx.enforced("CPUAffinity");
}

fn memory_policy(cx: &Context<'_>, steps: &mut Steps) {
    let policy = &cx.settings.numa_policy;
    // MPOL_* of the kernel's mempolicy.h.
    let mode = match **policy {
        NumaPolicy::Unset => return,
        NumaPolicy::Default => 0,
        NumaPolicy::Preferred => 1,
        NumaPolicy::Bind => 2,
        NumaPolicy::Interleave => 3,
        NumaPolicy::Local => 4,
        NumaPolicy::PreferredMany => 5,
        NumaPolicy::WeightedInterleave => 6,
        _ => return,
    };
    let mut nodes = Vec::new();
    let mask = &cx.settings.numa_mask;
    let all = online_nodes();
    let chosen: Vec<u16> = if mask.all {
        all
    } else {
        mask.nodes.iter().copied().collect()
    };
    for node in chosen {
        let (word, bit) = (usize::from(node / 64), node % 64);
        if nodes.len() <= word {
            nodes.resize(word + 1, 0_u64);
        }
        if let Some(word) = nodes.get_mut(word) {
            *word |= 1 << bit;
        }
    }
    // MPOL_DEFAULT and MPOL_LOCAL take no nodes.
    if mode == 0 || mode == 4 {
        nodes.clear();
    }
    steps.ask(
        "NUMAPolicy",
        policy,
        Exit::NUMA_POLICY,
        Action::MemoryPolicy { mode, nodes },
    );
    cx.enforced("NUMAPolicy");
    cx.enforced("NUMAMask");
}

fn memory_sharing(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    if let Some(on) = settings.memory_ksm.0 {
        let cause = Cause::of("MemoryKSM", &settings.memory_ksm);
        steps.tolerant(
            Exit::KSM,
            cause,
            Tolerance::Unsupported,
            Action::MemoryKsm(on),
        );
        cx.enforced("MemoryKSM");
    }
    let (off, flags) = match *settings.memory_thp {
        MemoryThp::Disable => (true, 0),
        // PR_THP_DISABLE_EXCEPT_ADVISED, Linux 6.18.
        MemoryThp::Madvise => (true, 1 << 1),
        MemoryThp::System => (false, 0),
        _ => return,
    };
    let cause = Cause::of("MemoryTHP", &settings.memory_thp);
    steps.tolerant(
        Exit::MEMORY_THP,
        cause,
        Tolerance::Unsupported,
        Action::MemoryThp { off, flags },
    );
    cx.enforced("MemoryTHP");
}

/// The nodes that this machine has.
fn online_nodes() -> Vec<u16> {
    let text = std::fs::read_to_string("/sys/devices/system/node/online").unwrap_or_default();
    let mut nodes = Vec::new();
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) {
            nodes.extend(first..=last.min(first.saturating_add(1023)));
        }
    }
    nodes
}

/// The execution domain of an architecture name: the machine's own, or that of its 32-bit programs.
fn personality(name: &str) -> Option<u64> {
    const PER_LINUX: u64 = 0;
    const PER_LINUX32: u64 = 8;
    let (own, small): (&str, &str) = match std::env::consts::ARCH {
        "x86_64" => ("x86-64", "x86"),
        "aarch64" => ("arm64", "arm"),
        "s390x" => ("s390x", "s390"),
        "powerpc64" => ("ppc64", "ppc"),
        "powerpc64le" | "powerpc64el" => ("ppc64-le", "ppc-le"),
        "riscv64" => ("riscv64", "riscv32"),
        "x86" => ("x86", "x86"),
        other => (other, ""),
    };
    if name == own {
        Some(PER_LINUX)
    } else {
        (name == small).then_some(PER_LINUX32)
    }
}

fn write_proc(file: &std::ffi::CStr, text: &str) -> Action {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    Action::WriteProc {
        file: file.to_owned(),
        text: CString::new(bytes).unwrap_or_default(),
    }
}
