//! A short stop of a thread, to read its system call filters (ptrace(2)).

use rustix::io::Errno;
use unitward_seccomp::Instruction;

use super::result;

/// PTRACE_SECCOMP_GET_FILTER of linux/ptrace.h.
const GET_FILTER: libc::c_uint = 0x420c;

/// Attaches to a thread without stopping it (PTRACE_SEIZE).
pub(crate) fn seize(tid: i32) -> Result<(), Errno> {
    request(libc::PTRACE_SEIZE, tid, 0, 0).map(drop)
}

/// Asks the thread to stop (PTRACE_INTERRUPT).
pub(crate) fn interrupt(tid: i32) -> Result<(), Errno> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0).map(drop)
}

/// Lets the thread go for good, with a signal that it was about to get, or 0 (PTRACE_DETACH).
pub(crate) fn detach(tid: i32, signal: i32) -> Result<(), Errno> {
    request(
        libc::PTRACE_DETACH,
        tid,
        0,
        u64::from(signal.cast_unsigned()),
    )
    .map(drop)
}

/// Whether the thread has stopped by now, and then the signal that is to be handed on to it, or 0; it is not waited for.
pub(crate) fn has_stopped(tid: i32) -> Result<Option<i32>, Errno> {
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    #[expect(unsafe_code, reason = "waitpid(2) with these flags is not in rustix")]
    let returned = unsafe { libc::waitpid(tid, &raw mut status, libc::__WALL | libc::WNOHANG) };
    match result(returned.into())? {
        0 => Ok(None),
        _ if libc::WIFSTOPPED(status) => {
            // Stops with an event are ptrace's own; only a stop without one is about a signal.
            let is_own = status >> 16 != 0;
            Ok(Some(if is_own { 0 } else { libc::WSTOPSIG(status) }))
        }
        _ => Err(Errno::SRCH),
    }
}

/// The number of instructions of a filter of a stopped thread; 0 is the oldest one (PTRACE_SECCOMP_GET_FILTER).
pub(crate) fn filter_length(tid: i32, index: u64) -> Result<usize, Errno> {
    let length = request(GET_FILTER, tid, index, 0)?;
    usize::try_from(length).map_err(|_| Errno::RANGE)
}

/// The instructions of a filter of a stopped thread.
pub(crate) fn filter(tid: i32, index: u64) -> Result<Vec<Instruction>, Errno> {
    /// BPF_MAXINSNS: no filter is longer, so that the kernel never writes behind the buffer.
    const MOST: usize = 4096;
    let mut instructions = vec![Instruction::default(); MOST];
    let address = instructions.as_mut_ptr() as u64;
    let length = request(GET_FILTER, tid, index, address)?;
    instructions.truncate(usize::try_from(length).map_err(|_| Errno::RANGE)?);
    Ok(instructions)
}

fn request(
    request: libc::c_uint,
    tid: i32,
    address: u64,
    data: u64,
) -> Result<libc::c_long, Errno> {
    // SAFETY: the requests above pass numbers, or the address of a buffer that lives until the call returns and is as
    // long as the longest filter (BPF_MAXINSNS instructions of eight bytes).
    #[expect(unsafe_code, reason = "ptrace(2) is not in rustix")]
    let returned = unsafe { libc::ptrace(request, tid, address, data) };
    result(returned)
}
