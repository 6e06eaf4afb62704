//! CapabilityBoundingSet= and AmbientCapabilities=: what was done that only a capability permits.
//!
//! That the kernel grants one does not mean that it was needed. So it is inferred from calls, their arguments, and the
//! owners and modes of files; where both is possible, it is left out, and the run inside the settings decides. But what
//! the kernel never granted, where a recording shows what it grants, was not needed.

use unitward_catalog::{Capabilities, Capability as C};
use unitward_observe::{Facts, Kind, PathFact, Seen, Use};

use super::Level;
use super::proposal::{Content, Line, Proposal, Value, Weaker};
use super::view::{self, File, View, some, told};
use super::writes::{ancestors, parent};

/// What is needed, and why.
#[derive(Debug)]
pub(super) struct Needed {
    pub(super) set: Capabilities,
    pub(super) evidence: Vec<(C, String)>,
}

impl Needed {
    fn add(&mut self, capability: C, evidence: String) {
        self.set.insert(capability);
        self.evidence.push((capability, evidence));
    }

    /// Leaves the others out.
    fn keep(&mut self, capabilities: &Capabilities) {
        self.set = self.set.intersection(*capabilities);
        self.evidence
            .retain(|(capability, _)| capabilities.contains(*capability));
    }
}

/// Calls that need a capability whatever their arguments are.
const BY_CALL: &[(&str, C)] = &[
    ("setgroups", C::SETGID),
    ("setgroups32", C::SETGID),
    ("chroot", C::SYS_CHROOT),
    ("pivot_root", C::SYS_ADMIN),
    ("mount", C::SYS_ADMIN),
    ("umount2", C::SYS_ADMIN),
    ("move_mount", C::SYS_ADMIN),
    ("fsopen", C::SYS_ADMIN),
    ("fsmount", C::SYS_ADMIN),
    ("setns", C::SYS_ADMIN),
    ("sethostname", C::SYS_ADMIN),
    ("setdomainname", C::SYS_ADMIN),
    ("quotactl", C::SYS_ADMIN),
    ("swapon", C::SYS_ADMIN),
    ("swapoff", C::SYS_ADMIN),
    ("lookup_dcookie", C::SYS_ADMIN),
    ("fanotify_init", C::SYS_ADMIN),
    ("init_module", C::SYS_MODULE),
    ("finit_module", C::SYS_MODULE),
    ("delete_module", C::SYS_MODULE),
    ("clock_settime", C::SYS_TIME),
    ("settimeofday", C::SYS_TIME),
    ("stime", C::SYS_TIME),
    ("reboot", C::SYS_BOOT),
    ("kexec_load", C::SYS_BOOT),
    ("kexec_file_load", C::SYS_BOOT),
    ("acct", C::SYS_PACCT),
    ("ioperm", C::SYS_RAWIO),
    ("iopl", C::SYS_RAWIO),
    ("vhangup", C::SYS_TTY_CONFIG),
    ("open_by_handle_at", C::DAC_READ_SEARCH),
    ("bpf", C::BPF),
    ("perf_event_open", C::PERFMON),
    ("kcmp", C::SYS_PTRACE),
    ("process_vm_readv", C::SYS_PTRACE),
    ("process_vm_writev", C::SYS_PTRACE),
];

/// What is needed; looked for once.
pub(super) fn needed<'v>(view: &'v View<'_>) -> &'v Needed {
    view.needed.get_or_init(|| collect(view))
}

fn collect(view: &View<'_>) -> Needed {
    let mut needed = Needed {
        set: Capabilities::NONE,
        evidence: Vec::new(),
    };
    for (call, capability) in BY_CALL {
        // Within a user namespace of its own, a program may do these without the capability on the host.
        if let Some(seen) = view.call(call).filter(|seen| seen.successes() > 0) {
            needed.add(*capability, told(&format!("{call}(2)"), seen));
        }
    }
    for (name, seen) in &view.facts.capabilities {
        // What a run within the settings was seen to be granted is needed when nothing else says so: it is the only trace.
        let Some(capability) = C::by_name(name) else {
            continue;
        };
        let is_noise = [
            C::SYS_ADMIN,
            C::SYS_PTRACE,
            C::DAC_READ_SEARCH,
            C::DAC_OVERRIDE,
        ];
        if view.level == Level::Safe && !is_noise.contains(&capability) {
            needed.add(
                capability,
                told(&format!("The kernel granted {name}"), seen),
            );
        }
    }
    identities(view, &mut needed);
    signals(view, &mut needed);
    files(view, &mut needed);
    sockets(view, &mut needed);
    scheduling(view, &mut needed);
    namespaces(view, &mut needed);
    if view.level > Level::Safe && view.facts.shows_capabilities() {
        needed.keep(&granted(view.facts));
    }
    needed
}

/// What the kernel granted.
pub(crate) fn granted(facts: &Facts) -> Capabilities {
    let named: Vec<C> = facts
        .capabilities
        .keys()
        .filter_map(|name| C::by_name(name))
        .collect();
    Capabilities::of(&named)
}

/// Users and groups that were changed to others.
fn identities(view: &View<'_>, needed: &mut Needed) {
    if !view.ran_as_root() {
        return;
    }
    const USERS: [&str; 3] = ["setuid", "setreuid", "setresuid"];
    const GROUPS: [&str; 3] = ["setgid", "setregid", "setresgid"];
    for (calls, capability) in [(USERS, C::SETUID), (GROUPS, C::SETGID)] {
        for call in calls {
            let mut seen: Vec<_> = view.arguments(call).collect();
            seen.sort_by_key(|(_, seen)| seen.first);
            for (value, seen) in seen {
                // 0 and -1 change nothing for root.
                let value = value & u64::from(u32::MAX);
                if value != 0 && value != u64::from(u32::MAX) && seen.successes() > 0 {
                    needed.add(capability, told(&format!("{call}({value})"), seen));
                }
            }
        }
    }
    for call in ["capset"] {
        if let Some(seen) = view.call(call).filter(|seen| seen.successes() > 0)
            && view.level == Level::Safe
            && needed.set.contains(C::SETUID)
        {
            needed.add(
                C::SETPCAP,
                told(
                    &format!("{call}(2), which may raise what is inherited"),
                    seen,
                ),
            );
        }
    }
    // PR_CAPBSET_DROP of linux/prctl.h.
    for (value, seen) in view.arguments("prctl") {
        if value == 24 && seen.successes() > 0 && view.level != Level::Paranoid {
            needed.add(C::SETPCAP, told("prctl(PR_CAPBSET_DROP)", seen));
        }
    }
}

/// Signals to processes of other users.
fn signals(view: &View<'_>, needed: &mut Needed) {
    let users = view.users();
    if !users.contains(&0) || users.len() < 2 {
        return;
    }
    for call in ["kill", "pidfd_send_signal"] {
        let Some(seen) = view.call(call).filter(|seen| seen.successes() > 0) else {
            continue;
        };
        // Most signals go to processes of the same user, and the run inside tells which do not. But a command of the unit
        // signals the main process, and when that fails, everybody waits for it.
        let by_command = seen.programs.iter().any(|program| {
            matches!(
                program.rsplit('/').next(),
                Some("kill" | "pkill" | "killall")
            )
        });
        if view.level == Level::Safe || by_command && view.level == Level::Tight {
            let text = format!("{call}(2), while processes of {} users ran", users.len());
            return needed.add(C::KILL, told(&text, seen));
        }
    }
}

/// Who may have used a path: users, by when they were there first and which programs ran as them.
struct Users<'a> {
    all: Vec<(u32, u32, &'a Seen)>,
    level: Level,
}

impl Users<'_> {
    /// Whether the mode of a file permitted what was done, to one of those who may have done it; carefully, to all.
    fn may(&self, seen: &Seen, file: &File, bits: u32) -> bool {
        let mut able = self
            .all
            .iter()
            .filter(|(_, _, was)| {
                was.first <= seen.first && !was.programs.is_disjoint(&seen.programs)
            })
            .map(|(user, group, _)| file.permits(*user, &[*group], bits))
            .peekable();
        match self.level {
            _ if able.peek().is_none() => true,
            Level::Safe => able.all(|may| may),
            _ => able.any(|may| may),
        }
    }
}

/// Files that neither their owner, their group nor everybody was.
fn files(view: &View<'_>, needed: &mut Needed) {
    if !view.ran_as_root() || view.facts.identities.is_empty() {
        return;
    }
    let users = Users {
        all: view
            .facts
            .identities
            .iter()
            .filter_map(|(key, seen)| {
                let (user, group) = view::identity(key)?;
                Some((user, group, seen))
            })
            .collect(),
        level: view.level,
    };
    let is_alone = view.users().len() == 1;
    for (path, fact) in view.used(&[Use::Owner]) {
        // Root gives its own files to itself without a capability.
        let stays = is_alone && view.file(path).is_none_or(|file| file.user == 0);
        let is_idle = stays && view.level > Level::Safe;
        if fact.seen.successes() > 0 && !is_idle {
            needed.add(
                C::CHOWN,
                told(&format!("The owner of {path} was set"), &fact.seen),
            );
            break;
        }
    }
    for (path, fact) in view.used(&[Use::Mode, Use::Times, Use::Attribute]) {
        let is_own = view.file(path).is_none_or(|file| view.owns(&file));
        if !is_own && fact.seen.successes() > 0 {
            needed.add(
                C::FOWNER,
                told(
                    &format!("The mode or times of {path} were set, which another user owns"),
                    &fact.seen,
                ),
            );
            break;
        }
    }
    let mut writes = Vec::new();
    let mut reads = Vec::new();
    for (path, fact) in &view.facts.paths {
        if fact.seen.successes() == 0 || kernel(path) || !path.starts_with('/') {
            continue;
        }
        let nodes = device(fact) && fact.uses.contains(&Use::Create);
        if nodes {
            needed.add(
                C::MKNOD,
                told(&format!("The device {path} was made"), &fact.seen),
            );
        }
        let changes = [Use::Create, Use::Remove, Use::Rename, Use::Bind];
        if changes.iter().any(|one| fact.uses.contains(one))
            && let Some(directory) = view.file(parent(path))
            && directory.is_dir()
            && !users.may(&fact.seen, &directory, 3)
        {
            writes.push(told(
                &format!(
                    "{path} was made or removed in a directory of user {}",
                    directory.user
                ),
                &fact.seen,
            ));
        }
        let closed = ancestors(parent(path))
            .filter_map(|above| Some((above, view.file(above)?)))
            .find(|(_, above)| above.is_dir() && !users.may(&fact.seen, above, 1));
        if let Some((above, directory)) = closed {
            reads.push(told(
                &format!(
                    "{path} was used in {above}, a directory of user {}",
                    directory.user
                ),
                &fact.seen,
            ));
        }
        let Some(file) = view.file(path) else {
            continue;
        };
        if file.is_link() || device(fact) {
            continue;
        }
        let written = [Use::Write, Use::Connect]
            .iter()
            .any(|one| fact.uses.contains(one));
        if written && !fact.uses.contains(&Use::Create) && !users.may(&fact.seen, &file, 2) {
            writes.push(told(
                &format!("{path} of user {} was written", file.user),
                &fact.seen,
            ));
        } else if fact.uses.contains(&Use::Read)
            && !fact.uses.contains(&Use::Create)
            && !users.may(&fact.seen, &file, 4)
        {
            reads.push(told(
                &format!("{path} of user {} was read", file.user),
                &fact.seen,
            ));
        }
    }
    for text in some(writes, 2) {
        needed.add(C::DAC_OVERRIDE, text);
    }
    if !needed.set.contains(C::DAC_OVERRIDE) {
        for text in some(reads, 2) {
            needed.add(C::DAC_READ_SEARCH, text);
        }
    }
}

fn device(fact: &PathFact) -> bool {
    matches!(
        fact.kind,
        Some(Kind::CharacterDevice(..) | Kind::BlockDevice(..))
    )
}

/// Paths whose owners and modes are not those of a file.
fn kernel(path: &str) -> bool {
    ["/proc/", "/sys/", "/dev/"]
        .iter()
        .any(|place| path.starts_with(place))
}

/// Low ports, raw sockets, and options of sockets that are not seen.
fn sockets(view: &View<'_>, needed: &mut Needed) {
    for (key, seen) in &view.facts.addresses {
        let port = super::network::address(key).map(|address| address.port());
        if key.action == "bind"
            && port.is_some_and(|port| port > 0 && port < 1024)
            && seen.successes() > 0
        {
            needed.add(
                C::NET_BIND_SERVICE,
                told(&format!("{} {} was bound", key.protocol, key.address), seen),
            );
        }
    }
    /// SOCK_RAW of linux/net.h.
    const RAW: u32 = 3;
    /// AF_NETLINK and NETLINK_AUDIT of linux/netlink.h.
    const AUDIT: (u32, u32) = (16, 9);
    for (key, seen) in &view.facts.sockets {
        if (key.family, key.protocol) == AUDIT && seen.successes() > 0 && view.ran_as_root() {
            needed.add(
                C::AUDIT_WRITE,
                told("A socket of the audit system was made", seen),
            );
        }
        let internet = matches!(key.family, 2 | 10) && key.kind == RAW;
        if (internet || key.family == 17) && seen.successes() > 0 {
            needed.add(C::NET_RAW, told("A raw socket was made", seen));
        }
    }
}

fn scheduling(view: &View<'_>, needed: &mut Needed) {
    for (policy, seen) in view.arguments("sched_setscheduler") {
        if matches!(policy, 1 | 2 | 6) && seen.successes() > 0 {
            needed.add(C::SYS_NICE, told("A real-time policy was set", seen));
        }
    }
    for call in ["mlockall", "mlock", "mlock2"] {
        if let Some(seen) = view.call(call).filter(|seen| seen.successes() > 0)
            && (view.level == Level::Safe || call == "mlockall")
        {
            needed.add(C::IPC_LOCK, told(&format!("{call}(2)"), seen));
            break;
        }
    }
    if view.level == Level::Safe {
        for call in ["setrlimit", "setpriority", "ioprio_set"] {
            let capability = if call == "setrlimit" {
                C::SYS_RESOURCE
            } else {
                C::SYS_NICE
            };
            if let Some(seen) = view.call(call).filter(|seen| seen.successes() > 0) {
                needed.add(
                    capability,
                    told(&format!("{call}(2), which may have raised something"), seen),
                );
            }
        }
    }
}

/// Namespaces other than those of users need a capability unless one of users comes with them.
fn namespaces(view: &View<'_>, needed: &mut Needed) {
    if view.facts.namespaces.contains_key("user") {
        return;
    }
    for (kind, seen) in &view.facts.namespaces {
        if seen.successes() > 0 {
            needed.add(
                C::SYS_ADMIN,
                told(&format!("A namespace was made or entered: {kind}"), seen),
            );
        }
    }
}

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    let present = settings.capability_bounding_set.set;
    let needed = needed(view);
    // What is set for those who run the service stays within what it was.
    let ambient = settings.ambient_capabilities.set;
    let keep = needed.set.union(ambient).intersection(present);
    let mut evidence: Vec<String> = Vec::new();
    for capability in keep.iter() {
        let reasons: Vec<String> = needed
            .evidence
            .iter()
            .filter(|(one, _)| *one == capability)
            .map(|(_, text)| format!("{capability}: {text}"))
            .collect();
        if reasons.is_empty() {
            evidence.push(format!(
                "{capability}: the unit gives it with AmbientCapabilities="
            ));
        }
        evidence.extend(some(reasons, 3));
    }
    let shown = view.facts.shows_capabilities();
    if keep.is_empty() && shown {
        evidence.push("Nothing that the kernel granted was seen to be needed".to_owned());
    } else if keep.is_empty() {
        evidence.push(
            "Nothing was seen that needs a capability; what the kernel grants to root without need is not seen".to_owned(),
        );
    } else {
        evidence.push(
            "Inferred from calls, their arguments and the owners of files; the run inside decides"
                .to_owned(),
        );
    }
    let named = present.intersection(Capabilities::NAMED);
    if shown && view.level > Level::Safe {
        let unneeded = granted(view.facts).without(keep);
        let names: Vec<String> = unneeded.iter().map(|one| one.to_string()).collect();
        if !names.is_empty() {
            evidence.push(format!(
                "Granted, but not seen to be needed: {}",
                names.join(" ")
            ));
        }
    }
    if keep != named {
        let mut line = Line::of(
            "CapabilityBoundingSet",
            Content::Capabilities(keep),
            view.systemd(),
            evidence,
        );
        line.weaker = weaker(keep, present);
        proposal.set(view, line);
    }
    if !ambient.is_empty() {
        proposal.leave(
            "AmbientCapabilities",
            "The unit gives capabilities to the service's own user, which stays",
            Vec::new(),
        );
    }
}

/// What services that change users and handle others' files commonly need.
const COMMON: Capabilities = Capabilities::of(&[
    C::CHOWN,
    C::DAC_OVERRIDE,
    C::FOWNER,
    C::FSETID,
    C::KILL,
    C::SETGID,
    C::SETUID,
    C::SETPCAP,
    C::NET_BIND_SERVICE,
    C::SYS_CHROOT,
    C::SYS_RESOURCE,
    C::AUDIT_WRITE,
]);

/// What reaches beyond the service, to the kernel and to all processes.
const GRAVE: Capabilities = Capabilities::of(&[
    C::SYS_ADMIN,
    C::SYS_MODULE,
    C::SYS_RAWIO,
    C::SYS_PTRACE,
    C::SYS_BOOT,
    C::SYS_TIME,
    C::MAC_ADMIN,
    C::MAC_OVERRIDE,
    C::BPF,
    C::PERFMON,
]);

/// Wider sets, the last one being that of the unit.
fn weaker(keep: Capabilities, present: Capabilities) -> Vec<Weaker> {
    let wider = [
        keep.union(COMMON),
        Capabilities::NAMED.without(GRAVE).union(keep),
    ];
    let mut weaker: Vec<Weaker> = wider
        .into_iter()
        .map(|set| set.intersection(present))
        .filter(|set| *set != keep)
        .map(|set| {
            let names: Vec<String> = set.iter().map(|one| one.to_string()).collect();
            Weaker {
                value: Some(Value(vec![String::new(), names.join(" ")])),
                with: None,
            }
        })
        .collect();
    weaker.dedup();
    weaker.push(Weaker::nothing());
    weaker
}
