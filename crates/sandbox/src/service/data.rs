//! Standard input from the unit (`StandardInputText=`, `StandardInputData=`).

use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags, SeekFrom};
use rustix::io::Errno;

/// A file in memory with these bytes, which nobody can change.
pub(super) fn open(mut bytes: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create(c"stdin", flags)?;
    while !bytes.is_empty() {
        let count = rustix::io::write(&fd, bytes)?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    rustix::fs::fcntl_add_seals(
        &fd,
        SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL,
    )?;
    rustix::fs::seek(&fd, SeekFrom::Start(0))?;
    Ok(fd)
}
