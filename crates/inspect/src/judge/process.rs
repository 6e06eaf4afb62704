//! Users, capabilities, namespaces, limits and attributes.

use rustix::process::Resource;
use rustix::thread::CpuSet;
use unitward_catalog::Capabilities;
use unitward_sandbox::plan::{Action, IdMaps, Step};
use unitward_settings::{HostnameMode, PrivateUsers};

use super::{Court, Verdict};
use crate::status::{Rights, capability};

/// CLONE_NEW* bits and the kinds of /proc/PID/ns.
const KINDS: [(i32, &str); 6] = [
    (libc::CLONE_NEWNS, "mnt"),
    (libc::CLONE_NEWNET, "net"),
    (libc::CLONE_NEWIPC, "ipc"),
    (libc::CLONE_NEWUTS, "uts"),
    (libc::CLONE_NEWPID, "pid"),
    (libc::CLONE_NEWCGROUP, "cgroup"),
];

pub(super) fn judge(court: &mut Court<'_>) {
    capabilities(court);
    namespaces(court);
    dynamic_user(court);
    if let Some(process) = court.main_process() {
        for step in &process.steps {
            of_step(court, step);
        }
    }
}

fn capabilities(court: &mut Court<'_>) {
    let (settings, state) = (court.settings, court.state);
    let rights = &state.rights;
    // Bits above the last capability of the kernel are never set.
    let known = Capabilities::NAMED;
    if settings.capability_bounding_set.is_set() {
        // What nobody here has, nobody can have.
        let most = state.host_bounding.unwrap_or(known);
        let promised = settings.capability_bounding_set.set.intersection(known);
        let promised = promised.intersection(most);
        let found = rights.capabilities.bounding.intersection(known);
        let extra = found.without(promised);
        let missing = promised.without(found);
        let (verdict, proof) = if !extra.is_empty() {
            let verdict = match most
                .intersection(known)
                .without(promised)
                .without(extra)
                .is_empty()
            {
                true => Verdict::NotInForce,
                false => Verdict::Weaker,
            };
            (verdict, format!("the bounding set has {}", names(extra)))
        } else if missing.is_empty() {
            (
                Verdict::InForce,
                format!("the bounding set is {}", names(found)),
            )
        } else {
            let proof = format!("the bounding set lacks {}, too", names(missing));
            (Verdict::Stronger, proof)
        };
        court.say("CapabilityBoundingSet", verdict, proof);
    }
    if settings.ambient_capabilities.is_set() {
        let promised = settings.ambient_capabilities.set.intersection(known);
        let found = rights.capabilities.ambient.intersection(known);
        let (verdict, proof) = if found == promised {
            (
                Verdict::InForce,
                format!("the ambient set is {}", names(found)),
            )
        } else if found.without(promised).is_empty() {
            // Programs give capabilities up once they have used them.
            let lacking = names(promised.without(found));
            let is_kept = promised.without(rights.capabilities.permitted).is_empty();
            match is_kept {
                true => (
                    Verdict::InForce,
                    format!("the permitted set has {}", names(promised)),
                ),
                false if found.is_empty() && rights.users.contains(&0) => (
                    Verdict::NotInForce,
                    format!("the ambient set lacks {lacking}"),
                ),
                false => (
                    Verdict::Stronger,
                    format!("the ambient set lacks {lacking}"),
                ),
            }
        } else {
            let more = names(found.without(promised));
            (Verdict::Weaker, format!("the ambient set has {more}, too"))
        };
        court.say("AmbientCapabilities", verdict, proof);
    }
    if settings.no_new_privileges.0 {
        court.check_known(
            "NoNewPrivileges",
            rights.no_new_privileges,
            "NoNewPrivs: 1",
            "NoNewPrivs: 0",
        );
    }
    if settings.secure_bits.is_set() {
        let proof = "only the process itself can read its secure bits (PR_GET_SECUREBITS)";
        court.say("SecureBits", Verdict::CannotTell, proof);
    }
}

/// The names of capabilities, or which are missing where nearly all are there.
pub(super) fn names(set: Capabilities) -> String {
    let set = set.intersection(Capabilities::NAMED);
    let list = |set: Capabilities| set.iter().map(capability).collect::<Vec<_>>().join(" ");
    let missing = Capabilities::NAMED.without(set);
    if set.is_empty() {
        "empty".to_owned()
    } else if missing.is_empty() {
        "all capabilities".to_owned()
    } else if missing.iter().count() < 8 {
        format!("all capabilities but {}", list(missing))
    } else {
        list(set)
    }
}

fn namespaces(court: &mut Court<'_>) {
    let settings = court.settings;
    let is_set = |on: bool, directive, kind| on.then_some((directive, kind));
    let wanted = [
        is_set(
            settings.private_mounts.0 == Some(true),
            "PrivateMounts",
            "mnt",
        ),
        is_set(settings.private_network.0, "PrivateNetwork", "net"),
        is_set(settings.private_ipc.0, "PrivateIPC", "ipc"),
        is_set(settings.private_pids.0, "PrivatePIDs", "pid"),
        is_set(
            *settings.private_users != PrivateUsers::No,
            "PrivateUsers",
            "user",
        ),
        is_set(
            settings.protect_hostname.mode != HostnameMode::No,
            "ProtectHostname",
            "uts",
        ),
    ];
    for (directive, kind) in wanted.into_iter().flatten() {
        own(court, directive, kind);
    }
    if settings.private_network.0 && settings.network_namespace_path.0.is_none() {
        let others: Vec<&str> = court
            .state
            .network
            .interfaces
            .iter()
            .map(String::as_str)
            .filter(|name| *name != "lo")
            .collect();
        if !others.is_empty() && court.state.shares("net") == Some(false) {
            let proof = format!("it has the interfaces {}", others.join(" "));
            court.say("PrivateNetwork", Verdict::Weaker, proof);
        }
    }
}

/// A namespace that is not that of process 1.
fn own(court: &mut Court<'_>, directive: &'static str, kind: &str) {
    let Some(found) = court.state.namespace(kind) else {
        let proof = format!("its {kind} namespace cannot be read");
        return court.say(directive, Verdict::CannotTell, proof);
    };
    let proof = |how: &str| format!("{kind}:[{}] is {how}", found.number);
    court.check_known(
        directive,
        found.shared.map(|shared| !shared),
        proof("its own"),
        proof(&format!("that of {}", court.state.compared_with.words())),
    );
}

fn dynamic_user(court: &mut Court<'_>) {
    if !court.settings.dynamic_user.0 {
        return;
    }
    /// The range of dynamic users (systemd's doc/UIDS-GIDS).
    const RANGE: std::ops::RangeInclusive<u32> = 61_184..=65_519;
    let users = court.state.rights.users;
    let proof = format!("it runs as user {}", users[1]);
    // A user of this name that is there already is taken.
    let planned = court.main_process().and_then(|process| {
        let uid = |step: &Step| match step.action {
            Action::ChangeUser(uid) => Some(uid),
            _ => None,
        };
        process.steps.iter().find_map(uid)
    });
    let is_right = |user: &u32| RANGE.contains(user) || Some(*user) == planned;
    let verdict = if users.iter().all(is_right) {
        Verdict::InForce
    } else if users.contains(&0) {
        Verdict::NotInForce
    } else {
        Verdict::Weaker
    };
    court.say("User", verdict, proof.clone());
    if court.settings.group.is_set() {
        court.say(
            "Group",
            verdict,
            format!("its group is {}", court.state.rights.groups[1]),
        );
    }
    court.say("DynamicUser", verdict, proof);
}

fn of_step(court: &mut Court<'_>, step: &Step) {
    let directive = step.cause.directive;
    if directive.is_empty() {
        return;
    }
    let state = court.state;
    let attributes = &state.attributes;
    match &step.action {
        Action::WriteProc { text, .. } => {
            let text = text.to_string_lossy();
            match directive {
                "OOMScoreAdjust" => {
                    let wanted: Option<i32> = text.parse().ok();
                    equal(
                        court,
                        directive,
                        wanted,
                        attributes.oom_score_adjust,
                        "oom_score_adj",
                    );
                }
                "CoredumpFilter" => {
                    let digits = text.strip_prefix("0x").unwrap_or_default();
                    let wanted = u64::from_str_radix(digits, 16).ok();
                    equal(
                        court,
                        directive,
                        wanted,
                        attributes.coredump_filter,
                        "coredump_filter",
                    );
                }
                _ => {}
            }
        }
        Action::Scheduler {
            policy,
            priority,
            reset_on_fork,
        } => {
            equal(
                court,
                "CPUSchedulingPolicy",
                Some(*policy),
                attributes.scheduling_policy,
                "the policy",
            );
            let found = attributes
                .scheduling_priority
                .and_then(|one| i32::try_from(one).ok());
            equal(
                court,
                "CPUSchedulingPriority",
                Some(*priority),
                found,
                "the real-time priority",
            );
            let found = attributes.scheduling_reset_on_fork;
            equal(
                court,
                "CPUSchedulingResetOnFork",
                Some(*reset_on_fork),
                found,
                "the reset for children",
            );
        }
        Action::Nice(level) => equal(
            court,
            directive,
            Some(*level),
            attributes.nice,
            "the nice level",
        ),
        Action::CpuAffinity(set) => affinity(court, directive, set),
        Action::IoPriority { class, level } => {
            /// IOPRIO_CLASS_IDLE, whose levels mean nothing.
            const IDLE: u8 = 3;
            let is_it = |(own, at): (u8, u8)| own == *class && (at == *level || own == IDLE);
            for directive in ["IOSchedulingClass", "IOSchedulingPriority"] {
                let found = attributes.io_priority;
                let proof = found.map_or_else(
                    || "the class cannot be read".to_owned(),
                    |(class, level)| format!("class {class}, level {level}"),
                );
                court.check_known(directive, found.map(is_it), proof.clone(), proof);
            }
        }
        Action::TimerSlack(slack) => {
            equal(
                court,
                directive,
                Some(*slack),
                attributes.timer_slack,
                "timerslack_ns",
            );
        }
        Action::Personality(value) => {
            let found = attributes.personality.map(|one| one & 0xff);
            equal(court, directive, Some(*value), found, "the personality");
        }
        Action::MemoryThp { off: true, .. } => {
            let proof = |on: &str| format!("THP_enabled: {on}");
            let off = attributes.huge_pages.map(|on| !on);
            court.check_known(directive, off, proof("0"), proof("1"));
        }
        Action::Umask(mask) => umask(court, *mask),
        Action::SessionKeyring { .. } => {
            let proof = "/proc/keys shows only the keyrings of whoever reads it";
            court.say("KeyringMode", Verdict::CannotTell, proof);
        }
        Action::Limit {
            resource,
            soft,
            hard,
        } => limit(court, directive, *resource, (*soft, *hard)),
        Action::Unshare(kinds) => {
            for (_, kind) in KINDS
                .iter()
                .filter(|(bit, _)| kinds.0 & bit.cast_unsigned() != 0)
            {
                // These were looked at by their setting.
                if !matches!(
                    directive,
                    "PrivateNetwork" | "PrivateIPC" | "ProtectHostname"
                ) {
                    own(court, directive, kind);
                }
            }
        }
        Action::OpenNamespace { file, .. } => {
            use std::os::unix::fs::MetadataExt as _;
            let kind = if directive == "IPCNamespacePath" {
                "ipc"
            } else {
                "net"
            };
            let path = file.to_string_lossy().into_owned();
            let wanted = std::fs::metadata(&path).map(|found| found.ino()).ok();
            let found = state.namespace(kind).map(|one| one.number);
            let holds = wanted.zip(found).map(|(wanted, found)| wanted == found);
            let yes = format!("its {kind} namespace is that of {path}");
            let no = format!("its {kind} namespace is not that of {path}");
            court.check_known(directive, holds, yes, no);
        }
        Action::HostName(name) => {
            let wanted = Some(name.to_string_lossy().into_owned());
            equal(
                court,
                directive,
                wanted,
                state.host_name.clone(),
                "the host name",
            );
        }
        Action::UserNamespace(maps) => user_maps(court, directive, maps),
        Action::Groups { gid, supplementary } if !court.settings.dynamic_user.0 => {
            groups(court, *gid, supplementary.as_deref());
        }
        Action::ChangeUser(uid) if !court.settings.dynamic_user.0 => user(court, *uid),
        Action::ExecLabel { file, label } => {
            label_of(court, directive, file, &label.to_string_lossy())
        }
        Action::ChangeRoot(path) => {
            let wanted = Some(path.to_string_lossy().into_owned());
            equal(
                court,
                directive,
                wanted,
                state.root.clone(),
                "the root directory",
            );
        }
        Action::RefuseExecGain => {
            if attributes.writable_code == Some(true) {
                let proof = "it has memory that is writable and executable";
                court.say(directive, Verdict::NotInForce, proof);
            } else {
                let proof = "only the process itself can read PR_GET_MDWE; no memory is writable and executable now";
                court.say(directive, Verdict::CannotTell, proof);
            }
        }
        _ => {}
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(
    court: &mut Court<'_>,
    directive: &'static str,
    wanted: Option<T>,
    found: Option<T>,
    what: &str,
) {
    let proof = match &found {
        Some(found) => format!("{what} is {found:?}"),
        None => format!("{what} cannot be read"),
    };
    let holds = found.map(|found| Some(found) == wanted);
    court.check_known(directive, holds, proof.clone(), proof);
}

fn umask(court: &mut Court<'_>, mask: u16) {
    let Some(found) = court.state.attributes.umask else {
        return court.say(
            "UMask",
            Verdict::CannotTell,
            "the kernel does not tell it (before Linux 4.7)",
        );
    };
    let proof = format!("Umask: {found:04o}");
    let verdict = if found == mask {
        Verdict::InForce
    } else if found & mask == mask {
        Verdict::Stronger
    } else {
        Verdict::NotInForce
    };
    court.say("UMask", verdict, proof);
}

fn affinity(court: &mut Court<'_>, directive: &'static str, wanted: &CpuSet) {
    let Some(text) = &court.state.attributes.cpus else {
        return court.say(
            directive,
            Verdict::CannotTell,
            "the processors cannot be read",
        );
    };
    let found = list(text);
    let inside = found.iter().all(|cpu| wanted.is_set(*cpu));
    let proof = format!("it may run on the processors {text}");
    let count = usize::try_from(wanted.count()).unwrap_or(usize::MAX);
    let verdict = match inside {
        true if found.len() < count => Verdict::Stronger,
        true => Verdict::InForce,
        false => Verdict::NotInForce,
    };
    court.say(directive, verdict, proof);
}

/// The numbers of a list such as `0-2,5`.
fn list(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse::<usize>()) {
            found.extend(first..=last.min(CpuSet::MAX_CPU));
        }
    }
    found
}

fn limit(court: &mut Court<'_>, directive: &'static str, resource: Resource, wanted: (u64, u64)) {
    let name = match resource {
        Resource::Cpu => "LimitCPU",
        Resource::Fsize => "LimitFSIZE",
        Resource::Data => "LimitDATA",
        Resource::Stack => "LimitSTACK",
        Resource::Core => "LimitCORE",
        Resource::Rss => "LimitRSS",
        Resource::Nofile => "LimitNOFILE",
        Resource::As => "LimitAS",
        Resource::Nproc => "LimitNPROC",
        Resource::Memlock => "LimitMEMLOCK",
        Resource::Locks => "LimitLOCKS",
        Resource::Sigpending => "LimitSIGPENDING",
        Resource::Msgqueue => "LimitMSGQUEUE",
        Resource::Nice => "LimitNICE",
        Resource::Rtprio => "LimitRTPRIO",
        Resource::Rttime => "LimitRTTIME",
        _ => return,
    };
    let Some(found) = court.state.limits.iter().find(|one| one.directive == name) else {
        return court.say(directive, Verdict::CannotTell, "the limits cannot be read");
    };
    let number = |one: Option<u64>| one.unwrap_or(u64::MAX);
    let (soft, hard) = (number(found.soft), number(found.hard));
    let shown = |one: u64| match one {
        u64::MAX => "unlimited".to_owned(),
        one => one.to_string(),
    };
    let proof = format!("{name} is {}:{}", shown(soft), shown(hard));
    // A process may choose its soft limit up to the hard one.
    let verdict = if hard > wanted.1 {
        Verdict::NotInForce
    } else if hard < wanted.1 {
        Verdict::Stronger
    } else {
        Verdict::InForce
    };
    // Nearly every process has that limit; the filter is what tells.
    if directive != "RestrictRealtime" || verdict.is_bad() {
        court.say(directive, verdict, proof);
    }
}

fn user_maps(court: &mut Court<'_>, directive: &'static str, maps: &IdMaps) {
    let wanted = |text: &str| -> Vec<[u32; 3]> {
        let of_line = |line: &str| {
            let mut words = line.split_ascii_whitespace().map(|word| word.parse().ok());
            Some([words.next()??, words.next()??, words.next()??])
        };
        text.lines().filter_map(of_line).collect()
    };
    let shown = |map: &[[u32; 3]]| -> String {
        let lines = map
            .iter()
            .map(|[inside, outside, count]| format!("{inside} {outside} {count}"));
        lines.collect::<Vec<_>>().join(", ")
    };
    let state = court.state;
    let dynamic = court.settings.dynamic_user.0;
    let same = wanted(&maps.users) == state.user_map && wanted(&maps.groups) == state.group_map;
    let size = |map: &[[u32; 3]]| map.iter().map(|[.., count]| u64::from(*count)).sum::<u64>();
    if same || dynamic && size(&wanted(&maps.users)) == size(&state.user_map) {
        let proof = format!("uid_map is {}", shown(&state.user_map));
        court.say(directive, Verdict::InForce, proof);
    } else if state.shares("user") == Some(false) {
        let proof = format!(
            "uid_map is {}, gid_map is {}",
            shown(&state.user_map),
            shown(&state.group_map)
        );
        let fewer = size(&state.user_map) < size(&wanted(&maps.users));
        court.say(
            directive,
            if fewer {
                Verdict::Stronger
            } else {
                Verdict::Weaker
            },
            proof,
        );
    }
}

fn user(court: &mut Court<'_>, uid: u32) {
    let users = court.state.rights.users;
    let proof = format!("the users are {}", words(&users));
    let verdict = if users.iter().all(|user| *user == uid) {
        Verdict::InForce
    } else if uid == 0 && !users.contains(&0) {
        Verdict::Stronger
    } else if users.contains(&0) {
        Verdict::NotInForce
    } else {
        Verdict::Weaker
    };
    court.say("User", verdict, proof);
}

fn groups(court: &mut Court<'_>, gid: u32, supplementary: Option<&[u32]>) {
    let Rights {
        groups,
        supplementary_groups,
        ..
    } = &court.state.rights;
    let proof = format!("the groups are {}", words(groups));
    let holds = groups.iter().all(|group| *group == gid);
    if court.settings.group.is_set() {
        court.check("Group", holds, proof.clone());
    } else if !holds {
        court.say("User", Verdict::Weaker, proof);
    }
    let Some(wanted) = supplementary else {
        return;
    };
    let directive = match court.settings.supplementary_groups.is_set() {
        true => "SupplementaryGroups",
        false => "User",
    };
    let extra: Vec<u32> = supplementary_groups
        .iter()
        .filter(|group| !wanted.contains(group) && **group != gid)
        .copied()
        .collect();
    let missing = wanted
        .iter()
        .any(|group| !supplementary_groups.contains(group));
    let proof = format!(
        "the supplementary groups are {}",
        words(supplementary_groups)
    );
    if !extra.is_empty() {
        court.say(directive, Verdict::Weaker, proof);
    } else if missing && directive == "SupplementaryGroups" {
        court.say(directive, Verdict::NotInForce, proof);
    } else if directive == "SupplementaryGroups" {
        court.say(directive, Verdict::InForce, proof);
    }
}

fn words(numbers: &[u32]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let mut distinct = numbers.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn label_of(court: &mut Court<'_>, directive: &'static str, file: &std::ffi::CStr, wanted: &str) {
    let file = file.to_string_lossy();
    let module = ["apparmor", "smack", "selinux"]
        .into_iter()
        .find(|one| file.contains(one));
    let found = court.state.labels.iter().find(|label| match module {
        Some(module) => label.file.starts_with(module),
        None => label.file == "current",
    });
    let found = found.or(court.state.labels.first());
    let wanted = wanted.strip_prefix("exec ").unwrap_or(wanted);
    let Some(label) = found else {
        return court.say(directive, Verdict::NotInForce, "it has no label");
    };
    // AppArmor adds the mode, as in `name (enforce)`.
    let name = label
        .label
        .rsplit_once(" (")
        .map_or(&*label.label, |(name, _)| name);
    let holds = name == wanted;
    let proof = format!("its label is {}", label.label);
    let complains = label.label.ends_with("(complain)");
    let verdict = match holds {
        true if complains => Verdict::Weaker,
        true => Verdict::InForce,
        false => Verdict::NotInForce,
    };
    court.say(directive, verdict, proof);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors() {
        assert_eq!(list("0-2,5"), [0, 1, 2, 5]);
        assert!(list("").is_empty());
        assert_eq!(list("0-99999999").len(), CpuSet::MAX_CPU + 1);
    }

    #[test]
    fn sets_are_named_the_short_way() {
        assert_eq!(names(Capabilities::ALL), "all capabilities");
        assert_eq!(names(Capabilities::NONE), "empty");
    }
}
