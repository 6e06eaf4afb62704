//! Making processes, and what prctl(2) and seccomp(2) change in them.

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use rustix::io::Errno;
use rustix::process::Pid;
use unitward_seccomp::Instruction;

use super::result;

/// A process made by [`spawn`].
#[derive(Debug)]
pub(crate) struct Child {
    /// Its number in this PID namespace.
    pub(crate) pid: Pid,
    /// Its pidfd: stays the same process when numbers are used again.
    pub(crate) pidfd: OwnedFd,
}

/// Makes a process that runs `child` and nothing else, in new namespaces as `flags` say (CLONE_NEW*), and in the
/// control group of `cgroup` where one is given (clone3(2), CLONE_INTO_CGROUP).
///
/// The memory is copied, as with fork(2). The caller must have no other thread, or `child` must not take locks that
/// another one may hold.
pub(crate) fn spawn(
    flags: u64,
    cgroup: Option<BorrowedFd<'_>>,
    child: impl FnOnce(),
) -> Result<Child, Errno> {
    let mut pidfd: RawFd = -1;
    /// Of linux/sched.h; the C library's constant is too narrow.
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    let into = if cgroup.is_some() {
        CLONE_INTO_CGROUP
    } else {
        0
    };
    // SAFETY: clone_args is plain data; all zeroes is its empty value.
    #[expect(unsafe_code, reason = "clone3(2) is not in rustix")]
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = flags | libc::CLONE_PIDFD as u64 | into;
    arguments.pidfd = std::ptr::from_mut(&mut pidfd) as u64;
    arguments.exit_signal = libc::SIGCHLD as u64;
    arguments.cgroup = cgroup.map_or(0, |fd| fd.as_raw_fd() as u64);
    // SAFETY: no stack and no CLONE_VM, so the child goes on with a copy of this one, like fork(2); the pointers
    // outlive the call.
    #[expect(unsafe_code, reason = "clone3(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut arguments,
            size_of::<libc::clone_args>(),
        )
    };
    let made = match result(returned) {
        // Filters of containers that cannot look into the arguments say so (ENOSYS).
        Err(Errno::NOSYS) => clone(flags, &mut pidfd),
        made => made,
    };
    match made? {
        0 => {
            if pidfd == BY_CLONE && cgroup.is_some_and(|group| join(group).is_err()) {
                exit_now(u8::MAX);
            }
            child();
            exit_now(u8::MAX)
        }
        pid => {
            let pid = i32::try_from(pid)
                .ok()
                .and_then(Pid::from_raw)
                .ok_or(Errno::RANGE)?;
            // SAFETY: the kernel has just made this descriptor for us.
            #[expect(unsafe_code, reason = "a descriptor of clone3(2)")]
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Child { pid, pidfd })
        }
    }
}

/// What a process that clone(2) made finds where its parent finds the pidfd.
const BY_CLONE: RawFd = -2;

/// Makes a process as [`spawn`] does, with the older call (clone(2)).
fn clone(flags: u64, pidfd: &mut RawFd) -> Result<libc::c_long, Errno> {
    *pidfd = BY_CLONE;
    let mut parents = -1;
    let flags = flags | libc::CLONE_PIDFD as u64 | libc::SIGCHLD as u64;
    let (none, place) = (0_usize, &raw mut parents);
    // SAFETY: no stack and no CLONE_VM, so the child goes on with a copy of this one, like fork(2); the kernel writes the
    // pidfd to `parents`, in the parent only. On s390x the first two arguments stand the other way round.
    #[expect(unsafe_code, reason = "clone(2) is not in rustix")]
    let returned = unsafe {
        if cfg!(target_arch = "s390x") {
            libc::syscall(libc::SYS_clone, none, flags, place, none, none)
        } else {
            libc::syscall(libc::SYS_clone, flags, none, place, none, none)
        }
    };
    let made = result(returned)?;
    if made != 0 {
        *pidfd = parents;
    }
    Ok(made)
}

/// Moves this process into a control group.
fn join(group: BorrowedFd<'_>) -> Result<(), Errno> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(group, c"cgroup.procs", flags, Mode::empty())?;
    rustix::io::write(&file, b"0\n").map(drop)
}

/// Ends this process without running anything (exit_group(2)).
pub(crate) fn exit_now(status: u8) -> ! {
    // SAFETY: ends the process; no destructor or handler runs.
    #[expect(unsafe_code, reason = "no handlers of the parent may run in the child")]
    unsafe {
        libc::_exit(i32::from(status))
    }
}

/// Becomes another program (execve(2)). `argv` and `envp` end with a null pointer, and what they point to outlives the
/// call; it returns only when it fails.
pub(crate) fn execute(program: &CStr, argv: &Pointers, envp: &Pointers) -> Errno {
    // SAFETY: `Pointers` holds null-terminated arrays of C strings that it keeps alive.
    #[expect(unsafe_code, reason = "execve(2) takes arrays of pointers")]
    unsafe {
        libc::execve(program.as_ptr(), argv.0.as_ptr(), envp.0.as_ptr());
    }
    result(-1).err().unwrap_or(Errno::INVAL)
}

/// A null-terminated array of C strings, as execve(2) takes it, with what it points to.
#[derive(Debug)]
pub(crate) struct Pointers(
    Vec<*const libc::c_char>,
    #[expect(dead_code, reason = "kept alive")] Vec<std::ffi::CString>,
);

impl Pointers {
    /// The array of some strings, and of further ones that the caller keeps alive and that end with NUL.
    pub(crate) fn new<'b>(
        strings: Vec<std::ffi::CString>,
        buffers: impl Iterator<Item = &'b [std::cell::Cell<u8>]>,
    ) -> Self {
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.extend(buffers.map(|buffer| buffer.as_ptr().cast::<libc::c_char>()));
        pointers.push(std::ptr::null());
        Self(pointers, strings)
    }
}

/// Installs a system call filter (seccomp(2), SECCOMP_SET_MODE_FILTER).
pub(crate) fn install_filter(program: &[Instruction]) -> Result<(), Errno> {
    let filter = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| Errno::INVAL)?,
        filter: program.as_ptr().cast_mut().cast(),
    };
    // SAFETY: `Instruction` has the layout of `struct sock_filter`; the kernel copies `len` of them from `filter`, which
    // live until the call returns.
    #[expect(unsafe_code, reason = "seccomp(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const filter,
        )
    };
    result(returned).map(drop)
}

/// Lets the kernel refuse memory that is writable and executable (PR_SET_MDWE, Linux 6.3).
pub(crate) fn refuse_exec_gain() -> Result<(), Errno> {
    prctl(libc::PR_SET_MDWE, u64::from(libc::PR_MDWE_REFUSE_EXEC_GAIN))
}

/// Lets the kernel merge equal pages of memory (PR_SET_MEMORY_MERGE, Linux 6.4).
pub(crate) fn set_memory_ksm(on: bool) -> Result<(), Errno> {
    prctl(libc::PR_SET_MEMORY_MERGE, u64::from(on))
}

/// Switches transparent huge pages off, or back to the system's rule (PR_SET_THP_DISABLE); `mode` is its second argument.
pub(crate) fn set_memory_thp(off: bool, mode: u64) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "prctl(2) with numbers")]
    let returned =
        unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, u64::from(off), mode, 0_u64, 0_u64) };
    result(returned.into()).map(drop)
}

/// Permits a process to trace this one (PR_SET_PTRACER).
pub(crate) fn allow_tracer(pid: Pid) -> Result<(), Errno> {
    prctl(
        libc::PR_SET_PTRACER,
        u64::from(pid.as_raw_nonzero().get().cast_unsigned()),
    )
}

fn prctl(option: i32, value: u64) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "prctl(2) with numbers")]
    let returned = unsafe { libc::prctl(option, value, 0_u64, 0_u64, 0_u64) };
    result(returned.into()).map(drop)
}

/// Sets the execution domain (personality(2)).
pub(crate) fn set_personality(value: u64) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "personality(2) is not in rustix")]
    let returned = unsafe { libc::personality(value) };
    result(returned.into()).map(drop)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::fd::AsFd as _;

    use rustix::process::{WaitId, WaitIdOptions, waitid};

    use super::*;

    #[test]
    fn the_older_call_gives_a_descriptor_too() {
        let mut pidfd = -1;
        if clone(0, &mut pidfd).unwrap() == 0 {
            exit_now(if pidfd == BY_CLONE { 7 } else { 8 });
        }
        // SAFETY: the kernel has just made this descriptor for us.
        #[expect(unsafe_code, reason = "a descriptor of clone(2)")]
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        let ended = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
        assert_eq!(ended.unwrap().unwrap().exit_status(), Some(7));
    }
}
