//! What can be done to a mount tree.

use std::ffi::CString;

/// One change of the mount tree of the process. `slot` is a descriptor that actions pass to one another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MountAction {
    /// Leave the host's mounts alone from here on: a namespace of its own, to which the host's changes still come.
    Isolate,
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
}
