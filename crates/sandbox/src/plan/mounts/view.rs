//! The tree as the service will see it, while its entries are decided: the host's, with what is mounted so far.

use std::collections::{BTreeMap, HashMap, HashSet};

use rustix::fs::{AtFlags, CWD, FileType, StatxAttributes, StatxFlags};
use rustix::io::Errno;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Missing,
    /// It cannot be looked at.
    Unknown(Errno),
    Link(String),
    /// Type and mode as in stat(2), and whether something is mounted there.
    There {
        mode: u32,
        is_mount: bool,
    },
}

/// What is mounted at a path of the view.
#[derive(Clone, Debug)]
enum Content {
    /// The host's tree at a path, with or without the mounts below it.
    Host(String, Mounts),
    /// Nothing but what is made there.
    Empty,
    /// What cannot be known before it is mounted.
    Hidden,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mounts {
    Kept,
    Left,
}

/// The view.
#[derive(Debug)]
pub(crate) struct View {
    contents: HashMap<String, Content>,
    made: BTreeMap<String, Node>,
    seen: HashMap<String, Node>,
    expected: HashSet<String>,
}

const DIRECTORY: u32 = 0o040_755;

impl View {
    /// The view whose root is a directory of the host.
    pub(crate) fn of(root: &str) -> Self {
        let mut view = Self {
            contents: HashMap::new(),
            made: BTreeMap::new(),
            seen: HashMap::new(),
            expected: HashSet::new(),
        };
        view.bind("/", root, true);
        view
    }

    /// Says that a path of the host will be there, as a directory.
    pub(crate) fn expect(&mut self, path: &str) {
        for (at, _) in path.match_indices('/').skip(1) {
            let above = path.get(..at).unwrap_or_default();
            if host(above) == Node::Missing {
                self.seen.insert(above.to_owned(), directory());
            }
        }
        self.seen.insert(path.to_owned(), directory());
        self.expected.insert(path.to_owned());
    }

    /// What is at a path of the host that is to be bound somewhere, links followed.
    pub(crate) fn source(&self, path: &str) -> Node {
        match followed(path) {
            Node::Missing if self.expected.contains(path) => directory(),
            found => found,
        }
    }

    /// Says that a tree of the host is bound somewhere.
    pub(crate) fn bind(&mut self, path: &str, source: &str, recursive: bool) {
        let mounts = if recursive {
            Mounts::Kept
        } else {
            Mounts::Left
        };
        self.contents
            .insert(path.to_owned(), Content::Host(source.to_owned(), mounts));
        self.forget(path);
    }

    /// Says that there is an empty file system somewhere.
    pub(crate) fn empty(&mut self, path: &str) {
        self.contents.insert(path.to_owned(), Content::Empty);
        self.forget(path);
    }

    /// Says that there is something unknown somewhere.
    pub(crate) fn hide(&mut self, path: &str) {
        self.contents.insert(path.to_owned(), Content::Hidden);
        self.forget(path);
    }

    /// Says that something is made at a path: a directory, or a file.
    pub(crate) fn make(&mut self, path: &str, mode: u32) {
        let node = Node::There {
            mode,
            is_mount: false,
        };
        self.made.insert(path.to_owned(), node);
    }

    /// Says that a symbolic link is made at a path.
    pub(crate) fn link(&mut self, path: &str, target: &str) {
        self.made
            .insert(path.to_owned(), Node::Link(target.to_owned()));
    }

    /// What is at a path whose folders are no symbolic links.
    pub(crate) fn look(&mut self, path: &str) -> Node {
        if let Some(node) = self.made.get(path) {
            return node.clone();
        }
        let (at, content) = self.content(path);
        match content {
            Content::Empty if at.len() == path.len() => directory(),
            Content::Empty => Node::Missing,
            Content::Hidden if at.len() == path.len() => directory(),
            Content::Hidden => Node::Unknown(Errno::NOENT),
            Content::Host(source, mounts) => {
                let rest = path
                    .get(at.trim_end_matches('/').len()..)
                    .unwrap_or_default();
                // What is bound is what its path leads to, even where that is a symbolic link.
                if rest.trim_matches('/').is_empty() {
                    return followed(&source);
                }
                let real = format!("{}{rest}", source.trim_end_matches('/'));
                let node = self
                    .seen
                    .entry(real)
                    .or_insert_with_key(|real| host(real))
                    .clone();
                match node {
                    Node::There { mode, .. } if mounts == Mounts::Left => Node::There {
                        mode,
                        is_mount: false,
                    },
                    node => node,
                }
            }
        }
    }

    /// What is mounted closest above a path, and where.
    fn content(&self, path: &str) -> (String, Content) {
        let mut above = path;
        loop {
            if let Some(content) = self.contents.get(above) {
                return (above.to_owned(), content.clone());
            }
            above = match above.rfind('/') {
                Some(at) if at > 0 => above.get(..at).unwrap_or("/"),
                _ => break,
            };
        }
        let root = self.contents.get("/").cloned().unwrap_or(Content::Empty);
        ("/".to_owned(), root)
    }

    /// Takes a step towards what a path means: itself, when no part of it is a symbolic link, or another path.
    pub(crate) fn step(&mut self, path: &str) -> Step {
        let mut seen = 0;
        for (at, _) in path.match_indices('/').skip(1) {
            if let Some(step) = self.part(path, at) {
                return step;
            }
            seen = at;
        }
        if path.len() > seen + 1
            && let Some(step) = self.part(path, path.len())
        {
            return step;
        }
        if path == "/" {
            return Step::End(self.look("/"));
        }
        Step::End(self.look(path))
    }

    fn part(&mut self, path: &str, end: usize) -> Option<Step> {
        let (part, rest) = path.split_at_checked(end)?;
        match self.look(part) {
            Node::Link(target) => Some(Step::Elsewhere(join(part, &target, rest))),
            Node::Missing => Some(Step::End(Node::Missing)),
            Node::Unknown(errno) => Some(Step::End(Node::Unknown(errno))),
            Node::There { .. } => None,
        }
    }

    /// What was made below a path is not there any more.
    fn forget(&mut self, path: &str) {
        let folder = path.trim_end_matches('/');
        // '0' is what follows '/'.
        let below: Vec<String> = self
            .made
            .range(format!("{folder}/")..format!("{folder}0"))
            .map(|(path, _)| path.clone())
            .collect();
        for path in below {
            self.made.remove(&path);
        }
    }
}

/// Where a step led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The path is no symbolic link, nor is a part of it; this is what is there.
    End(Node),
    /// Another path.
    Elsewhere(String),
}

/// Where the target of a symbolic link is, with the rest of the path behind it. Nothing is above the root.
fn join(link: &str, target: &str, rest: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        parts.extend(link.split('/').filter(|part| !part.is_empty()));
        parts.pop();
    }
    for part in target.split('/').chain(rest.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn directory() -> Node {
    Node::There {
        mode: DIRECTORY,
        is_mount: false,
    }
}

/// What is at a path of the host.
pub(crate) fn host(path: &str) -> Node {
    stat(path, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT)
}

/// What a path of the host leads to.
pub(crate) fn followed(path: &str) -> Node {
    stat(path, AtFlags::NO_AUTOMOUNT)
}

fn stat(path: &str, flags: AtFlags) -> Node {
    match rustix::fs::statx(CWD, path, flags, StatxFlags::TYPE | StatxFlags::MODE) {
        Ok(found) => {
            let mode = u32::from(found.stx_mode);
            if FileType::from_raw_mode(mode) == FileType::Symlink {
                let target = rustix::fs::readlink(path, Vec::new());
                return match target {
                    Ok(target) => Node::Link(target.to_string_lossy().into_owned()),
                    Err(errno) => Node::Unknown(errno),
                };
            }
            let is_mount = found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
            Node::There { mode, is_mount }
        }
        Err(Errno::NOENT | Errno::NOTDIR) => Node::Missing,
        Err(errno) => Node::Unknown(errno),
    }
}

/// Type, mode and number of a device of the host.
pub(crate) fn device(path: &str) -> Option<(u32, (u32, u32))> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let found = rustix::fs::statx(CWD, path, flags, StatxFlags::TYPE | StatxFlags::MODE).ok()?;
    let mode = u32::from(found.stx_mode);
    let is_device = matches!(mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK);
    is_device.then_some((mode, (found.stx_rdev_major, found.stx_rdev_minor)))
}
