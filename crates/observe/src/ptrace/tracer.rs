//! The tracer: a process of its own, as ptrace(2) wants it where somebody else waits for the traced processes.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, WaitOptions};

use super::follow::{self, Follower};
use crate::ebpf::Grants;
use crate::facts::Facts;
use crate::sys;

/// Follows processes by ptrace(2) and collects what they do.
#[derive(Debug)]
pub struct Tracer {
    pid: i32,
    requests: OwnedFd,
    facts: OwnedFd,
}

/// What the tracer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// To follow a process that waits for this and then installs [`trace_filter`](crate::trace_filter).
    Follow(i32),
    /// To follow a process that runs already, with all its threads.
    Attach(i32),
    /// To let all go that it follows.
    Release,
}

/// How long an answer may take before the tracer is woken again: a signal that comes just before it waits is lost.
const PATIENCE: Duration = Duration::from_millis(1);

impl Tracer {
    /// Starts a tracer that follows nothing yet.
    ///
    /// # Errors
    ///
    /// When there can be no further process.
    pub fn start() -> std::io::Result<Self> {
        let (requests, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        let (facts, result) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        // Made here, so that what the kernel says of its types is read once for all tracers.
        let mut grants = Some(Grants::load());
        let mut ours = Some((requests, facts));
        let mut ends = Some((theirs, result));
        let pid = sys::helper(|| {
            // While it has a copy of the other end, it would never hear that nobody asks any more.
            ours = None;
            let (Some((theirs, result)), Some(grants)) = (ends.take(), grants.take()) else {
                return;
            };
            let seen = match sys::allow_interrupts() {
                Ok(()) => follow::run(Follower::new(theirs, grants)),
                Err(_) => Facts::default(),
            };
            // Whoever asked for it may be gone.
            let _ = std::fs::File::from(result).write_all(seen.to_json().as_bytes());
        })?;
        let (requests, facts) = ours.ok_or(Errno::BADF)?;
        Ok(Self {
            pid,
            requests,
            facts,
        })
    }

    /// The process that traces.
    #[must_use]
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the tracer can do what a filter asks it to ([`Program::deferred`](unitward_seccomp::Program::deferred)).
    #[must_use]
    pub const fn answers_calls() -> bool {
        sys::can_answer_calls()
    }

    /// Follows a process that waits for this, and all that it starts. What it does before its first execve(2) is not
    /// recorded.
    ///
    /// # Errors
    ///
    /// The kernel's answer: `EPERM` when another tracer follows it, or when it may not be followed by this process.
    pub fn follow(&self, pid: Pid) -> Result<(), Errno> {
        self.ask(Request::Follow(pid.as_raw_nonzero().get()))
    }

    /// Follows a process that runs, with all its threads and all that it starts from now on. Every call of it stops it.
    ///
    /// # Errors
    ///
    /// The kernel's answer, as with [`follow`](Self::follow).
    pub fn attach(&self, pid: Pid) -> Result<(), Errno> {
        self.ask(Request::Attach(pid.as_raw_nonzero().get()))
    }

    /// Lets all processes go on alone.
    ///
    /// # Errors
    ///
    /// When the tracer is gone.
    pub fn release(&self) -> Result<(), Errno> {
        self.ask(Request::Release)
    }

    /// Waits until all that is followed has ended, and gives what was seen.
    #[must_use]
    pub fn finish(self) -> Facts {
        drop(self.requests);
        // It may wait for what it follows.
        let _ = sys::signal(self.pid, libc::SIGURG);
        let mut text = String::new();
        let read = std::fs::File::from(self.facts).read_to_string(&mut text);
        if let Some(pid) = Pid::from_raw(self.pid) {
            // Who waits for all children may have waited for it, too.
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
        }
        let seen = read.ok().and_then(|_| Facts::from_json(&text).ok());
        // A tracer that was killed has seen nothing that could be trusted.
        seen.unwrap_or_else(Facts::lost)
    }

    fn ask(&self, request: Request) -> Result<(), Errno> {
        rustix::io::write(&self.requests, &request.bytes())?;
        let timeout = Timespec::try_from(PATIENCE).ok();
        loop {
            let mut fds = [PollFd::from_borrowed_fd(
                self.requests.as_fd(),
                PollFlags::IN,
            )];
            match rustix::event::poll(&mut fds, timeout.as_ref()) {
                Ok(0) => sys::signal(self.pid, libc::SIGURG)?,
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        let mut answer = [0; 4];
        match rustix::io::read(&self.requests, &mut answer)? {
            4 => match i32::from_ne_bytes(answer) {
                0 => Ok(()),
                number => Err(Errno::from_raw_os_error(number)),
            },
            _ => Err(Errno::SRCH),
        }
    }
}

impl Request {
    pub(super) const SIZE: usize = 8;

    fn bytes(self) -> [u8; Self::SIZE] {
        let (kind, pid): (u32, i32) = match self {
            Self::Follow(pid) => (0, pid),
            Self::Attach(pid) => (1, pid),
            Self::Release => (2, 0),
        };
        let mut bytes = [0; Self::SIZE];
        let (first, second) = bytes.split_at_mut(4);
        first.copy_from_slice(&kind.to_ne_bytes());
        second.copy_from_slice(&pid.to_ne_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; Self::SIZE]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = bytes;
        let pid = i32::from_ne_bytes([e, f, g, h]);
        match u32::from_ne_bytes([a, b, c, d]) {
            0 => Some(Self::Follow(pid)),
            1 => Some(Self::Attach(pid)),
            2 => Some(Self::Release),
            _ => None,
        }
    }
}
