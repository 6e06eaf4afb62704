//! Signal dispositions and the mask.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use super::result;

/// Signals that are read from a descriptor (signalfd(2)).
#[derive(Debug)]
pub(crate) struct Signals(OwnedFd);

impl Signals {
    /// Blocks some signals and opens a descriptor to read them from.
    pub(crate) fn open(signals: &[i32]) -> Result<Self, Errno> {
        let set = block_signals(signals)?;
        // SAFETY: the kernel reads the set.
        #[expect(unsafe_code, reason = "signalfd(2) is not in rustix")]
        let returned =
            unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        result(returned.into())?;
        // SAFETY: the kernel has just made this descriptor for us.
        #[expect(unsafe_code, reason = "a descriptor of signalfd(2)")]
        let fd = unsafe { OwnedFd::from_raw_fd(returned) };
        Ok(Self(fd))
    }

    /// The next signal, if there is one.
    pub(crate) fn next(&self) -> Option<i32> {
        let mut record = [0; size_of::<libc::signalfd_siginfo>()];
        let count = rustix::io::read(&self.0, &mut record).ok()?;
        // Its first field is the number of the signal.
        let (number, _) = record.get(..count)?.split_first_chunk()?;
        i32::try_from(u32::from_ne_bytes(*number)).ok()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Sends a signal to a process (pidfd_send_signal(2)); rustix's form does not take the signals without names.
pub(crate) fn send_signal(process: BorrowedFd<'_>, signal: u8) -> Result<(), Errno> {
    // SAFETY: numbers only, and no further information.
    #[expect(unsafe_code, reason = "signals by number")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            i32::from(signal),
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    result(returned).map(drop)
}

/// Blocks signals, besides those that are blocked already; gives the set of the new ones.
fn block_signals(signals: &[i32]) -> Result<libc::sigset_t, Errno> {
    // SAFETY: the set is initialised by sigemptyset(3) before it is used, and lives through the calls.
    #[expect(unsafe_code, reason = "sigprocmask(2) is not in rustix")]
    let (set, returned) = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, *signal);
        }
        let returned = libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        (set, returned)
    };
    result(returned.into()).map(|_| set)
}

/// Sets every signal to its default, SIGPIPE to ignored if asked, and blocks none (rt_sigaction(2), rt_sigprocmask(2)).
pub(crate) fn reset_signals(ignore_sigpipe: bool) -> Result<(), Errno> {
    /// One more than the highest signal number (_NSIG).
    const END: i32 = 65;
    for signal in 1..END {
        if signal == libc::SIGKILL || signal == libc::SIGSTOP {
            continue;
        }
        let ignore = ignore_sigpipe && signal == libc::SIGPIPE;
        // SAFETY: sigaction is plain data; zeroes mean no flags and an empty mask. The call changes dispositions only.
        #[expect(unsafe_code, reason = "sigaction(2) is not in rustix")]
        let returned = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = if ignore { libc::SIG_IGN } else { libc::SIG_DFL };
            libc::sigaction(signal, &raw const action, std::ptr::null_mut())
        };
        // The C library keeps two signals for itself and says EINVAL.
        match result(returned.into()) {
            Ok(_) | Err(Errno::INVAL) => {}
            Err(errno) => return Err(errno),
        }
    }
    // SAFETY: an empty set is written and read within the call.
    #[expect(unsafe_code, reason = "sigprocmask(2) is not in rustix")]
    let returned = unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut())
    };
    result(returned.into()).map(drop)
}
