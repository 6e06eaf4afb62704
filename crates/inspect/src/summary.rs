//! The mount tree in few words.

use serde::Serialize;

use crate::mounts::{Mount, Mounts};

/// What of the mount tree can be written to, what is hidden, and what is the process's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MountSummary {
    /// How many mounts there are.
    pub count: usize,
    /// Whether these are all.
    pub is_complete: bool,
    /// Whether the root directory is read-only; none where that is not known.
    pub root_read_only: Option<bool>,
    /// Mounts of ordinary file systems that can be written to.
    pub writable: Vec<String>,
    /// Those of them from which programs are executed, too.
    pub writable_and_executable: Vec<String>,
    /// Mounts that cannot be written to.
    pub read_only: Vec<String>,
    /// Places that stand for something that nobody can use.
    pub hidden: Vec<String>,
    /// Mounts that process 1 does not have there.
    pub own: Vec<String>,
}

/// File systems of the kernel's own, in which nobody keeps files.
const KERNEL: [&str; 22] = [
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "devpts",
    "mqueue",
    "debugfs",
    "tracefs",
    "securityfs",
    "pstore",
    "bpf",
    "configfs",
    "fusectl",
    "efivarfs",
    "hugetlbfs",
    "autofs",
    "binfmt_misc",
    "selinuxfs",
    "rpc_pipefs",
    "nsfs",
    "smackfs",
    "nfsd",
];
/// More places of a kind are not listed; the count says how many mounts there are.
const MOST: usize = 500;

pub(crate) fn of(tree: &Mounts, host: Option<&Mounts>) -> MountSummary {
    let mut summary = MountSummary {
        count: tree.len(),
        is_complete: tree.is_complete,
        root_read_only: tree.of("/").map(|root| root.read_only),
        ..MountSummary::default()
    };
    let mut add = |list: fn(&mut MountSummary) -> &mut Vec<String>, mount: &Mount| {
        let list = list(&mut summary);
        if list.len() < MOST {
            list.push(mount.point.clone());
        }
    };
    for mount in tree.visible() {
        if mount.is_inaccessible() {
            add(|s| &mut s.hidden, mount);
            continue;
        }
        let there = host.and_then(|host| host.of(&mount.point));
        if there.is_some_and(|there| there.point != mount.point || !there.shows_the_same(mount)) {
            add(|s| &mut s.own, mount);
        }
        if mount.read_only {
            add(|s| &mut s.read_only, mount);
        } else if !KERNEL.contains(&&*mount.kind) {
            add(|s| &mut s.writable, mount);
            if !mount.no_exec {
                add(|s| &mut s.writable_and_executable, mount);
            }
        }
    }
    summary
}
