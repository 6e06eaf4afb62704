//! Namespaces, groups and the loopback interface.

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::io::Errno;

use super::result;

/// Leaves namespaces for new ones (unshare(2)).
pub(crate) fn unshare(flags: u32) -> Result<(), Errno> {
    // SAFETY: called between fork and exec, in a process of one thread; CLONE_NEW* flags change no memory.
    #[expect(unsafe_code, reason = "rustix's safe form does not take all kinds")]
    let returned = unsafe { libc::syscall(libc::SYS_unshare, libc::c_ulong::from(flags)) };
    result(returned).map(drop)
}

/// Enters a namespace of a kind (setns(2)).
pub(crate) fn enter_namespace(namespace: BorrowedFd<'_>, kind: u32) -> Result<(), Errno> {
    let kind = i32::try_from(kind).map_err(|_| Errno::INVAL)?;
    // SAFETY: numbers only; called between fork and exec, in a process of one thread.
    #[expect(unsafe_code, reason = "rustix's form does not take all kinds")]
    let returned = unsafe { libc::setns(namespace.as_raw_fd(), kind) };
    result(returned.into()).map(drop)
}

/// Sets the supplementary groups (setgroups(2)).
pub(crate) fn set_groups(groups: &[u32]) -> Result<(), Errno> {
    // SAFETY: the kernel reads `len` numbers from the slice.
    #[expect(unsafe_code, reason = "rustix's form wants another type of list")]
    let returned = unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) };
    result(returned).map(drop)
}

/// Switches the interface `lo` of this network namespace on (netdevice(7)).
pub(crate) fn loopback_up() -> Result<(), Errno> {
    let socket = rustix::net::socket_with(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        rustix::net::SocketFlags::CLOEXEC,
        None,
    )?;
    // SAFETY: ifreq is plain data; all zeroes is its empty value.
    #[expect(unsafe_code, reason = "a request to be filled")]
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(*b"lo") {
        *place = libc::c_char::from_ne_bytes([byte]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the kernel reads `request`, which is valid for the call.
    #[expect(unsafe_code, reason = "SIOCSIFFLAGS is not in rustix")]
    let returned =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    result(returned.into()).map(drop)
}

/// The number of a network interface by its name (if_nametoindex(3)); none when there is no such interface.
pub(crate) fn interface_index(name: &CStr) -> Option<u32> {
    // SAFETY: a string that ends with NUL and lives until the call returns.
    #[expect(unsafe_code, reason = "not in rustix")]
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}
