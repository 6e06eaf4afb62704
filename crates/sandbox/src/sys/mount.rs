//! mount_setattr(2), which rustix does not have.

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::io::Errno;

use super::result;

/// Changes to the attributes of a mount: MOUNT_ATTR_* bits to set and to clear, and a propagation type (MS_SHARED and
/// its like, 0 for none).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MountAttributes {
    pub(crate) set: u64,
    pub(crate) clear: u64,
    pub(crate) propagation: u64,
    /// A user namespace for an id-mapped mount, as a descriptor.
    pub(crate) user_namespace: Option<i32>,
}

/// Changes a mount, or with `recursive` all mounts below it (mount_setattr(2), Linux 5.12).
pub(crate) fn set_mount_attributes(
    directory: BorrowedFd<'_>,
    path: &CStr,
    recursive: bool,
    attributes: MountAttributes,
) -> Result<(), Errno> {
    let change = libc::mount_attr {
        attr_set: attributes.set
            | if attributes.user_namespace.is_some() {
                libc::MOUNT_ATTR_IDMAP
            } else {
                0
            },
        attr_clr: attributes.clear,
        propagation: attributes.propagation,
        userns_fd: attributes.user_namespace.map_or(0, |fd| fd as u64),
    };
    let mut flags = libc::AT_NO_AUTOMOUNT | libc::AT_SYMLINK_NOFOLLOW;
    if path.is_empty() {
        flags |= libc::AT_EMPTY_PATH;
    }
    if recursive {
        flags |= libc::AT_RECURSIVE;
    }
    // SAFETY: the kernel reads the string and `size_of` bytes of `change`, both valid for the call.
    #[expect(unsafe_code, reason = "mount_setattr(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            directory.as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    result(returned).map(drop)
}
