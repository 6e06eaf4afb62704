//! Looking at processes that run already, for a time.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};

use super::Tracer;
use crate::facts::Facts;
use crate::sys;

/// Follows processes that run already, and what they start, until all of them have ended, the time is over, or this
/// process is asked to end (SIGINT, SIGTERM). They go on alone then.
///
/// # Errors
///
/// When one of them cannot be followed, such as one of another user or one that a debugger has.
pub fn attach(pids: &[Pid], limit: Option<Duration>) -> std::io::Result<Facts> {
    let tracer = Tracer::start()?;
    let interrupts = sys::interrupts()?;
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut processes = Vec::new();
    for pid in pids {
        processes.push(rustix::process::pidfd_open(*pid, PidfdFlags::empty())?);
    }
    for pid in pids {
        if let Err(errno) = tracer.attach(*pid) {
            let _ = tracer.release();
            return Err(errno.into());
        }
    }
    while !processes.is_empty() && !wait(&mut processes, &interrupts, end)? {}
    // One that is gone has nothing left to release.
    let _ = tracer.release();
    Ok(tracer.finish())
}

/// Waits for something to happen; says whether it is time to end.
fn wait(
    processes: &mut Vec<OwnedFd>,
    interrupts: &OwnedFd,
    end: Option<Instant>,
) -> Result<bool, Errno> {
    let left = end.map(|end| end.saturating_duration_since(Instant::now()));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    let mut fds = vec![PollFd::new(interrupts, PollFlags::IN)];
    fds.extend(processes.iter().map(|fd| PollFd::new(fd, PollFlags::IN)));
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(0) => return Ok(true),
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(errno),
    }
    let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
    drop(fds);
    let mut ended = ready.iter().skip(1);
    processes.retain(|_| !ended.next().copied().unwrap_or(false));
    Ok(ready.first().copied().unwrap_or(false))
}
