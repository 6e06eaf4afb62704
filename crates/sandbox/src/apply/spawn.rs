//! The parent's side of a new process.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::child;
use super::prepared::Prepared;
use crate::Failure;
use crate::failure::{Record, RecordKind};
use crate::plan::{Action, IdMaps, ProcessPlan, Step};
use crate::sys::{self, Child, Signals};

/// A process that has become its program.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) child: Child,
    /// Steps that failed and were passed over, with the kernel's answer.
    pub(crate) tolerated: Vec<(usize, Errno)>,
    /// Why it did not become its program.
    pub(crate) failure: Option<Failure>,
}

/// Makes the process of a plan, and waits until it has become its program or has failed.
///
/// Signals that come meanwhile are given to `hear`; when it says so, the process is killed.
pub(crate) fn spawn(
    plan: &ProcessPlan,
    prepared: &Prepared,
    cgroup: Option<BorrowedFd<'_>>,
    signals: &Signals,
    hear: &mut dyn FnMut(i32) -> bool,
) -> Result<Spawned, Errno> {
    let (ours, theirs) = rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let theirs = match i32::try_from(prepared.passed.len()).map_err(|_| Errno::MFILE)? {
        0 => theirs,
        // Beyond the places of what is passed on.
        count => rustix::io::fcntl_dupfd_cloexec(theirs, count + 3)?,
    };
    let child = sys::spawn(plan.born_in.0.into(), cgroup, || {
        child::run(&plan.steps, prepared, theirs.as_fd())
    })?;
    drop(theirs);
    let mut spawned = Spawned {
        child,
        tolerated: Vec::new(),
        failure: None,
    };
    loop {
        let received =
            await_record(&ours, signals, &spawned.child, hear).and_then(|()| receive(&ours));
        let record = match received {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(spawned),
            Err(errno) => {
                end(&spawned.child);
                return Err(errno);
            }
        };
        let at = usize::try_from(record.step).unwrap_or(usize::MAX);
        let errno = || Errno::from_raw_os_error(record.errno);
        let Some(step) = plan.steps.get(at) else {
            continue;
        };
        match record.kind {
            RecordKind::Tolerated => spawned.tolerated.push((at, errno())),
            RecordKind::Failed => spawned.failure = Some(failure(step, errno())),
            RecordKind::AwaitsParent => {
                let done = help(&step.action, spawned.child.pid, cgroup);
                let answer = done.err().map_or(0, Errno::raw_os_error);
                // A child that is gone has said why; one that is there must not wait for an answer that was not sent.
                if rustix::io::write(&ours, &answer.to_ne_bytes()).is_err() {
                    let _ = rustix::net::shutdown(&ours, Shutdown::Write);
                }
            }
        }
    }
}

/// Waits for a record or the end of the channel, and listens to signals until then.
fn await_record(
    channel: &OwnedFd,
    signals: &Signals,
    child: &Child,
    hear: &mut dyn FnMut(i32) -> bool,
) -> Result<(), Errno> {
    loop {
        let mut fds = [
            PollFd::new(channel, PollFlags::IN),
            PollFd::new(signals, PollFlags::IN),
        ];
        match rustix::event::poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno),
            Ok(_) => {}
        }
        let [record, signal] = fds.map(|fd| !fd.revents().is_empty());
        if record {
            return Ok(());
        }
        while let Some(number) = signal.then(|| signals.next()).flatten() {
            if hear(number) {
                // It may wait for something that never comes, such as the other end of a pipe.
                sys::send_signal(child.pidfd.as_fd(), libc::SIGKILL as u8)?;
            }
        }
    }
}

/// The next record; none when the child has become its program or is gone.
fn receive(channel: &OwnedFd) -> Result<Option<Record>, Errno> {
    let mut bytes = [0; Record::SIZE];
    let mut read = || rustix::io::retry_on_intr(|| rustix::io::read(channel, &mut bytes));
    let count = match read() {
        // It ended without reading an answer. The kernel says so once, before what it wrote last.
        Err(Errno::CONNRESET) => read()?,
        result => result?,
    };
    match count {
        Record::SIZE => Ok(Record::from_bytes(bytes)),
        _ => Ok(None),
    }
}

/// Ends a child that cannot be talked to.
fn end(child: &Child) {
    let _ = rustix::process::pidfd_send_signal(&child.pidfd, Signal::KILL);
    let _ = rustix::io::retry_on_intr(|| {
        rustix::process::waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED)
    });
}

fn failure(step: &Step, errno: Errno) -> Failure {
    let failure = Failure::new(step.exit, step.cause, step.action.to_string()).with_errno(errno);
    match step.action.advice() {
        Some(advice) => failure.with_advice(advice),
        None => failure,
    }
}

/// What the parent has to do for a step of the child.
fn help(action: &Action, pid: Pid, cgroup: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    match action {
        Action::UserNamespace(maps) | Action::AwaitIdMaps(maps) => write_maps(pid, maps),
        Action::AwaitObserver(observer) => observer.0.follow(pid),
        Action::AttachProgram(program) => program.attach_once(cgroup.ok_or(Errno::NOENT)?),
        _ => Err(Errno::INVAL),
    }
}

/// Writes the maps of the user namespace of a process (user_namespaces(7)).
fn write_maps(pid: Pid, maps: &IdMaps) -> Result<(), Errno> {
    let write = |file: &str, text: &str| {
        let path = format!("/proc/{}/{file}", pid.as_raw_nonzero());
        std::fs::write(path, text).map_err(|error| {
            error
                .raw_os_error()
                .map_or(Errno::IO, Errno::from_raw_os_error)
        })
    };
    if !maps.setgroups {
        write("setgroups", "deny")?;
    }
    write("uid_map", &maps.users)?;
    write("gid_map", &maps.groups)
}
