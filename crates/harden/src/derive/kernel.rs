//! Switches that protect the kernel and what belongs to all: each is set unless something was seen that it stops.

use unitward_observe::{MemoryWay, Use};
use unitward_settings::{HostnameMode, ProtectControlGroups, Settings};

use super::Level;
use super::proposal::{Line, Proposal, Weaker};
use super::view::{View, WRITES, told};

/// A switch: its directive, whether the unit has it, what it would stop of what was seen, and the sentence when nothing.
struct Switch {
    directive: &'static str,
    value: &'static str,
    is_on: fn(&Settings) -> bool,
    stopped: fn(&View<'_>) -> Vec<String>,
    unseen: &'static str,
}

const SWITCHES: &[Switch] = &[
    Switch {
        directive: "ProtectKernelTunables",
        value: "yes",
        is_on: |s| s.protect_kernel_tunables.0,
        stopped: tunables,
        unseen: "Nothing was written below /proc and /sys that the kernel is tuned by",
    },
    Switch {
        directive: "ProtectKernelModules",
        value: "yes",
        is_on: |s| s.protect_kernel_modules.0,
        stopped: |view| {
            let mut found =
                view.evidence_of_calls(&["init_module", "finit_module", "delete_module"]);
            for place in ["/usr/lib/modules", "/lib/modules"] {
                found.extend(used(view, place, &[Use::Read, Use::Execute]));
            }
            found
        },
        unseen: "No kernel module was loaded, removed or read",
    },
    Switch {
        directive: "ProtectKernelLogs",
        value: "yes",
        is_on: |s| s.protect_kernel_logs.0,
        stopped: |view| {
            let mut found = view.evidence_of_calls(&["syslog"]);
            for place in ["/dev/kmsg", "/proc/kmsg"] {
                found.extend(used(view, place, &[Use::Read, Use::Write]));
            }
            found
        },
        unseen: "The log of the kernel was not touched",
    },
    Switch {
        directive: "ProtectControlGroups",
        value: "yes",
        is_on: |s| *s.protect_control_groups != ProtectControlGroups::No,
        stopped: |view| {
            if view.settings().delegate.on {
                return vec!["Delegate= gives the service its control groups".to_owned()];
            }
            used(view, "/sys/fs/cgroup", &WRITES)
        },
        unseen: "No control group was changed",
    },
    Switch {
        directive: "ProtectClock",
        value: "yes",
        is_on: |s| s.protect_clock.0,
        stopped: |view| {
            let mut found = view.evidence_of_calls(&[
                "clock_settime",
                "settimeofday",
                "stime",
                "adjtimex",
                "clock_adjtime",
            ]);
            found.extend(used(view, "/dev/rtc0", &[Use::Read, Use::Write]));
            found.extend(used(view, "/dev/rtc", &[Use::Read, Use::Write]));
            found
        },
        unseen: "Neither the clock was set nor its device opened",
    },
    Switch {
        directive: "ProtectHostname",
        value: "yes",
        is_on: |s| s.protect_hostname.mode != HostnameMode::No,
        stopped: |view| view.evidence_of_calls(&["sethostname", "setdomainname"]),
        unseen: "The host name was not set",
    },
    Switch {
        directive: "LockPersonality",
        value: "yes",
        is_on: |s| s.lock_personality.0,
        stopped: |view| {
            let query = u64::from(u32::MAX);
            view.arguments("personality")
                .filter(|(value, seen)| {
                    *value & query != query && *value != 0 && seen.successes() > 0
                })
                .map(|(value, seen)| told(&format!("personality({value:#x})"), seen))
                .collect()
        },
        unseen: "The personality was not changed",
    },
    Switch {
        directive: "RestrictRealtime",
        value: "yes",
        is_on: |s| s.restrict_realtime.0,
        stopped: |view| {
            view.arguments("sched_setscheduler")
                .filter(|(policy, seen)| matches!(policy, 1 | 2 | 6) && seen.successes() > 0)
                .map(|(policy, seen)| told(&format!("Scheduling policy {policy} was set"), seen))
                .collect()
        },
        unseen: "No real-time policy was set",
    },
    Switch {
        directive: "RestrictSUIDSGID",
        value: "yes",
        is_on: |s| s.restrict_suid_sgid.0,
        stopped: |view| {
            const CALLS: [&str; 8] = [
                "chmod",
                "fchmod",
                "fchmodat",
                "fchmodat2",
                "mkdir",
                "mkdirat",
                "mknod",
                "mknodat",
            ];
            CALLS
                .into_iter()
                .flat_map(|call| {
                    view.arguments(call).map(move |(bits, seen)| {
                        told(&format!("{call}(2) with mode {bits:o}"), seen)
                    })
                })
                .collect()
        },
        unseen: "No file was made set-user-ID or set-group-ID",
    },
    Switch {
        directive: "MemoryDenyWriteExecute",
        value: "yes",
        is_on: |s| s.memory_deny_write_execute.0,
        stopped: code,
        unseen: "No memory was made executable that could be written, or had been there before",
    },
];

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    for switch in SWITCHES {
        if (switch.is_on)(view.settings()) {
            continue;
        }
        let stopped = (switch.stopped)(view);
        if stopped.is_empty() {
            let line = Line::plain(
                switch.directive,
                switch.value,
                vec![switch.unseen.to_owned()],
            );
            proposal.set(view, line);
        } else {
            proposal.leave(switch.directive, "It would stop what was seen", stopped);
        }
    }
    limits(view, proposal);
}

/// Uses of paths at or below a place.
pub(super) fn used(view: &View<'_>, place: &str, uses: &[Use]) -> Vec<String> {
    view.below(place)
        .filter(|(_, fact)| {
            uses.iter().any(|one| fact.uses.contains(one)) && fact.seen.successes() > 0
        })
        .map(|(path, fact)| told(path, &fact.seen))
        .collect()
}

/// Files that ProtectKernelTunables= makes read-only or inaccessible (systemd.exec(5)).
fn tunables(view: &View<'_>) -> Vec<String> {
    const READ_ONLY: [&str; 12] = [
        "/proc/sys",
        "/proc/sysrq-trigger",
        "/proc/latency_stats",
        "/proc/mtrr",
        "/proc/apm",
        "/proc/acpi",
        "/proc/timer_stats",
        "/proc/fs",
        "/proc/irq",
        "/proc/asound",
        "/proc/bus",
        "/sys",
    ];
    const INACCESSIBLE: [&str; 2] = ["/proc/kallsyms", "/proc/kcore"];
    let mut found = Vec::new();
    for place in READ_ONLY {
        found.extend(
            view.below(place)
                .filter(|(path, fact)| {
                    !path.starts_with("/sys/fs/cgroup")
                        && WRITES.iter().any(|one| fact.uses.contains(one))
                        && fact.seen.successes() > 0
                })
                .map(|(path, fact)| told(&format!("{path} was written"), &fact.seen)),
        );
    }
    for place in INACCESSIBLE {
        found.extend(used(view, place, &[Use::Read]));
    }
    found
}

/// Memory that was made executable, and at the careful level programs that are known to do so.
fn code(view: &View<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (key, seen) in &view.facts.executable_memory {
        if seen.successes() == 0 {
            continue;
        }
        let what = match key.way {
            MemoryWay::WritableAndExecutable => "Memory was mapped to be written and executed",
            MemoryWay::MadeExecutable => "Memory was made executable",
            MemoryWay::SharedExecutable => "Shared memory was attached to be executed",
        };
        let file = if key.file.is_empty() {
            String::new()
        } else {
            format!(", of {}", key.file)
        };
        found.push(told(&format!("{what}{file}"), seen));
    }
    if view.level == Level::Safe || !found.is_empty() {
        found.extend(view.statics().writes_code.iter().cloned());
    }
    found
}

/// Limits that stop nothing that a service does while it works.
fn limits(view: &View<'_>, proposal: &mut Proposal) {
    /// RLIMIT_CORE of asm-generic/resource.h.
    const CORE: u64 = 4;
    let is_changed = ["prlimit64", "setrlimit"]
        .into_iter()
        .any(|call| view.arguments(call).any(|(limit, _)| limit == CORE));
    if view.level == Level::Safe || view.settings().limit_core.is_set() || is_changed {
        return;
    }
    let why = "No file with the memory of a crashed process is left behind; handlers that the kernel pipes it to still get it";
    let line = Line::plain("LimitCORE", "0", vec![why.to_owned()]).or([Weaker::value("infinity")]);
    proposal.set(view, line);
}
