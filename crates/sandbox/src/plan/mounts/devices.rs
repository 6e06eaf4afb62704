//! `PrivateDevices=`: a /dev with what every program may use, and nothing else.

use std::path::Path;

use super::action::NodeKind;
use super::view::{self, Kind};

/// Devices that are made anew: name, major and minor number.
pub(super) const NODES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

/// Parts of the host's /dev that are taken over: name, and whether it must be there.
pub(super) const BOUND: [(&str, bool); 4] = [
    ("pts", true),
    ("shm", true),
    ("mqueue", false),
    ("hugepages", false),
];

/// The mode of the nodes.
pub(super) const MODE: u32 = 0o666;

/// Symbolic links: name and target. `core` is for kernels with /proc/kcore.
pub(super) fn links(with_log: bool) -> Vec<(String, String)> {
    let mut links = vec![
        ("fd".to_owned(), "/proc/self/fd".to_owned()),
        ("stdin".to_owned(), "/proc/self/fd/0".to_owned()),
        ("stdout".to_owned(), "/proc/self/fd/1".to_owned()),
        ("stderr".to_owned(), "/proc/self/fd/2".to_owned()),
    ];
    if Path::new("/proc/kcore").exists() {
        links.push(("core".to_owned(), "/proc/kcore".to_owned()));
    }
    if ptmx_is_link() {
        links.push(("ptmx".to_owned(), "pts/ptmx".to_owned()));
    }
    if with_log {
        links.push(("log".to_owned(), "/run/systemd/journal/dev-log".to_owned()));
    }
    for (name, major, minor) in NODES {
        links.push((format!("char/{major}:{minor}"), format!("../{name}")));
    }
    links
}

/// Nodes with what they are.
pub(super) fn nodes() -> Vec<(&'static str, NodeKind)> {
    let mut nodes: Vec<_> = NODES
        .into_iter()
        .map(|(name, major, minor)| (name, NodeKind::CharacterDevice(major, minor)))
        .collect();
    if !ptmx_is_link() {
        nodes.push(("ptmx", NodeKind::CharacterDevice(5, 2)));
    }
    nodes
}

/// Whether the host's `ptmx` leads to the one of its devpts.
fn ptmx_is_link() -> bool {
    view::look("/dev/ptmx").is_none_or(|found| found.kind == Kind::Link)
}
