//! Scheduling of processor, memory and input/output.

use rustix::io::Errno;

use super::result;

/// Sets the scheduling policy and its static priority (sched_setscheduler(2)).
pub(crate) fn set_scheduler(policy: i32, priority: i32, reset_on_fork: bool) -> Result<(), Errno> {
    let policy = if reset_on_fork {
        policy | libc::SCHED_RESET_ON_FORK
    } else {
        policy
    };
    // SAFETY: sched_param is plain data; all zeroes is a value of it.
    #[expect(unsafe_code, reason = "some C libraries have further fields")]
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    // SAFETY: the kernel reads `parameters`, which is valid for the call.
    #[expect(unsafe_code, reason = "sched_setscheduler(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_sched_setscheduler,
            0,
            policy,
            &raw const parameters,
        )
    };
    result(returned).map(drop)
}

/// Sets the class and the level of input and output (ioprio_set(2)).
pub(crate) fn set_io_priority(class: u8, level: u8) -> Result<(), Errno> {
    const IOPRIO_WHO_PROCESS: i32 = 1;
    let value = i32::from(class) << 13 | i32::from(level);
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "ioprio_set(2) is not in rustix")]
    let returned = unsafe { libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) };
    result(returned).map(drop)
}

/// Sets the memory policy over the nodes of a mask (set_mempolicy(2)).
pub(crate) fn set_memory_policy(mode: i32, nodes: &[u64]) -> Result<(), Errno> {
    let bits = nodes.len() * 64;
    // The kernel counts one bit less than it is told.
    let count = if bits == 0 { 0 } else { bits + 1 };
    // SAFETY: the kernel reads `count - 1` bits from the slice, which has that many.
    #[expect(unsafe_code, reason = "set_mempolicy(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_set_mempolicy,
            mode,
            if bits == 0 {
                std::ptr::null()
            } else {
                nodes.as_ptr()
            },
            count,
        )
    };
    result(returned).map(drop)
}
