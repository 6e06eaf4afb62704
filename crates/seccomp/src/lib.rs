//! System call tables by architecture, and systemd's system call and file system sets by version.
//!
//! Everything is static: no table is built at start-up, no look-up allocates.

mod arch;
mod calls;
mod errno;
mod filesystems;
mod sets;

pub use arch::Arch;
pub use calls::{Syscall, SyscallSet};
pub use errno::Errno;
pub use filesystems::{FilesystemGroup, filesystem_groups};
pub use sets::{Sets, SyscallGroup};

/// The tables that the build script makes from `data/`.
mod tables {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
