//! ptrace(2), waitpid(2), fork(2), process_vm_readv(2) and bpf(2). The only unsafe code of this crate.

mod bpf;

use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use crate::facts::HowEnded;

pub(crate) use bpf::{INSTRUCTION, Map, MapShape, attach_tracepoint, load_program, run_program};

/// A thread, by its number.
pub(crate) type Tid = i32;

/// What a stopped thread is doing (PTRACE_GET_SYSCALL_INFO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallStop {
    /// It is about to make a call.
    Entry {
        arch: u32,
        number: u64,
        arguments: [u64; 6],
    },
    /// It has made one.
    Exit { value: i64, is_error: bool },
    /// Something else.
    Neither,
}

/// What waiting for threads brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A thread is gone: its exit status, or the signal that killed it.
    Gone { tid: Tid, how: HowEnded },
    /// A thread has stopped: the signal, and PTRACE_EVENT_* or 0.
    Stopped { tid: Tid, signal: i32, event: i32 },
}

/// Attaches to a process (PTRACE_SEIZE), so that its threads, its children and their programs are followed. When the
/// tracer goes, they are killed if asked.
pub(crate) fn seize(tid: Tid, kill_on_exit: bool) -> Result<(), Errno> {
    let mut options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACESECCOMP
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC;
    if kill_on_exit {
        options |= libc::PTRACE_O_EXITKILL;
    }
    request(
        libc::PTRACE_SEIZE,
        tid,
        0,
        u64::from(options.cast_unsigned()),
    )
    .map(drop)
}

/// Lets a stopped thread go on, with a signal or 0 (PTRACE_CONT).
pub(crate) fn go_on(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(libc::PTRACE_CONT, tid, 0, u64::from(signal.cast_unsigned())).map(drop)
}

/// Lets it go on until it enters or leaves a call (PTRACE_SYSCALL), with a signal or 0.
pub(crate) fn go_on_to_call(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(
        libc::PTRACE_SYSCALL,
        tid,
        0,
        u64::from(signal.cast_unsigned()),
    )
    .map(drop)
}

/// Stops a thread that was attached to (PTRACE_INTERRUPT).
pub(crate) fn stop(tid: Tid) -> Result<(), Errno> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0).map(drop)
}

/// Lets a stopped thread go for good (PTRACE_DETACH), with a signal or 0.
pub(crate) fn detach(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(
        libc::PTRACE_DETACH,
        tid,
        0,
        u64::from(signal.cast_unsigned()),
    )
    .map(drop)
}

/// Lets a thread that is about to make a call not make it, and has the call return `result`.
#[cfg(target_arch = "x86_64")]
pub(crate) fn answer_call(tid: Tid, result: i64) -> Result<(), Errno> {
    let poke = |offset: usize, value: i64| {
        let offset = offset as u64;
        request(libc::PTRACE_POKEUSER, tid, offset, value.cast_unsigned()).map(drop)
    };
    poke(std::mem::offset_of!(libc::user_regs_struct, orig_rax), -1)?;
    poke(std::mem::offset_of!(libc::user_regs_struct, rax), result)
}

/// Elsewhere calls are answered by the filter itself: see `can_answer_calls`.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn answer_call(_: Tid, _: i64) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

/// Whether this machine's calls can be answered by a tracer.
pub(crate) const fn can_answer_calls() -> bool {
    cfg!(target_arch = "x86_64")
}

/// Makes a process that runs `body` and ends, and that is killed when its parent ends (fork(2), PR_SET_PDEATHSIG).
pub(crate) fn helper(body: impl FnOnce()) -> Result<i32, Errno> {
    let parent = rustix::process::getpid();
    // SAFETY: fork(2) of the C library, which makes its allocator usable in the child; the body uses nothing that
    // another thread of the parent could hold locked.
    #[expect(unsafe_code, reason = "fork(2) is not in rustix")]
    let pid = unsafe { libc::fork() };
    match result(pid.into())? {
        0 => {
            let kill = Some(rustix::process::Signal::KILL);
            let watched = rustix::process::set_parent_process_death_signal(kill);
            if watched.is_ok() && rustix::process::getppid() == Some(parent) {
                // What the terminal sends is not for it.
                let _ = rustix::process::setsid();
                body();
            }
            // SAFETY: ends the process; no handler or destructor of the parent's runs.
            #[expect(unsafe_code, reason = "no handlers of the parent may run in the child")]
            unsafe {
                libc::_exit(0)
            }
        }
        _ => Ok(pid),
    }
}

/// Leaves a thread in its group stop (PTRACE_LISTEN).
pub(crate) fn leave_stopped(tid: Tid) -> Result<(), Errno> {
    request(libc::PTRACE_LISTEN, tid, 0, 0).map(drop)
}

/// The number that belongs to an event (PTRACE_GETEVENTMSG).
pub(crate) fn event_message(tid: Tid) -> Result<u64, Errno> {
    let mut message: libc::c_ulong = 0;
    request(libc::PTRACE_GETEVENTMSG, tid, 0, &raw mut message as u64)?;
    Ok(message)
}

/// What call a stopped thread makes or has made.
pub(crate) fn call_of(tid: Tid) -> Result<CallStop, Errno> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>() as u64;
    request(
        libc::PTRACE_GET_SYSCALL_INFO,
        tid,
        size,
        info.as_mut_ptr() as u64,
    )?;
    // SAFETY: all zeroes is a value of it, and the kernel has written what belongs to `op`.
    #[expect(unsafe_code, reason = "a union of the kernel's")]
    let stop = unsafe {
        let info = info.assume_init();
        match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => CallStop::Entry {
                arch: info.arch,
                number: info.u.entry.nr,
                arguments: info.u.entry.args,
            },
            libc::PTRACE_SYSCALL_INFO_SECCOMP => CallStop::Entry {
                arch: info.arch,
                number: info.u.seccomp.nr,
                arguments: info.u.seccomp.args,
            },
            libc::PTRACE_SYSCALL_INFO_EXIT => CallStop::Exit {
                value: info.u.exit.sval,
                is_error: info.u.exit.is_error != 0,
            },
            _ => CallStop::Neither,
        }
    };
    Ok(stop)
}

/// Waits for any thread that this process traces; none when there is none left.
pub(crate) fn wait() -> Result<Option<Event>, Errno> {
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    #[expect(unsafe_code, reason = "waitpid(2) with these flags is not in rustix")]
    let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
    match result(tid.into()) {
        Err(Errno::CHILD) => Ok(None),
        Err(errno) => Err(errno),
        Ok(_) if libc::WIFSTOPPED(status) => Ok(Some(Event::Stopped {
            tid,
            signal: libc::WSTOPSIG(status),
            event: status >> 16,
        })),
        Ok(_) => {
            let how = if libc::WIFSIGNALED(status) {
                HowEnded::Signal(libc::WTERMSIG(status))
            } else {
                HowEnded::Exit(libc::WEXITSTATUS(status))
            };
            Ok(Some(Event::Gone { tid, how }))
        }
    }
}

/// Reads memory of a thread; gives how much was read (process_vm_readv(2)).
pub(crate) fn read_memory(tid: Tid, address: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
    let local = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: buffer.len(),
    };
    // SAFETY: the kernel writes at most `len` bytes into `buffer`; the remote address is checked by it.
    #[expect(unsafe_code, reason = "process_vm_readv(2) is not in rustix")]
    let count =
        unsafe { libc::process_vm_readv(tid, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(result(count as libc::c_long)?).map_err(|_| Errno::IO)
}

/// Has a signal that interrupts the waiting of a thread do nothing else (SIGURG, which is ignored by default).
pub(crate) fn allow_interrupts() -> Result<(), Errno> {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: the handler does nothing, and sigaction is plain data of which zeroes are a value.
    #[expect(unsafe_code, reason = "sigaction(2) is not in rustix")]
    let returned = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
        libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut())
    };
    result(returned.into()).map(drop)
}

/// A descriptor that can be read when this process is asked to end (signalfd(2)); the signals do nothing else any more.
pub(crate) fn interrupts() -> Result<OwnedFd, Errno> {
    // SAFETY: the set is plain data that the C library fills; the descriptor is new and nobody else's.
    #[expect(unsafe_code, reason = "signalfd(2) is not in rustix")]
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGINT);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        result(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()).into())?;
        let fd = result(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC).into())?;
        Ok(OwnedFd::from_raw_fd(
            i32::try_from(fd).map_err(|_| Errno::BADF)?,
        ))
    }
}

/// Sends a signal to a process (kill(2)).
pub(crate) fn signal(pid: i32, number: i32) -> Result<(), Errno> {
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "rustix takes no arbitrary number")]
    let returned = unsafe { libc::kill(pid, number) };
    result(returned.into()).map(drop)
}

fn request(
    request: libc::c_uint,
    tid: Tid,
    address: u64,
    data: u64,
) -> Result<libc::c_long, Errno> {
    // SAFETY: the requests above pass numbers, or the address of a value that lives until the call returns and has the
    // size that the kernel writes.
    #[expect(unsafe_code, reason = "ptrace(2) is not in rustix")]
    let returned = unsafe { libc::ptrace(request, tid, address, data) };
    result(returned)
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
