//! What is passed over, as systemd does, for want of a privilege: the report says it before the start.

use unitward_catalog::Capability;
use unitward_settings::{Limit, ProcSubset, ProtectProc, Settings};

use super::attributes::limits_of;
use crate::{Host, Report};

/// Says of the settings of a unit what the privileges of this process do not reach.
pub(crate) fn report(settings: &Settings, host: &Host, report: &mut Report) {
    if !host.has(Capability::SYS_RESOURCE) {
        memory_killer(settings, report);
        limits(settings, report);
    }
    if !host.has(Capability::SYS_NICE) {
        nice(settings, report);
    }
    if host.is_privileged() {
        return;
    }
    if host.has_user_namespaces {
        inside(settings, report);
    }
}

fn memory_killer(settings: &Settings, report: &mut Report) {
    let Some(wanted) = settings.oom_score_adjust.0 else {
        return;
    };
    let text = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap_or_default();
    let present: i64 = text.trim().parse().unwrap_or_default();
    if wanted < present {
        report.not_possible(
            "OOMScoreAdjust",
            format!("without CAP_SYS_RESOURCE it cannot be lowered; it stays {present}"),
        );
    }
}

fn limits(settings: &Settings, report: &mut Report) {
    for (directive, _, resource, Limit { hard, .. }) in limits_of(settings) {
        let present = rustix::process::getrlimit(resource).maximum;
        if let Some(present) = present.filter(|present| hard > *present) {
            report.partly(
                directive,
                format!(
                    "without CAP_SYS_RESOURCE the hard limit cannot be raised; it stays {present}"
                ),
            );
        }
    }
}

fn nice(settings: &Settings, report: &mut Report) {
    use rustix::process::{Resource, getpriority_process, getrlimit};
    let Some(wanted) = settings.nice.0 else {
        return;
    };
    let present = i64::from(getpriority_process(None).unwrap_or(0));
    // The limit counts from 20 down (getrlimit(2)).
    let limit = getrlimit(Resource::Nice).current;
    let lowest = limit.map_or(-20, |limit| 20 - i64::try_from(limit).unwrap_or(40));
    let lowest = lowest.min(present);
    if wanted < lowest {
        report.partly(
            "Nice",
            format!("without CAP_SYS_NICE it gets no lower than {lowest}"),
        );
    }
}

/// What a user namespace is no substitute for.
fn inside(settings: &Settings, report: &mut Report) {
    if !settings.ambient_capabilities.set.is_empty() {
        report.partly(
            "AmbientCapabilities",
            "they hold in the user namespace of the service, not over what belongs to the host",
        );
    }
    // Only a PID namespace of the same user namespace may be mounted (proc(5)).
    if settings.private_pids.0 {
        return;
    }
    let reason = "without PrivatePIDs=yes only root mounts /proc";
    if *settings.protect_proc != ProtectProc::Default {
        report.not_possible("ProtectProc", reason);
    }
    if *settings.proc_subset != ProcSubset::All {
        report.not_possible("ProcSubset", reason);
    }
}
