//! ptrace(2), bpf(2) and calls about the scheduling of other processes. The only unsafe code of this crate.

mod bpf;
mod trace;

pub(crate) use bpf::attached_programs;
pub(crate) use trace::{detach, filter, filter_length, has_stopped, interrupt, seize};

use rustix::io::Errno;

/// The scheduling policy of a process, with the flag for its children (sched_getscheduler(2)).
pub(crate) fn scheduler(pid: i32) -> Result<i32, Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "sched_getscheduler(2) is not in rustix")]
    let returned = unsafe { libc::sched_getscheduler(pid) };
    let policy = result(returned.into())?;
    i32::try_from(policy).map_err(|_| Errno::RANGE)
}

/// The class and level of input and output of a process (ioprio_get(2)).
pub(crate) fn io_priority(pid: i32) -> Result<(u8, u8), Errno> {
    const WHO_PROCESS: i32 = 1;
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "ioprio_get(2) is not in rustix")]
    let returned = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, pid) };
    let value = result(returned)?;
    let class = u8::try_from(value >> 13 & 7).unwrap_or(u8::MAX);
    let level = u8::try_from(value & 7).unwrap_or(u8::MAX);
    Ok((class, level))
}

fn result(returned: libc::c_long) -> Result<libc::c_long, Errno> {
    if returned < 0 {
        // SAFETY: the address of this thread's errno is always valid.
        #[expect(unsafe_code, reason = "errno of a raw call")]
        let number = unsafe { *libc::__errno_location() };
        return Err(Errno::from_raw_os_error(number));
    }
    Ok(returned)
}
