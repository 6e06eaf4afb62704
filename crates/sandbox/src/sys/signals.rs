//! Signal dispositions and the mask.

use rustix::io::Errno;

use super::result;

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
