//! All processes of a host, a line each.

use serde::Serialize;

use crate::groups;
use crate::namespaces::{self, First};
use crate::status::{Rights, Status};
use crate::target::Target;

/// A process in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Its number.
    pub pid: i32,
    /// The name that it gave itself; it may hold anything.
    pub name: String,
    /// The unit of its control group.
    pub unit: Option<String>,
    /// What its main thread may do.
    pub rights: Rights,
    /// The kinds of namespaces that it does not share with the host.
    pub own_namespaces: Vec<&'static str>,
    /// Whether its namespaces could be looked at.
    pub namespaces_known: bool,
}

/// Every process that this one sees, but for threads of the kernel.
#[must_use]
pub fn overview() -> Vec<Row> {
    let first = First::read();
    let pids = pids();
    pids.into_iter()
        .filter_map(|pid| row(pid, &first))
        .collect()
}

/// The numbers of all processes, in order.
#[must_use]
pub fn pids() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<i32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids
}

fn row(pid: i32, first: &First) -> Option<Row> {
    let target = Target::open(pid).ok()?;
    if target.stat().ok()?.is_kernel {
        return None;
    }
    let status = Status::parse(&target.text("status").ok()?);
    let namespaces = namespaces::read(&target, first);
    let group = target.text("cgroup").unwrap_or_default();
    let own = namespaces.iter().filter(|one| one.shared == Some(false));
    let row = Row {
        pid,
        unit: groups::unit_in(&group),
        own_namespaces: own.map(|one| one.kind).collect(),
        namespaces_known: namespaces.iter().any(|one| one.shared.is_some()),
        rights: status.rights,
        name: status.name,
    };
    target.is_alive().then_some(row)
}
