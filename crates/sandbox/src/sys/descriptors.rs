//! Descriptors by their number, which in a child that becomes another program nobody owns.

use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use rustix::io::Errno;

use super::result;

/// Puts a copy of a descriptor in another place (dup2(2)); in its own place it stays open over exec.
pub(crate) fn duplicate(from: RawFd, to: RawFd) -> Result<(), Errno> {
    if from == to {
        return set_flags(from, 0);
    }
    // SAFETY: called between fork and exec, where no value owns `to`.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    let returned = unsafe { libc::dup2(from, to) };
    result(returned.into()).map(drop)
}

/// A descriptor by its number, while it is known to stay open.
pub(crate) fn borrow(number: RawFd) -> Option<BorrowedFd<'static>> {
    if number < 0 {
        return None;
    }
    // SAFETY: called between fork and exec with a number that a step before opened; nothing closes it before exec.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    Some(unsafe { BorrowedFd::borrow_raw(number) })
}

/// Takes a descriptor by its number, to close it in the end.
pub(crate) fn own(number: RawFd) -> Option<OwnedFd> {
    if number < 0 {
        return None;
    }
    // SAFETY: called between fork and exec with a number that a step before opened and that nobody else will close.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Lays descriptors out from 3 on, and has all others closed on exec. `keep` stays usable until then, in whatever place.
pub(crate) fn lay_out(
    descriptors: impl ExactSizeIterator<Item = (RawFd, bool)>,
    keep: RawFd,
) -> Result<(), Errno> {
    let count = i32::try_from(descriptors.len()).map_err(|_| Errno::MFILE)?;
    let end = count.checked_add(3).ok_or(Errno::MFILE)?;
    // Their numbers were chosen by the parent to be beyond the end, so that none is written over.
    for (at, (from, non_blocking)) in descriptors.enumerate() {
        let to = i32::try_from(at).map_err(|_| Errno::MFILE)? + 3;
        if from < end && from != to || keep == to {
            return Err(Errno::BADF);
        }
        duplicate(from, to)?;
        if non_blocking {
            set_non_blocking(to)?;
        }
    }
    let end = u32::try_from(end).map_err(|_| Errno::MFILE)?;
    close_on_exec(end)
}

/// Has all descriptors from `first` on closed on exec (close_range(2), CLOSE_RANGE_CLOEXEC).
fn close_on_exec(first: u32) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "close_range(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            u32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    result(returned).map(drop)
}

/// Closes every descriptor but one (close_range(2)). For a process that owns no other value with a descriptor.
pub(crate) fn close_all_but(kept: BorrowedFd<'_>) -> Result<(), Errno> {
    let kept = u32::try_from(kept.as_raw_fd()).map_err(|_| Errno::BADF)?;
    for (first, last) in [(0, kept.checked_sub(1)), (kept + 1, Some(u32::MAX))] {
        let Some(last) = last else { continue };
        // SAFETY: numbers only; no value of this process that owns one of these is used afterwards.
        #[expect(unsafe_code, reason = "close_range(2) is not in rustix")]
        let returned = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        result(returned)?;
    }
    Ok(())
}

fn set_flags(number: RawFd, flags: i32) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    let returned = unsafe { libc::fcntl(number, libc::F_SETFD, flags) };
    result(returned.into()).map(drop)
}

fn set_non_blocking(number: RawFd) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    let flags = unsafe { libc::fcntl(number, libc::F_GETFL) };
    let flags = i32::try_from(result(flags.into())?).map_err(|_| Errno::INVAL)?;
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "a descriptor by its number")]
    let returned = unsafe { libc::fcntl(number, libc::F_SETFL, flags | libc::O_NONBLOCK) };
    result(returned.into()).map(drop)
}
