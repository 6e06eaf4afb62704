//! What the kernel says of a process, read at once.

use std::collections::HashMap;

use serde::Serialize;
use unitward_catalog::Capabilities;
use unitward_sandbox::message;

use crate::filters::{Decoded, Filters};
use crate::groups::{self, ControlGroups};
use crate::limits::{self, ResourceLimit};
use crate::mounts::Mounts;
use crate::namespaces::{self, First, Namespace, Reference};
use crate::network::{self, Network};
use crate::status::{Rights, Status};
use crate::target::{Target, Unreachable};
use crate::{summary, sys};

/// The state of a process.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct State {
    /// Its number.
    pub pid: i32,
    /// Its parent.
    pub parent: i32,
    /// The name that it gave itself; it may hold anything.
    pub name: String,
    /// The program file that it runs; none where that cannot be read.
    pub program: Option<String>,
    /// When it started, in clock ticks since boot.
    pub started: u64,
    /// When it started, in seconds since 1970; none where that cannot be computed.
    pub started_at: Option<u64>,
    /// What its main thread may do.
    pub rights: Rights,
    /// Its number in each PID namespace, the outermost one that is visible here first.
    pub pids: Vec<i32>,
    /// How many threads it has.
    pub threads: u32,
    /// Threads with other rights than the main one.
    pub other_threads: Vec<Differing>,
    /// Processes that it started, and those that they started, with other rights than it.
    pub other_children: Vec<Differing>,
    /// What the filters answer; none where they cannot be read.
    pub filter: Option<Decoded>,
    /// Why the filters cannot be read.
    pub filter_hidden: Option<String>,
    /// Who stands for the host where something is compared with it.
    pub compared_with: Reference,
    /// Its namespaces.
    pub namespaces: Vec<Namespace>,
    /// The mount tree, summarised; none where it cannot be read.
    pub mounts: Option<summary::MountSummary>,
    /// Its root directory, as seen from here; none where that cannot be read.
    pub root: Option<String>,
    /// Its control groups.
    pub control_groups: ControlGroups,
    /// Its network.
    pub network: Network,
    /// Its resource limits.
    pub limits: Vec<ResourceLimit>,
    /// The label of each security module, by the file below /proc/PID/attr.
    pub labels: Vec<Label>,
    /// The maps of its user namespace: inside, outside, length.
    pub user_map: Vec<[u32; 3]>,
    /// The same for groups.
    pub group_map: Vec<[u32; 3]>,
    /// Smaller attributes.
    pub attributes: Attributes,
    /// What cannot be known of another process, and why.
    pub unknown: Vec<Unknown>,
    #[serde(skip)]
    pub(crate) filters: Filters,
    #[serde(skip)]
    pub(crate) tree: Option<Mounts>,
    /// The bounding set of process 1.
    #[serde(skip)]
    pub(crate) host_bounding: Option<Capabilities>,
    /// The tree of the host.
    #[serde(skip)]
    pub(crate) host_tree: Option<Mounts>,
    #[serde(skip)]
    pub(crate) host_name: Option<String>,
}

/// Threads or processes whose rights are others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Differing {
    /// One of them.
    pub pid: i32,
    /// Its name.
    pub name: String,
    /// How many there are with these rights.
    pub count: usize,
    /// Their rights.
    pub rights: Rights,
}

/// A label of a security module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// The file below /proc/PID/attr.
    pub file: &'static str,
    /// The label.
    pub label: String,
}

/// Attributes of a process; none where they cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attributes {
    /// The file mode creation mask.
    pub umask: Option<u16>,
    /// The score for the out-of-memory killer.
    pub oom_score_adjust: Option<i32>,
    /// The timer slack, in nanoseconds.
    pub timer_slack: Option<u64>,
    /// The execution domain (personality(2)).
    pub personality: Option<u64>,
    /// What goes into core dumps (core(5)).
    pub coredump_filter: Option<u64>,
    /// The nice level.
    pub nice: Option<i32>,
    /// SCHED_*.
    pub scheduling_policy: Option<i32>,
    /// The real-time priority.
    pub scheduling_priority: Option<u32>,
    /// Whether children go back to ordinary scheduling.
    pub scheduling_reset_on_fork: Option<bool>,
    /// IOPRIO_CLASS_* and the level.
    pub io_priority: Option<(u8, u8)>,
    /// The processors, as a list such as `0-3`.
    pub cpus: Option<String>,
    /// The memory nodes.
    pub nodes: Option<String>,
    /// Whether transparent huge pages are on.
    pub huge_pages: Option<bool>,
    /// The working directory.
    pub working_directory: Option<String>,
    /// Whether some memory is writable and executable now.
    pub writable_code: Option<bool>,
}

/// Something that the kernel does not tell about another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unknown {
    /// What.
    pub what: &'static str,
    /// Why.
    pub reason: String,
}

/// What is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Threads and children are not compared.
    Process,
    /// Those with other rights are listed, too.
    #[default]
    Family,
}

/// More threads and children than this are not looked at.
const FAMILY_MAX: usize = 20_000;
/// More of the list of memory is not read.
const MAPS_MAX: usize = 4 << 20;

impl State {
    /// Reads the state of a process.
    ///
    /// # Errors
    ///
    /// When it has ended meanwhile.
    pub fn read(target: &Target, depth: Depth) -> Result<Self, Unreachable> {
        let gone = |_| Unreachable::Gone(target.pid());
        let status = Status::parse(&target.text("status").map_err(gone)?);
        let stat = target.stat().map_err(gone)?;
        let filters = match (status.rights.seccomp, status.rights.filters) {
            (Some(crate::Seccomp::Off), _) => Filters::None,
            (Some(crate::Seccomp::Filter), _) => Filters::read(target),
            (Some(crate::Seccomp::Strict), _) => {
                Filters::Hidden("the strict mode has no filters".to_owned())
            }
            (None, _) => {
                Filters::Hidden("the kernel does not tell whether there are any".to_owned())
            }
        };
        let tree = Mounts::read(target);
        let first = First::read();
        let host_tree = first
            .target
            .as_ref()
            .and_then(|first| Mounts::read(first).ok());
        let of_host = Target::open(1)
            .ok()
            .and_then(|first| first.text("status").ok());
        let host_bounding = of_host.map(|text| Status::parse(&text).rights.capabilities.bounding);
        let (mut other_threads, mut other_children) = (Vec::new(), Vec::new());
        if depth == Depth::Family {
            other_threads = threads(target, &status.rights);
            other_children = children(target, &status.rights);
        }
        let state = Self {
            pid: target.pid(),
            parent: status.parent,
            program: target.link("exe").ok(),
            started: target.started(),
            started_at: started_at(target.started()),
            pids: status.pids.clone(),
            threads: status.threads,
            other_threads,
            other_children,
            filter: filters.decode(),
            filter_hidden: match &filters {
                Filters::Hidden(reason) => Some(reason.clone()),
                _ => None,
            },
            namespaces: namespaces::read(target, &first),
            compared_with: first.reference,
            mounts: tree
                .as_ref()
                .ok()
                .map(|tree| summary::of(tree, host_tree.as_ref())),
            root: target.link("root").ok(),
            control_groups: groups::read(target),
            network: network::read(target),
            limits: limits::parse(&target.text("limits").unwrap_or_default()),
            labels: labels(target),
            user_map: map(&target.text("uid_map").unwrap_or_default()),
            group_map: map(&target.text("gid_map").unwrap_or_default()),
            attributes: attributes(target, &status, &stat),
            unknown: unknown(&tree),
            filters,
            tree: tree.ok(),
            host_tree,
            host_bounding,
            host_name: host_name(target),
            rights: status.rights,
            name: status.name,
        };
        match target.is_alive() {
            true => Ok(state),
            false => Err(Unreachable::Gone(target.pid())),
        }
    }

    /// Whether a namespace is that of the host; none where that cannot be told.
    #[must_use]
    pub fn shares(&self, kind: &str) -> Option<bool> {
        self.namespace(kind)?.shared
    }

    /// A namespace by its kind.
    #[must_use]
    pub fn namespace(&self, kind: &str) -> Option<&Namespace> {
        self.namespaces.iter().find(|one| one.kind == kind)
    }

    /// The system call filters.
    #[must_use]
    pub const fn filters(&self) -> &Filters {
        &self.filters
    }
}

fn attributes(target: &Target, status: &Status, stat: &crate::stat::Stat) -> Attributes {
    fn number<T: std::str::FromStr>(target: &Target, file: &str) -> Option<T> {
        target.text(file).ok()?.trim().parse().ok()
    }
    let hexadecimal = |file: &str| {
        let text = target.text(file).ok()?;
        u64::from_str_radix(text.trim(), 16).ok()
    };
    /// SCHED_RESET_ON_FORK.
    const RESET: i32 = 0x4000_0000;
    let policy = sys::scheduler(target.pid()).ok();
    Attributes {
        umask: status.umask,
        oom_score_adjust: number(target, "oom_score_adj"),
        timer_slack: number(target, "timerslack_ns"),
        personality: hexadecimal("personality"),
        coredump_filter: hexadecimal("coredump_filter"),
        nice: Some(stat.nice),
        scheduling_policy: Some(stat.policy),
        scheduling_priority: Some(stat.priority),
        scheduling_reset_on_fork: policy.map(|policy| policy & RESET != 0),
        io_priority: sys::io_priority(target.pid()).ok(),
        cpus: status.cpus.clone(),
        nodes: status.nodes.clone(),
        huge_pages: status.huge_pages,
        working_directory: target.link("cwd").ok(),
        writable_code: writable_code(target),
    }
}

fn writable_code(target: &Target) -> Option<bool> {
    let contents = target.read("maps", MAPS_MAX).ok()?;
    let mut lines = contents.bytes.split(|byte| *byte == b'\n');
    let found = lines.any(|line| {
        let flags = line.split(|byte| *byte == b' ').nth(1);
        flags.is_some_and(|flags| flags.get(1..3) == Some(b"wx"))
    });
    (found || contents.is_complete).then_some(found)
}

fn labels(target: &Target) -> Vec<Label> {
    const FILES: [&str; 4] = [
        "current",
        "apparmor/current",
        "smack/current",
        "selinux/current",
    ];
    let mut labels: Vec<Label> = Vec::new();
    for file in FILES {
        let Ok(text) = target.text(&format!("attr/{file}")) else {
            continue;
        };
        let label = text.trim_end_matches(['\0', '\n']).to_owned();
        if !label.is_empty() {
            labels.push(Label { file, label });
        }
    }
    labels
}

fn map(text: &str) -> Vec<[u32; 3]> {
    let of_line = |line: &str| {
        let mut numbers = line.split_ascii_whitespace().map(|word| word.parse().ok());
        Some([numbers.next()??, numbers.next()??, numbers.next()??])
    };
    text.lines().filter_map(of_line).collect()
}

/// The host name in the UTS namespace of the process, which only one who is in it can read.
fn host_name(target: &Target) -> Option<String> {
    let file = target.open_file("ns/uts").ok()?;
    let kind = Some(rustix::thread::LinkNameSpaceType::HostNameAndNISDomainName);
    let read = move || {
        use std::os::fd::AsFd as _;
        rustix::thread::move_into_link_name_space(file.as_fd(), kind).ok()?;
        let name = rustix::system::uname();
        Some(name.nodename().to_string_lossy().into_owned())
    };
    // Only the thread goes there, and ends.
    std::thread::Builder::new().spawn(read).ok()?.join().ok()?
}

fn threads(target: &Target, rights: &Rights) -> Vec<Differing> {
    let names = target.names("task", FAMILY_MAX).unwrap_or_default();
    let threads = names.iter().filter_map(|name| {
        let tid: i32 = name.parse().ok()?;
        let text = target.text(&format!("task/{tid}/status")).ok()?;
        Some((tid, Status::parse(&text)))
    });
    group(threads, rights)
}

fn children(target: &Target, rights: &Rights) -> Vec<Differing> {
    let mut found: Vec<(i32, Status)> = Vec::new();
    let mut waiting: Vec<Target> = Vec::new();
    let mut next = Some(target);
    let mut holder;
    while let Some(parent) = next {
        for tid in parent.names("task", FAMILY_MAX).unwrap_or_default() {
            let list = parent
                .text(&format!("task/{tid}/children"))
                .unwrap_or_default();
            for pid in list
                .split_ascii_whitespace()
                .filter_map(|word| word.parse().ok())
            {
                if found.len() >= FAMILY_MAX {
                    return group(found.into_iter(), rights);
                }
                let Ok(child) = Target::open(pid) else {
                    continue;
                };
                if let Ok(text) = child.text("status") {
                    found.push((pid, Status::parse(&text)));
                    waiting.push(child);
                }
            }
        }
        holder = waiting.pop();
        next = holder.as_ref();
    }
    group(found.into_iter(), rights)
}

/// Those with other rights, one entry for equal ones.
fn group(members: impl Iterator<Item = (i32, Status)>, rights: &Rights) -> Vec<Differing> {
    let mut places: HashMap<Rights, usize> = HashMap::new();
    let mut list: Vec<Differing> = Vec::new();
    for (pid, status) in members {
        if status.rights == *rights {
            continue;
        }
        let at = *places.entry(status.rights.clone()).or_insert(list.len());
        match list.get_mut(at) {
            Some(known) => known.count += 1,
            None => list.push(Differing {
                pid,
                name: status.name,
                count: 1,
                rights: status.rights,
            }),
        }
    }
    list
}

/// Ticks since boot as seconds since 1970.
fn started_at(ticks: u64) -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot: u64 = line.trim().parse().ok()?;
    Some(boot + ticks / rustix::param::clock_ticks_per_second().max(1))
}

fn unknown(tree: &Result<Mounts, rustix::io::Errno>) -> Vec<Unknown> {
    let mut list = vec![
        Unknown {
            what: "secure bits",
            reason: "only the process itself can read them (PR_GET_SECUREBITS)".to_owned(),
        },
        Unknown {
            what: "keyring",
            reason: "/proc/keys shows the keys of whoever reads it".to_owned(),
        },
        Unknown {
            what: "refusal of executable memory",
            reason: "only the process itself can read it (PR_GET_MDWE)".to_owned(),
        },
    ];
    if let Err(errno) = tree {
        list.push(Unknown {
            what: "mounts",
            reason: message(*errno),
        });
    }
    list
}
