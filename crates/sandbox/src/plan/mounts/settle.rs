//! What the paths of entries lead to: symbolic links are followed in the tree as it is when it is an entry's turn.

use std::collections::BTreeMap;

use rustix::io::Errno;

use super::entry::{Entry, Key, Mode, Source, prune};
use super::view::{Node, Step, View};

/// An entry with what is at its path.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) entry: Entry,
    pub(super) found: Found,
}

/// What is at the path of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It has a type and mode, and is a mount or not.
    There { mode: u32, is_mount: bool },
    /// Nothing: it will be made, as a directory or a file, and of its path all behind the first `there` bytes.
    Made { directory: bool, there: usize },
    /// Nothing, and that is an error.
    Missing(Errno),
    /// What is bound there is missing, and that is an error.
    SourceMissing(Errno),
    /// It may be there when the time comes.
    Perhaps,
}

/// More links than this on one way are an error (as in systemd).
const MOST_LINKS: u8 = 32;

/// Puts entries in their order, without those that do not count, and with what is at their paths.
pub(super) fn settle(entries: Vec<Entry>, view: &mut View) -> Vec<Settled> {
    let mut waiting: BTreeMap<(Key, usize), Entry> = BTreeMap::new();
    for (number, entry) in prune(entries).into_iter().enumerate() {
        waiting.insert((entry.key(), number), entry);
    }
    let mut settled: Vec<Settled> = Vec::with_capacity(waiting.len());
    let mut number = waiting.len();
    while let Some((_, mut entry)) = waiting.pop_first() {
        let node = match view.step(&entry.path) {
            Step::Elsewhere(path) if entry.followed < MOST_LINKS => {
                entry.path = path;
                entry.followed += 1;
                number += 1;
                waiting.insert((entry.key(), number), entry);
                continue;
            }
            Step::Elsewhere(_) => Node::Unknown(Errno::LOOP),
            Step::End(node) => node,
        };
        if let Some(found) = find(&mut entry, node, view) {
            settled.push(Settled { entry, found });
        }
    }
    again(settled)
}

/// Links may have led several entries to one path, or below another.
fn again(settled: Vec<Settled>) -> Vec<Settled> {
    let mut found: BTreeMap<Key, Found> = BTreeMap::new();
    for one in &settled {
        found.entry(one.entry.key()).or_insert(one.found);
    }
    let entries = settled.into_iter().map(|one| one.entry).collect();
    prune(entries)
        .into_iter()
        .filter_map(|entry| {
            let found = *found.get(&entry.key())?;
            Some(Settled { entry, found })
        })
        .collect()
}

/// What is at the path of an entry; none when the entry is passed over. The view is brought up to date.
fn find(entry: &mut Entry, node: Node, view: &mut View) -> Option<Found> {
    let mut source_mode = None;
    if let Some(Source::Host(source)) = &entry.source {
        match view.source(source) {
            Node::There { mode, .. } => source_mode = Some(mode),
            _ if entry.optional => return None,
            Node::Unknown(errno) => return Some(Found::SourceMissing(errno)),
            _ => return Some(Found::SourceMissing(Errno::NOENT)),
        }
    }
    let found = match node {
        Node::There { mode, is_mount } => Found::There { mode, is_mount },
        Node::Link(_) => Found::Missing(Errno::LOOP),
        Node::Unknown(_) if entry.makes_path() => Found::Perhaps,
        Node::Unknown(_) if entry.optional => Found::Perhaps,
        Node::Unknown(Errno::NOENT) => Found::Perhaps,
        Node::Unknown(errno) => Found::Missing(errno),
        Node::Missing if entry.makes_path() => {
            let directory = source_mode.is_none_or(is_directory);
            let there = make_folders(&entry.path, view);
            Found::Made { directory, there }
        }
        Node::Missing if entry.optional => return None,
        Node::Missing => Found::Missing(Errno::NOENT),
    };
    if let Found::Made { directory, .. } = found {
        view.make(&entry.path, if directory { 0o040_755 } else { 0o100_644 });
    }
    match (&entry.source, entry.mode) {
        (Some(Source::Host(source) | Source::Made(source)), mode) => {
            view.bind(&entry.path, source, mode != Mode::Bind);
        }
        (Some(Source::Slot(_)), _) => view.empty(&entry.path),
        (
            None,
            Mode::Tmpfs | Mode::EmptyDir | Mode::Mqueue | Mode::PrivateDev | Mode::Inaccessible,
        ) => view.empty(&entry.path),
        (None, Mode::Run) if !is_mount(found) => view.empty(&entry.path),
        (None, Mode::BindDev | Mode::BindSysfs) if !is_mount(found) => {
            view.bind(&entry.path, &entry.path, true);
            entry.source = Some(Source::Host(entry.path.clone()));
        }
        (None, Mode::Procfs) => {
            let subset = entry.options.iter().any(|(name, _)| name == "subset");
            if subset {
                view.hide(&entry.path);
            } else if !is_mount(found) {
                view.bind(&entry.path, "/proc", true);
            }
        }
        (None, Mode::PrivateSysfs) if !is_mount(found) => view.bind(&entry.path, "/sys", true),
        (None, Mode::PrivateCgroup) => view.hide(&entry.path),
        _ => {}
    }
    Some(found)
}

/// Marks the missing folders above a path as made; gives how much of the path was there before.
fn make_folders(path: &str, view: &mut View) -> usize {
    let mut there = None;
    for (at, _) in path.match_indices('/').skip(1) {
        let folder = path.get(..at).unwrap_or_default();
        if there.is_some() || view.look(folder) == Node::Missing {
            there.get_or_insert(folder.rfind('/').unwrap_or(0));
            view.make(folder, 0o040_755);
        }
    }
    there.unwrap_or_else(|| path.rfind('/').unwrap_or(0))
}

pub(super) fn is_mount(found: Found) -> bool {
    matches!(found, Found::There { is_mount: true, .. })
}

pub(super) fn is_directory(mode: u32) -> bool {
    mode & libc::S_IFMT == libc::S_IFDIR
}
