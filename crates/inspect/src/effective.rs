//! The settings that the state of a process amounts to, as a drop-in on top of its unit: what is in force, and nothing of
//! what is not. What the kernel does not tell stays as the unit has it.

use std::fmt::Write as _;

use unitward_catalog::Capabilities;
use unitward_sandbox::Plan;
use unitward_seccomp::{Action, Arch, Call, Syscall};
use unitward_settings::{FAMILIES, Namespace, Settings};

use crate::filters::{Answer, Filters};
use crate::judge::{Judgement, Verdict, judge_with_exceptions};
use crate::state::State;
use crate::status::capability;

/// Values that are tried, the strictest first.
const CANDIDATES: &[(&str, &[&str])] = &[
    ("PrivateDevices", &["yes"]),
    ("PrivateTmp", &["yes"]),
    ("ProtectControlGroups", &["yes"]),
    ("ProtectHome", &["yes", "tmpfs", "read-only"]),
    ("ProtectHostname", &["yes"]),
    ("ProtectKernelLogs", &["yes"]),
    ("ProtectKernelModules", &["yes"]),
    ("ProtectKernelTunables", &["yes"]),
    ("ProtectClock", &["yes"]),
    ("ProtectProc", &["invisible", "noaccess"]),
    ("ProcSubset", &["pid"]),
    ("ProtectSystem", &["strict", "full", "yes"]),
    ("RestrictRealtime", &["yes"]),
    ("RestrictSUIDSGID", &["yes"]),
    ("LockPersonality", &["yes"]),
];

/// The drop-in. `judgements` are those of the unit, none where there is no unit; `resolve` gives the settings of a bare
/// unit with a text, and `plan` what would be done for settings by somebody who may do everything.
#[must_use]
pub fn effective(
    state: &State,
    judgements: &[Judgement],
    resolve: &dyn Fn(&str) -> Option<Settings>,
    plan: &dyn Fn(&Settings) -> Option<Plan>,
) -> String {
    let mut text = String::from("[Service]\n");
    identity(state, judgements, &mut text);
    let rights = &state.rights;
    let set = |set: Capabilities| {
        let set = set.intersection(Capabilities::NAMED);
        set.iter().map(capability).collect::<Vec<_>>().join(" ")
    };
    let switch = |on: bool| if on { "yes" } else { "no" };
    let capabilities = &rights.capabilities;
    let _ = writeln!(
        text,
        "CapabilityBoundingSet=\nCapabilityBoundingSet={}",
        set(capabilities.bounding)
    );
    let _ = writeln!(
        text,
        "AmbientCapabilities=\nAmbientCapabilities={}",
        set(capabilities.ambient)
    );
    let _ = writeln!(
        text,
        "NoNewPrivileges={}",
        switch(rights.no_new_privileges == Some(true))
    );
    for (directive, kind) in [
        ("PrivateMounts", "mnt"),
        ("PrivateNetwork", "net"),
        ("PrivateIPC", "ipc"),
        ("PrivateUsers", "user"),
    ] {
        let _ = writeln!(
            text,
            "{directive}={}",
            switch(state.shares(kind) == Some(false))
        );
    }
    if let Some(umask) = state.attributes.umask {
        let _ = writeln!(text, "UMask={umask:04o}");
    }
    candidates(state, resolve, plan, &mut text);
    calls(&state.filters, &mut text);
    for judgement in judgements.iter().filter(|one| one.verdict.is_bad()) {
        if let Some(reset) = reset(judgement.directive) {
            text.push_str(reset);
        }
    }
    text
}

fn identity(state: &State, judgements: &[Judgement], text: &mut String) {
    let dynamic = judgements
        .iter()
        .any(|one| one.directive == "DynamicUser" && one.verdict <= Verdict::InForce);
    if dynamic {
        return;
    }
    let users = &state.rights.users;
    // Whoever can go back to root is root.
    let user = if users.contains(&0) { 0 } else { users[1] };
    let _ = writeln!(
        text,
        "DynamicUser=no\nUser={}",
        if user == 0 {
            String::new()
        } else {
            user.to_string()
        }
    );
    let own = state.rights.groups[1];
    let others = state
        .rights
        .supplementary_groups
        .iter()
        .filter(|group| **group != own);
    let others: Vec<String> = others.map(u32::to_string).collect();
    let _ = writeln!(
        text,
        "SupplementaryGroups=\nSupplementaryGroups={}",
        others.join(" ")
    );
}

/// Tries each value, and keeps the strictest that is in force.
fn candidates(
    state: &State,
    resolve: &dyn Fn(&str) -> Option<Settings>,
    plan: &dyn Fn(&Settings) -> Option<Plan>,
    text: &mut String,
) {
    let most = CANDIDATES.iter().map(|(_, values)| values.len()).max();
    let mut found: Vec<Option<&str>> = vec![None; CANDIDATES.len()];
    let mut hidden = vec![false; CANDIDATES.len()];
    for round in 0..most.unwrap_or_default() {
        let mut unit = String::from("[Service]\nType=exec\nExecStart=/proc/self/exe\n");
        for ((directive, values), found) in CANDIDATES.iter().zip(&found) {
            if found.is_none()
                && let Some(value) = values.get(round)
            {
                let _ = writeln!(unit, "{directive}={value}");
            }
        }
        let Some(settings) = resolve(&unit) else {
            return;
        };
        let plan = plan(&settings);
        let judgements = judge_with_exceptions(&settings, plan.as_ref(), state);
        for ((directive, values), found) in CANDIDATES.iter().zip(&mut found) {
            let holds = judgements.iter().any(|one| {
                one.directive == *directive
                    && one.implied_by.is_none()
                    && one.verdict <= Verdict::InForce
            });
            if found.is_none() && holds {
                *found = values.get(round).copied();
            }
        }
        for ((directive, _), hidden) in CANDIDATES.iter().zip(&mut hidden) {
            *hidden |= judgements
                .iter()
                .any(|one| one.directive == *directive && one.verdict == Verdict::CannotTell);
        }
    }
    for (((directive, _), found), hidden) in CANDIDATES.iter().zip(found).zip(hidden) {
        // What the kernel does not tell stays as the unit has it.
        if found.is_none() && hidden {
            continue;
        }
        let none = match *directive {
            "ProtectProc" => "default",
            "ProcSubset" => "all",
            _ => "no",
        };
        let _ = writeln!(text, "{directive}={}", found.unwrap_or(none));
    }
}

/// What the filters amount to.
fn calls(filters: &Filters, text: &mut String) {
    if let Filters::Hidden(_) = filters {
        return;
    }
    let number = |name: &str| Syscall::by_name(name).and_then(|call| call.number(Arch::NATIVE));
    let permits = |name: &str, args: [u64; 6]| {
        let call = number(name).map(|number| Call::new(Arch::NATIVE, number, args));
        call.and_then(|call| filters.answer(&call))
            .is_none_or(Action::permits)
    };
    families(&permits, text);
    let mut kinds: Vec<&str> = Vec::new();
    for kind in Namespace::ALL {
        let flag = u64::from(kind.flag());
        if permits("unshare", [flag, 0, 0, 0, 0, 0]) || permits("clone", [flag, 0, 0, 0, 0, 0]) {
            kinds.push(kind.word());
        }
    }
    let kinds = match kinds.len() {
        0 => "yes".to_owned(),
        count if count == Namespace::ALL.len() => "no".to_owned(),
        _ => kinds
            .into_iter()
            .filter(|kind| *kind != "time")
            .collect::<Vec<_>>()
            .join(" "),
    };
    let _ = writeln!(text, "RestrictNamespaces={kinds}");
    let others = Arch::NATIVE
        .local()
        .iter()
        .filter(|arch| **arch != Arch::NATIVE);
    let closed = others.clone().count() > 0
        && others
            .clone()
            .all(|arch| filters.is_closed(*arch) == Some(true));
    let _ = writeln!(
        text,
        "SystemCallArchitectures={}",
        if closed { "native" } else { "" }
    );
    let refused = |call: &Syscall| {
        let number = call.number(Arch::NATIVE);
        let answer = number.and_then(|number| filters.always(Arch::NATIVE, number));
        answer.is_some_and(|answer| matches!(answer, Answer::Always(action) if !action.permits()))
    };
    /// A number that no call has.
    const NO_CALL: u32 = 0x3000;
    let refuses_unknown = filters
        .always(Arch::NATIVE, NO_CALL)
        .is_some_and(|answer| matches!(answer, Answer::Always(action) if !action.permits()));
    let is_native = |call: &Syscall| call.number(Arch::NATIVE).is_some();
    let list = |wanted: bool| -> String {
        let calls = Syscall::all()
            .filter(is_native)
            .filter(|call| refused(call) == wanted);
        calls.map(Syscall::name).collect::<Vec<_>>().join(" ")
    };
    text.push_str("SystemCallFilter=\n");
    if refuses_unknown {
        let _ = writeln!(text, "SystemCallFilter={}", list(false));
    } else {
        let refused = list(true);
        if !refused.is_empty() {
            let _ = writeln!(text, "SystemCallFilter=~{refused}");
        }
    }
}

fn families(permits: &dyn Fn(&str, [u64; 6]) -> bool, text: &mut String) {
    let allowed: Vec<&str> = FAMILIES
        .iter()
        .filter(|(family, _)| permits("socket", [u64::from(*family), 1, 0, 0, 0, 0]))
        .map(|(_, name)| *name)
        .collect();
    text.push_str("RestrictAddressFamilies=\n");
    if allowed.len() < FAMILIES.len() {
        let list = if allowed.is_empty() {
            "none".to_owned()
        } else {
            allowed.join(" ")
        };
        let _ = writeln!(text, "RestrictAddressFamilies={list}");
    }
}

/// What takes a directive back that was not tried above.
fn reset(directive: &str) -> Option<&'static str> {
    Some(match directive {
        "IPAddressDeny" | "IPAddressAllow" => "IPAddressDeny=\nIPAddressAllow=\n",
        "DevicePolicy" | "DeviceAllow" => "DevicePolicy=auto\nDeviceAllow=\n",
        "MemoryDenyWriteExecute" => "MemoryDenyWriteExecute=no\n",
        "RootDirectory" => "RootDirectory=\n",
        "PrivatePIDs" => "PrivatePIDs=no\n",
        _ => return None,
    })
}
