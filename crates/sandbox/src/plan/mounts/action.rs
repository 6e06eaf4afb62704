//! What can be done to a mount tree.

use std::ffi::CString;

/// One change of the mount tree of the process. `slot` is a descriptor that actions pass to one another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MountAction {
    /// Leave the host's mounts alone from here on: a namespace of its own, to which the host's changes still come.
    Isolate,
    /// Have room for many descriptors: the soft limit of open files is raised to the hard one.
    RaiseOpenFiles,
    /// Copy the tree below a path, as it is now (open_tree(2), OPEN_TREE_CLONE).
    Copy {
        /// Where the copy is kept.
        slot: usize,
        /// The path.
        path: CString,
        /// Whether mounts below it are copied, too.
        recursive: bool,
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
    /// Attach what a slot holds to a path (move_mount(2)).
    Attach {
        /// The slot.
        slot: usize,
        /// The path.
        path: CString,
    },
    /// Take away the topmost mount at a path.
    Detach {
        /// The path.
        path: CString,
    },
    /// Make what is mounted at a path the root directory, and take the old one away (pivot_root(2)).
    ChangeRoot {
        /// The path.
        path: CString,
    },
    /// Change attributes of a mount (mount_setattr(2)).
    Attributes {
        /// The path.
        path: CString,
        /// Whether mounts below it change, too.
        recursive: bool,
        /// MOUNT_ATTR_* bits to set.
        set: u64,
        /// MOUNT_ATTR_* bits to clear.
        clear: u64,
        /// A propagation type, or 0.
        propagation: u64,
    },
    /// Make a directory; one that is there stays.
    Directory {
        /// The path.
        path: CString,
        /// Its mode.
        mode: u32,
    },
    /// Make an empty file, a pipe, a socket or a device; one that is there stays.
    Node {
        /// The path.
        path: CString,
        /// What is made.
        kind: NodeKind,
        /// Its mode.
        mode: u32,
    },
    /// Make a symbolic link; one that is there stays.
    Link {
        /// The path.
        path: CString,
        /// Where it leads.
        target: CString,
    },
}

/// What mknod(2) makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file.
    File,
    /// A pipe with a name.
    Fifo,
    /// A socket.
    Socket,
    /// A device that is read by bytes: major and minor number.
    CharacterDevice(u32, u32),
    /// A device of blocks.
    BlockDevice(u32, u32),
}
