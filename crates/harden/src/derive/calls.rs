//! SystemCallFilter=, SystemCallErrorNumber= and SystemCallArchitectures=.

use std::collections::{BTreeMap, BTreeSet};

use unitward_catalog::Capability;
use unitward_seccomp::{Arch, Sets, Syscall, SyscallSet};

use super::Level;
use super::families::{FAMILIES, HALF_SEEN, NEWER};
use super::proposal::{Content, Line, Proposal, Value, Weaker};
use super::view::{View, some, told, took_effect};

/// Sets that a service rarely needs; each of them has a check in the exposure level.
pub(super) const GRAVE: [&str; 11] = [
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@module",
    "@mount",
    "@obsolete",
    "@privileged",
    "@raw-io",
    "@reboot",
    "@resources",
    "@swap",
];

/// Sets for a narrow list: those in which any call was seen, or that are never seen because no filter denies them.
const ALWAYS: [&str; 7] = [
    "@basic-io",
    "@file-system",
    "@io-event",
    "@process",
    "@signal",
    "@sync",
    "@timer",
];

/// Sets for a narrow list in which a call has to be seen.
const WHEN_SEEN: [&str; 6] = [
    "@aio",
    "@ipc",
    "@keyring",
    "@memlock",
    "@network-io",
    "@pkey",
];

/// Sets in which a call makes the whole of it wanted at the careful level.
const WHOLE: [&str; 3] = ["@chown", "@setuid", "@resources"];

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    architectures(view, proposal);
    let (wanted, evidence) = wanted(view);
    let settings = view.settings();
    let filter = &*settings.system_call_filter;
    let systemd = view.systemd();
    let everything = everything(systemd);
    let mut allowed = wanted;
    if !filter.is_unfiltered() {
        let mut known = SyscallSet::EMPTY;
        for call in everything.iter().filter(|call| filter.allows(*call)) {
            known.insert(call);
        }
        if known.is_subset(&allowed) {
            return;
        }
        allowed = allowed.intersection(&known);
    }
    let mut line = Line::of(
        "SystemCallFilter",
        Content::Calls(allowed),
        systemd,
        evidence,
    );
    line.weaker = weaker(&allowed, systemd);
    proposal.set(view, line);
    if settings.system_call_error_number.0.is_none() {
        let why = "A call that is not allowed fails with EPERM in place of the end of the process";
        proposal.set(
            view,
            Line::plain("SystemCallErrorNumber", "EPERM", vec![why.to_owned()]),
        );
    }
    let refused: Vec<String> = view
        .refused()
        .map(|(name, seen)| {
            told(
                &format!("{name}(2) was always refused, so it is not allowed for this"),
                seen,
            )
        })
        .collect();
    if let Some(line) = proposal
        .lines
        .iter_mut()
        .find(|line| line.directive == "SystemCallFilter")
    {
        line.evidence.extend(some(refused, 3));
    }
}

fn architectures(view: &View<'_>, proposal: &mut Proposal) {
    if !view.settings().system_call_architectures.is_empty() {
        return;
    }
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, fact) in &view.facts.calls {
        if took_effect(&fact.seen) {
            *seen.entry(&key.architecture).or_default() += fact.seen.count;
        }
    }
    seen.remove(Arch::NATIVE.name());
    let others: Vec<&str> = seen
        .keys()
        .copied()
        .filter(|name| Arch::word(name, view.systemd()).is_some())
        .collect();
    let evidence = match others.is_empty() {
        true => vec![format!("Every call was one of {}", Arch::NATIVE.name())],
        false => seen
            .iter()
            .map(|(name, count)| format!("{count} calls were of {name}"))
            .collect(),
    };
    let mut words = vec!["native"];
    words.extend(others);
    proposal.set(
        view,
        Line::plain("SystemCallArchitectures", &words.join(" "), evidence),
    );
}

/// The calls to allow, and why.
fn wanted(view: &View<'_>) -> (SyscallSet, Vec<String>) {
    let sets = Sets::of(view.systemd());
    let flat = |name: &str| sets.flat(name).unwrap_or_default();
    let grave = union(sets, GRAVE);
    let mut evidence = Vec::new();
    let (mut seen, mut half) = (SyscallSet::EMPTY, SyscallSet::EMPTY);
    // Programs that give a file to its own owner do without, as far as they were written with others than root in mind.
    let is_idle = view.level > Level::Safe
        && view.ran_as_root()
        && !super::capabilities::needed(view)
            .set
            .contains(Capability::CHOWN);
    let chown = flat("@chown");
    let is_idle =
        |name: &str| is_idle && Syscall::by_name(name).is_some_and(|call| chown.contains(call));
    for (name, _) in view.calls().filter(|(name, _)| !is_idle(name)) {
        if let Some(call) = Syscall::by_name(name) {
            seen.insert(call);
        }
    }
    for name in HALF_SEEN {
        insert(&mut half, name);
    }
    let closed = closed(sets, &seen.union(&half));
    let count = seen.len();
    let mut allowed = flat("@default");
    match view.level {
        Level::Safe => {
            allowed = allowed.union(&flat("@system-service")).difference(&grave);
            evidence.push(format!(
                "{count} calls were seen, of the {} that @system-service without the sets of administrators has",
                allowed.len()
            ));
            for name in WHOLE {
                let set = flat(name);
                if set.intersects(&seen) {
                    allowed = allowed.union(&set);
                    evidence.push(format!(
                        "Widened to all of {name}, of which calls were seen"
                    ));
                }
            }
            allowed = allowed.union(&closed);
        }
        Level::Tight => {
            let mut names = Vec::new();
            for name in ALWAYS.into_iter().chain(WHEN_SEEN) {
                let set = flat(name);
                if ALWAYS.contains(&name) || set.intersects(&seen) {
                    allowed = allowed.union(&set);
                    names.push(name);
                }
            }
            allowed = allowed.difference(&grave);
            evidence.push(format!(
                "{count} calls were seen; widened to the sets they are of: {}",
                names.join(" ")
            ));
            allowed = allowed.union(&closed).union(&harmless(view, sets));
        }
        Level::Paranoid => {
            evidence.push(format!("{count} calls were seen"));
            allowed = allowed.union(&closed).union(&harmless(view, sets));
            let renames = named(&["rename", "renameat", "renameat2"]);
            if renames.intersects(&seen) {
                allowed = allowed.union(&closed_over(sets, COPIES));
                evidence.push(
                    "Widened by calls that copy: what was one file system may be divided now, where nothing is renamed"
                        .to_owned(),
                );
            }
            if !view.statics().unseen.is_empty() {
                insert(&mut allowed, "kill");
                let unseen: Vec<&str> = view.statics().unseen.iter().map(String::as_str).collect();
                evidence.push(format!(
                    "Widened by kill(2) for commands that were not seen: {}",
                    unseen.join(", ")
                ));
            }
        }
    }
    evidence
        .push("Widened by calls of the same families and by those of newer C libraries".to_owned());
    let mut exceptions = Vec::new();
    for (name, fact) in view.calls() {
        let Some(call) = Syscall::by_name(name) else {
            continue;
        };
        if is_idle(name) {
            evidence.push(told(
                &format!("{name}(2) changed no owner, and is not allowed"),
                fact,
            ));
        } else if grave.contains(call) {
            let set = GRAVE
                .into_iter()
                .find(|set| flat(set).contains(call))
                .unwrap_or_default();
            exceptions.push(told(&format!("Needed of {set}: {name}(2)"), fact));
        }
    }
    evidence.extend(some(exceptions, 8));
    (allowed.intersection(&everything(view.systemd())), evidence)
}

/// What is allowed in every narrow list: what a tracer is never told of, and what newer libraries call.
fn harmless(view: &View<'_>, sets: Sets) -> SyscallSet {
    let mut calls = unitward_observe::unseen_calls();
    if view.facts.sockets.is_empty() && view.settings().sockets.0.is_empty() {
        calls = calls.difference(&sets.flat("@network-io").unwrap_or_default());
        // Programs talk to a socket that they were given as well.
        for name in [
            "recvfrom",
            "recvmsg",
            "sendto",
            "sendmsg",
            "getsockopt",
            "getsockname",
        ] {
            insert(&mut calls, name);
        }
    }
    for name in NEWER {
        insert(&mut calls, name);
    }
    calls.difference(&union(sets, GRAVE))
}

/// Adds the families of calls. Members that a grave set has are added only for a call that it has too.
pub(super) fn closed(sets: Sets, seen: &SyscallSet) -> SyscallSet {
    let grave = union(sets, GRAVE);
    let mut all = *seen;
    for family in FAMILIES {
        let members = named(family);
        if !members.intersects(seen) {
            continue;
        }
        let is_grave = members.intersection(seen).intersects(&grave);
        all = all.union(&if is_grave {
            members
        } else {
            members.difference(&grave)
        });
    }
    all
}

/// What programs do in place of renaming a file to another file system.
const COPIES: &[&str] = &[
    "unlink",
    "chmod",
    "utimensat",
    "copy_file_range",
    "ftruncate",
];

fn closed_over(sets: Sets, names: &[&str]) -> SyscallSet {
    closed(sets, &named(names))
}

fn named(names: &[&str]) -> SyscallSet {
    let mut set = SyscallSet::EMPTY;
    for name in names {
        insert(&mut set, name);
    }
    set
}

fn insert(set: &mut SyscallSet, name: &str) {
    if let Some(call) = Syscall::by_name(name) {
        set.insert(call);
    }
}

fn union<const N: usize>(sets: Sets, names: [&str; N]) -> SyscallSet {
    names
        .into_iter()
        .filter_map(|name| sets.flat(name))
        .fold(SyscallSet::EMPTY, |all, set| all.union(&set))
}

/// Every call that a list can name in this version.
fn everything(systemd: u16) -> SyscallSet {
    let sets = Sets::of(systemd);
    let mut all = SyscallSet::EMPTY;
    for call in Syscall::all().filter(|call| sets.is_known(*call)) {
        all.insert(call);
    }
    all
}

/// The assignments that allow exactly these calls of this machine's architecture, groups first, in as few words as there
/// are ways: with the large set and what it has too much, or with the small ones.
///
/// Members of a set that other architectures have alone are not told apart: they come with their set.
pub(super) fn written(calls: &SyscallSet, systemd: u16) -> Vec<String> {
    let words = |lines: &Vec<String>| lines.iter().flat_map(|line| line.split(' ')).count();
    let large = written_from(&["@system-service"], calls, systemd);
    let small = written_from(&[], calls, systemd);
    // What is not named is not allowed by a later systemd either: a list of exceptions has to be much shorter.
    if words(&large).saturating_mul(2) < words(&small) {
        large
    } else {
        small
    }
}

fn written_from(start: &[&str], calls: &SyscallSet, systemd: u16) -> Vec<String> {
    let sets = Sets::of(systemd);
    let native = *sets.native(Arch::NATIVE);
    let wanted = calls.intersection(&native);
    let flat = |name: &str| sets.flat(name).unwrap_or_default();
    let mut words: Vec<String> = start.iter().map(|name| (*name).to_owned()).collect();
    let mut covered = flat("@default");
    for name in start {
        covered = covered.union(&flat(name));
    }
    for group in sets.groups() {
        if matches!(group.name, "@system-service" | "@known" | "@default") {
            continue;
        }
        let set = flat(group.name);
        let here = set.intersection(&native);
        let is_new = !here.is_subset(&covered);
        if is_new && here.len() > 1 && here.is_subset(&wanted) {
            words.push(group.name.to_owned());
            covered = covered.union(&set);
        }
    }
    // What the sets bring and is not wanted: by sets, and by name.
    let mut denied: Vec<String> = Vec::new();
    let mut surplus = covered.intersection(&native).difference(&wanted);
    for name in GRAVE.into_iter().chain(WHEN_SEEN) {
        let set = flat(name);
        let here = set.intersection(&native).intersection(&covered);
        let is_all = here.is_subset(&surplus) || GRAVE.contains(&name);
        if set.intersects(&surplus) && is_all {
            denied.push(name.to_owned());
            surplus = surplus.difference(&set);
            covered = covered.difference(&set);
        }
    }
    for call in surplus.iter() {
        // The first list always has all of @default in it, and nothing starts without.
        if !flat("@default").contains(call) {
            denied.push(call.name().to_owned());
            covered.remove(call);
        }
    }
    let mut back = SyscallSet::EMPTY;
    for call in wanted.difference(&covered).iter() {
        if is_denied(&denied, sets, call) {
            back.insert(call);
        } else {
            words.push(call.name().to_owned());
        }
    }
    let mut lines = vec![String::new(), words.join(" ")];
    if words.is_empty() {
        lines.pop();
        lines.push("@default".to_owned());
    }
    if !denied.is_empty() {
        lines.push(format!("~{}", denied.join(" ")));
    }
    if !back.is_empty() {
        let names: Vec<&str> = back.iter().map(Syscall::name).collect();
        lines.push(names.join(" "));
    }
    lines
}

fn is_denied(denied: &[String], sets: Sets, call: Syscall) -> bool {
    denied
        .iter()
        .any(|word| sets.flat(word).is_some_and(|set| set.contains(call)))
}

/// Wider lists, the last one being none.
fn weaker(allowed: &SyscallSet, systemd: u16) -> Vec<Weaker> {
    let sets = Sets::of(systemd);
    let service = sets.flat("@system-service").unwrap_or_default();
    let careful = service.difference(&union(sets, GRAVE)).union(allowed);
    let mut weaker = Vec::new();
    for wider in [careful, service.union(allowed)] {
        if !wider.is_subset(allowed) {
            weaker.push(Weaker {
                value: Some(Value(written(&wider, systemd))),
                with: None,
            });
        }
    }
    // The list of what no service needs.
    let deny = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
    weaker.push(Weaker {
        value: Some(Value(vec![String::new(), deny.to_owned()])),
        with: None,
    });
    weaker.push(Weaker::nothing());
    weaker
}

/// The words of a list, for reports.
pub(super) fn words(value: &Value) -> BTreeSet<String> {
    value
        .0
        .iter()
        .flat_map(|line| line.split_whitespace())
        .map(str::to_owned)
        .collect()
}
