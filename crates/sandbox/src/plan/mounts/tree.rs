//! What the service will see at which path, and by which directive: for those who explain a path that it cannot use.

use super::entry::{Entry, Mode, Source, is_below};
use super::settle::Settled;
use crate::plan::Cause;

/// A place of the mount tree that a setting shapes, with all below it up to the next such place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeEntry {
    /// Its path, as the service sees it; no part of it is a symbolic link.
    pub path: String,
    /// What is there.
    pub content: Content,
    /// Whether it is read-only; none where that is as in the place above.
    pub read_only: Option<bool>,
    /// Whether programs are not executed from it; none where that is as in the place above.
    pub no_exec: Option<bool>,
    /// Who asks for it.
    pub cause: Cause,
}

/// What is at a place of the mount tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// What is there without the sandbox, too.
    Same,
    /// A path of the host.
    Bound(String),
    /// A new file system without anything in it, but for the places below that are made in it.
    Empty,
    /// A device file system with few devices.
    Devices,
    /// A new instance of a kernel file system.
    Kernel(&'static str),
    /// Something that nobody can use.
    Hidden,
}

/// The places of settled entries, folders before what is in them. `root` is the other root directory and who asks for it.
pub(super) fn tree(root: Option<(&str, Cause)>, settled: &[Settled]) -> Vec<TreeEntry> {
    let root = root.map(|(path, cause)| TreeEntry {
        path: "/".to_owned(),
        content: Content::Bound(path.to_owned()),
        read_only: Some(false),
        no_exec: Some(false),
        cause,
    });
    root.into_iter()
        .chain(settled.iter().map(|one| place(&one.entry)))
        .collect()
}

fn place(entry: &Entry) -> TreeEntry {
    let has = |attribute: u64| entry.attributes & attribute != 0;
    let is_same = entry.is_attribute();
    let read_only = if entry.is_read_only() || has(libc::MOUNT_ATTR_RDONLY) {
        Some(true)
    } else {
        (!matches!(entry.mode, Mode::NoExec | Mode::Exec)).then_some(false)
    };
    let no_exec = if entry.is_no_exec() || has(libc::MOUNT_ATTR_NOEXEC) {
        Some(true)
    } else {
        (!is_same || entry.is_exec()).then_some(false)
    };
    TreeEntry {
        path: entry.path.clone(),
        content: content(entry),
        read_only,
        no_exec,
        cause: entry.cause,
    }
}

fn content(entry: &Entry) -> Content {
    match (entry.mode, &entry.source) {
        (Mode::Inaccessible, _) => Content::Hidden,
        (Mode::PrivateDev, _) => Content::Devices,
        (Mode::Procfs, _) => Content::Kernel("proc"),
        (Mode::PrivateSysfs, _) => Content::Kernel("sysfs"),
        (Mode::PrivateCgroup, _) => Content::Kernel("cgroup2"),
        (Mode::Mqueue, _) => Content::Kernel("mqueue"),
        (Mode::Tmpfs | Mode::EmptyDir | Mode::Run | Mode::PrivateTmp, _) => Content::Empty,
        (_, Some(Source::Host(path) | Source::Made(path))) => Content::Bound(path.clone()),
        _ => Content::Same,
    }
}

impl TreeEntry {
    /// Whether a path is the place itself, or below it.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        is_below(path, &self.path)
    }
}
