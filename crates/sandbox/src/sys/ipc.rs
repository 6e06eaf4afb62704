//! Objects of System V IPC (sysvipc(7)).

use rustix::io::Errno;

use super::result;

/// A kind of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpcKind {
    SharedMemory,
    Semaphores,
    Messages,
}

/// Removes an object by its number (IPC_RMID).
pub(crate) fn remove_ipc(kind: IpcKind, id: i32) -> Result<(), Errno> {
    let none = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: this command neither reads nor writes through its last argument.
    #[expect(unsafe_code, reason = "calls of System V are not in rustix")]
    let returned = unsafe {
        match kind {
            IpcKind::SharedMemory => libc::shmctl(id, libc::IPC_RMID, none.cast()),
            IpcKind::Semaphores => libc::semctl(id, 0, libc::IPC_RMID),
            IpcKind::Messages => libc::msgctl(id, libc::IPC_RMID, none.cast()),
        }
    };
    result(returned.into()).map(drop)
}
