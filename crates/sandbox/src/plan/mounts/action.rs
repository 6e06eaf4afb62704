//! What can be done to a mount tree.

use std::ffi::CString;
use std::fmt;

/// One change of the mount tree of the process.
///
/// `slot` is a descriptor that actions pass to one another: a mount, by its root. Paths in a [`Place`] start at such a
/// root and never pass a symbolic link, so that what is mounted where was decided when the plan was made; a path that
/// has changed since then is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MountAction {
    /// Leave the host's mounts alone from here on: a namespace of its own, to which the host's changes still come. When
    /// this fails and the process goes on without, all other actions on mounts do nothing.
    Isolate {
        /// Will hold the root directory.
        root: usize,
    },
    /// Raise the limit of open files to this many, for the descriptors on their way.
    Descriptors(u64),
    /// Copy the tree below a path, as it is now (open_tree(2), OPEN_TREE_CLONE).
    Copy {
        /// Where the copy is kept.
        slot: usize,
        /// The path.
        from: From,
        /// Whether mounts below it are copied, too.
        recursive: bool,
        /// What happens when the path is not there.
        missing: Missing,
    },
    /// Keep a place that is a mount already.
    Keep {
        /// Where it is kept.
        slot: usize,
        /// The place.
        at: Place,
        /// What happens when the path is not there.
        missing: Missing,
    },
    /// Make a file system (fsopen(2), fsmount(2)).
    New {
        /// Where it is kept.
        slot: usize,
        /// Its type.
        kind: CString,
        /// Its options; without a value it is a flag.
        options: Vec<(CString, Option<CString>)>,
        /// MOUNT_ATTR_* bits.
        attributes: u64,
    },
    /// Put a new instance of a kernel file system in the place of the present one, with what is mounted below that. An
    /// option that the kernel does not know is left out, and where the kernel refuses an instance, the present one stays.
    Instance(Box<Instance>),
    /// Attach what a slot holds to a place (move_mount(2)).
    Attach {
        /// The slot.
        slot: usize,
        /// The place.
        at: Place,
        /// What happens when the place is not there.
        missing: Missing,
    },
    /// Take away all mounts at a path.
    Detach {
        /// The folder of the path.
        folder: Place,
        /// The last part of the path.
        name: CString,
        /// Whether all mounts at this place go, or the topmost one.
        all: bool,
    },
    /// Make what is missing.
    Make {
        /// The folder it is made in.
        folder: Place,
        /// Its name.
        name: CString,
        /// What it is.
        node: Node,
        /// Whether it does not matter when this fails.
        optional: bool,
    },
    /// Change attributes of a mount (mount_setattr(2)).
    Attributes {
        /// The mount.
        slot: usize,
        /// Whether mounts below it change, too.
        recursive: bool,
        /// MOUNT_ATTR_* bits to set.
        set: u64,
        /// MOUNT_ATTR_* bits to clear.
        clear: u64,
    },
    /// Let mounts spread, or not (mount_namespaces(7)).
    Propagation {
        /// The mount, with all below it.
        slot: usize,
        /// MS_SHARED, MS_SLAVE or MS_PRIVATE.
        kind: u64,
    },
    /// Take away a mount that was attached for a moment.
    Release {
        /// The slot, which is closed.
        slot: usize,
    },
    /// Make what a slot holds the root directory, and take the old one away (pivot_root(2)).
    ChangeRoot {
        /// The slot.
        slot: usize,
    },
    /// Say that something is missing.
    Refuse {
        /// What is missing.
        path: String,
        /// The error number.
        errno: i32,
        /// What to do about it.
        advice: String,
    },
}

/// A new instance of a kernel file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Where it is kept.
    pub slot: usize,
    /// The type of the file system.
    pub kind: CString,
    /// Its options.
    pub options: Vec<(CString, Option<CString>)>,
    /// Where it goes.
    pub folder: Place,
    /// The last part of the path.
    pub name: CString,
    /// Whether something is mounted there now.
    pub replaces: bool,
    /// Copies of what is mounted below the host's, by their paths and slots.
    pub covers: Vec<(CString, usize)>,
    /// Whether these stop following the host's mounts.
    pub detached: bool,
    /// What is bound there when there can be no new instance and nothing is mounted there.
    pub fallback: Option<CString>,
}

/// Where a copy is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// A path of the host; symbolic links are followed.
    Host(CString),
    /// A place in the tree.
    Tree(Place),
}

/// A path below a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The slot of the mount.
    pub base: usize,
    /// The path, without slash at its beginning; empty for the mount itself.
    pub path: CString,
}

/// What happens when a path is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The step fails.
    Fails,
    /// Nothing: a slot stays empty, and later steps with it do nothing.
    Skips,
}

/// What is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node {
    /// A directory with a mode.
    Directory(u32),
    /// An empty file with a mode.
    File(u32),
    /// A symbolic link with its target.
    Link(CString),
    /// A device, FIFO or socket: type and mode as in mknod(2), and the number.
    Special {
        /// Type and mode.
        mode: u32,
        /// Major and minor number.
        device: (u32, u32),
    },
}

impl Place {
    /// The mount of a slot itself.
    pub(super) fn root(base: usize) -> Self {
        Self {
            base,
            path: CString::default(),
        }
    }

    /// A path below it.
    pub(super) fn below(base: usize, path: &str) -> Self {
        Self {
            base,
            path: super::super::namespaces::c_string(path),
        }
    }
}

impl MountAction {
    /// What to do when it has failed.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Refuse { advice, .. } => Some(advice.clone()),
            Self::Isolate { .. } => Some(
                "The kernel or a sandbox around this one does not allow mount namespaces; run as root, or allow user \
                 namespaces."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl fmt::Display for MountAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Isolate { .. } => f.write_str("make a mount namespace"),
            Self::Descriptors(count) => write!(f, "raise the limit of open files to {count}"),
            Self::Copy {
                from: From::Host(path),
                ..
            } => write!(f, "take the tree at {}", text(path)),
            Self::Copy {
                from: From::Tree(place),
                ..
            } => write!(f, "copy the tree at {place}"),
            Self::Keep { at, .. } => write!(f, "keep the mount at {at}"),
            Self::New { kind, .. } => write!(f, "make a file system of type {}", text(kind)),
            Self::Instance(instance) => write!(
                f,
                "mount a new {} on {}",
                text(&instance.kind),
                Below(&instance.folder, &instance.name)
            ),
            Self::Attach { at, .. } => write!(f, "mount on {at}"),
            Self::Detach { folder, name, .. } => write!(f, "unmount {}", Below(folder, name)),
            Self::Make {
                folder, name, node, ..
            } => {
                let what = match node {
                    Node::Directory(_) => "directory",
                    Node::File(_) => "file",
                    Node::Link(_) => "link",
                    Node::Special { .. } => "node",
                };
                write!(f, "make the {what} {}", Below(folder, name))
            }
            Self::Attributes { set, clear, .. } => {
                f.write_str("make the mount")?;
                for (bit, word) in [
                    (libc::MOUNT_ATTR_RDONLY, "read-only"),
                    (libc::MOUNT_ATTR_NOEXEC, "noexec"),
                    (libc::MOUNT_ATTR_NOSUID, "nosuid"),
                    (libc::MOUNT_ATTR_NODEV, "nodev"),
                ] {
                    if set & bit != 0 {
                        write!(f, " {word}")?;
                    }
                }
                if clear & libc::MOUNT_ATTR_NOEXEC != 0 {
                    f.write_str(" exec")?;
                }
                Ok(())
            }
            Self::Propagation { kind, .. } => {
                let word = match *kind {
                    libc::MS_SHARED => "shared",
                    libc::MS_SLAVE => "slave",
                    _ => "private",
                };
                write!(f, "make all mounts {word}")
            }
            Self::Release { .. } => f.write_str("unmount a passing mount"),
            Self::ChangeRoot { .. } => f.write_str("change the root directory"),
            Self::Refuse { path, .. } => write!(f, "find {path}"),
        }
    }
}

struct Below<'a>(&'a Place, &'a CString);

impl fmt::Display for Below<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.path.is_empty() {
            write!(f, "/{}", text(self.1))
        } else {
            write!(f, "{}/{}", self.0, text(self.1))
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", text(&self.path))
    }
}

fn text(string: &CString) -> std::borrow::Cow<'_, str> {
    string.to_string_lossy()
}
