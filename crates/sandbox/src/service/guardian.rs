//! The process that outlives unitward for a moment when unitward is killed, to end what it had started.

use std::os::fd::{AsFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::Pid;

use crate::sys::{self, Child};

/// A guardian. It waits for the end of unitward: a byte in its pipe says that all is done, the end of the pipe without
/// one that unitward was killed.
#[derive(Debug)]
pub(super) struct Guardian {
    child: Child,
    pipe: OwnedFd,
}

impl Guardian {
    /// Makes it. It will kill the processes with this `$INVOCATION_ID`, and then clean up, in its copy of this process.
    pub(super) fn new(invocation: &str, clean_up: impl FnOnce()) -> Result<Self, Errno> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let mark = format!("INVOCATION_ID={invocation}");
        let child = sys::spawn(0, None, || {
            watch(&read, &mark, clean_up);
        })?;
        Ok(Self { child, pipe: write })
    }

    pub(super) fn pid(&self) -> Pid {
        self.child.pid
    }

    /// Lets it go: nothing is left to be ended.
    pub(super) fn dismiss(self) {
        // When it is gone already, somebody killed it.
        let _ = rustix::io::write(&self.pipe, b".");
        drop(self.pipe);
        let _ = rustix::process::waitid(
            rustix::process::WaitId::PidFd(self.child.pidfd.as_fd()),
            rustix::process::WaitIdOptions::EXITED,
        );
    }
}

/// What the guardian does.
fn watch(pipe: &OwnedFd, mark: &str, clean_up: impl FnOnce()) {
    // A session of its own, so that no signal of a terminal reaches it; and no descriptor of others, so that nobody
    // waits for it.
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(c"unitward-guard");
    if sys::close_all_but(pipe.as_fd()).is_err() {
        return;
    }
    let mut byte = [0];
    if rustix::io::retry_on_intr(|| rustix::io::read(pipe, &mut byte)) == Ok(0) {
        kill_marked(mark);
        clean_up();
    }
}

/// Kills every process whose environment has the mark, until there is none. Each kill may uncover processes that were
/// just being made.
fn kill_marked(mark: &str) {
    /// A program that makes processes faster than they are killed is left to the limits of the system.
    const ROUNDS: usize = 1000;
    let own = rustix::process::getpid();
    for _ in 0..ROUNDS {
        let mut found = false;
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let pid = name.to_str().and_then(|name| name.parse().ok());
            let Some(pid) = pid.filter(|pid| *pid > 0).and_then(Pid::from_raw) else {
                continue;
            };
            if pid == own || !is_marked(pid, mark) {
                continue;
            }
            let fd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty());
            // Looked at again, now that the number cannot become another process.
            if let Ok(fd) = fd
                && is_marked(pid, mark)
            {
                found |= sys::send_signal(fd.as_fd(), libc::SIGKILL as u8).is_ok();
            }
        }
        if !found {
            return;
        }
    }
}

fn is_marked(pid: Pid, mark: &str) -> bool {
    let path = format!("/proc/{}/environ", pid.as_raw_nonzero());
    std::fs::read(path).is_ok_and(|environment| {
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    })
}
