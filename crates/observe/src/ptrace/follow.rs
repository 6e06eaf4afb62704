//! The loop that follows processes.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use unitward_seccomp::{Action, Arch, Program};

use super::thread::{Process, Thread};
use super::tracer::Request;
use super::{decode, resolve};
use crate::ebpf::Grants;
use crate::facts::{Backend, Facts, HowEnded};
use crate::filter::trace_filter;
use crate::recorder::{Doing, Recorder};
use crate::shape::Detail;
use crate::sys::{self, CallStop, Event, Tid};

/// What the tracer knows and does.
pub(super) struct Follower {
    requests: OwnedFd,
    /// Whether further requests may come.
    is_open: bool,
    threads: HashMap<Tid, Thread>,
    /// The program of the process that this one was forked from: what runs it is still making the sandbox.
    own: Arc<str>,
    /// Whether a process that runs was attached to, so that threads have no filter.
    attaches: bool,
    /// What is asked of each call of those that have no filter.
    filter: Option<Program>,
    /// Whether all that stops is let go.
    releases: bool,
    /// What the kernel grants, where that is seen.
    grants: Option<Grants>,
    recorder: Recorder,
}

/// Follows what it is asked to until nobody asks any more and all is gone.
pub(super) fn run(mut follower: Follower) -> Facts {
    // While nothing is followed, wait for something to follow; while something is, take requests in between.
    while follower.is_open {
        follower.request(RecvFlags::empty());
        loop {
            match sys::wait() {
                Ok(Some(event)) => follower.event(event),
                Ok(None) => break,
                Err(Errno::INTR) => {}
                Err(errno) => {
                    let gap = format!("waiting for the traced processes failed: {errno}");
                    follower.recorder.gap(&gap);
                    break;
                }
            }
            // A request may be what interrupted the waiting.
            while follower.request(RecvFlags::DONTWAIT) {}
        }
    }
    follower.finish()
}

impl Follower {
    pub(super) fn new(requests: OwnedFd, grants: Result<Grants, String>) -> Self {
        let mut recorder = Recorder::new(Backend::Ptrace);
        let grants = grants.and_then(|grants| grants.begin().map(|()| grants));
        match &grants {
            Ok(_) => recorder.sees_capabilities(),
            Err(why) => recorder.gap(&format!(
                "which capabilities the kernel grants is not seen: {why}"
            )),
        }
        Self {
            requests,
            is_open: true,
            threads: HashMap::new(),
            own: resolve::program(rustix::process::getpid().as_raw_nonzero().get()),
            attaches: false,
            filter: trace_filter(Arch::NATIVE).ok().flatten(),
            releases: false,
            grants: grants.ok(),
            recorder,
        }
    }

    fn finish(mut self) -> Facts {
        let lost = self.grants.as_ref().map_or(0, Grants::lost);
        if lost > 0 {
            let gap = format!("{lost} grants of capabilities were lost: too many threads at once");
            self.recorder.gap(&gap);
        }
        self.recorder.finish()
    }

    /// Notes what the kernel granted to a thread for its program; before the first one, that is not the service's.
    fn granted(&mut self, tid: Tid, program: Option<&str>) {
        let grants = self.grants.as_ref().map(|grants| grants.take(tid));
        let (Some(grants), Some(program)) = (grants, program) else {
            return;
        };
        for grant in grants {
            self.recorder.capability(&grant, program);
        }
    }

    /// Takes one request; says whether there was one.
    fn request(&mut self, flags: RecvFlags) -> bool {
        if !self.is_open {
            return false;
        }
        let mut bytes = [0; Request::SIZE];
        let request = match rustix::net::recv(&self.requests, &mut bytes, flags) {
            Ok((Request::SIZE, _)) => Request::from_bytes(bytes),
            Err(Errno::INTR | Errno::AGAIN) => return false,
            _ => {
                self.is_open = false;
                return false;
            }
        };
        let result = match request {
            Some(Request::Follow(pid)) => self.follow(pid),
            Some(Request::Attach(pid)) => self.attach(pid),
            Some(Request::Release) => self.release(),
            None => Err(Errno::INVAL),
        };
        let answer = result.err().map_or(0, Errno::raw_os_error);
        // Nobody waits for the answer any more when the caller is gone.
        let _ = rustix::io::write(&self.requests, &answer.to_ne_bytes());
        true
    }

    fn follow(&mut self, pid: Tid) -> Result<(), Errno> {
        sys::seize(pid, true)?;
        self.threads.insert(pid, Thread::of(pid));
        Ok(())
    }

    /// Follows every thread that there is; those that are made meanwhile are found by looking again.
    fn attach(&mut self, pid: Tid) -> Result<(), Errno> {
        self.attaches = true;
        let mut found = true;
        let mut first = true;
        while std::mem::take(&mut found) {
            for tid in tasks(pid)? {
                if self.threads.contains_key(&tid) {
                    continue;
                }
                match sys::seize(tid, false) {
                    Ok(()) => {}
                    Err(Errno::SRCH) => continue,
                    Err(errno) if first => return Err(errno),
                    Err(_) => continue,
                }
                first = false;
                found = true;
                let program = resolve::program(tid);
                self.recorder.program(
                    &program,
                    Doing {
                        tid,
                        program: &program,
                        error: None,
                    },
                );
                self.recorder
                    .identity(tid, &program, resolve::identity(tid));
                let mut thread = Thread::of(pid);
                thread.program = Some(program);
                thread.every_call = true;
                self.threads.insert(tid, thread);
                // One that is gone by now is told of by an event.
                let _ = sys::stop(tid);
            }
        }
        self.recorder
            .gap("what the process did before it was attached to is not known");
        Ok(())
    }

    fn release(&mut self) -> Result<(), Errno> {
        self.releases = true;
        for tid in self.threads.keys() {
            // One that is gone by now is told of by an event.
            let _ = sys::stop(*tid);
        }
        Ok(())
    }

    fn event(&mut self, event: Event) {
        let (tid, signal, event) = match event {
            Event::Gone { tid, how } => return self.gone(tid, how),
            Event::Stopped { tid, signal, event } => (tid, signal, event),
        };
        if !self.threads.contains_key(&tid) {
            let thread = self.early(tid);
            self.threads.insert(tid, thread);
        }
        // A thread that was killed meanwhile is told of by another event.
        let _ = match (signal, event) {
            (signal, event) if self.releases => {
                let thread = self.threads.remove(&tid);
                let program = thread.and_then(|thread| thread.program);
                self.granted(tid, program.as_deref());
                let is_signal = event == 0 && signal != libc::SIGTRAP | 0x80;
                sys::detach(tid, if is_signal { signal } else { 0 })
            }
            (_, libc::PTRACE_EVENT_SECCOMP) => self.call_begins(tid),
            (signal, 0) if signal == libc::SIGTRAP | 0x80 => self.at_call(tid),
            (_, libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK) => self.child(tid, true),
            (_, libc::PTRACE_EVENT_CLONE) => self.child(tid, false),
            (_, libc::PTRACE_EVENT_EXEC) => self.executed(tid),
            (signal, libc::PTRACE_EVENT_STOP) => self.stopped(tid, signal),
            (signal, 0) => self.pass(tid, signal),
            _ => self.pass(tid, 0),
        };
    }

    /// A thread that stops before the one that made it has told of it.
    fn early(&self, tid: Tid) -> Thread {
        let program = resolve::program(tid);
        Thread {
            process: resolve::process_of(tid).unwrap_or(tid),
            program: Some(program).filter(|program| *program != self.own),
            every_call: self.attaches,
            ..Thread::default()
        }
    }

    fn gone(&mut self, tid: Tid, how: HowEnded) {
        let Some(thread) = self.threads.remove(&tid) else {
            return;
        };
        self.granted(tid, thread.program.as_deref());
        if thread.process == tid
            && let Some(program) = &thread.program
        {
            self.recorder.ending(tid, program, how);
        }
    }

    /// Goes on, with a signal or 0, and stops at the end of a call that has begun.
    fn pass(&self, tid: Tid, signal: i32) -> Result<(), Errno> {
        let waits = |thread: &Thread| thread.pending.is_some() || thread.every_call;
        match self.threads.get(&tid).is_some_and(waits) {
            true => sys::go_on_to_call(tid, signal),
            false => sys::go_on(tid, signal),
        }
    }

    /// The stop of a whole process by a signal is left as it is; the stop of a new thread is not.
    fn stopped(&self, tid: Tid, signal: i32) -> Result<(), Errno> {
        match signal {
            libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => {
                sys::leave_stopped(tid)
            }
            _ => self.pass(tid, 0),
        }
    }

    /// A thread is told of by its filter, before the call.
    fn call_begins(&mut self, tid: Tid) -> Result<(), Errno> {
        let told = u16::try_from(sys::event_message(tid)?).unwrap_or(0);
        let stop = sys::call_of(tid)?;
        let thread = self.threads.entry(tid).or_default();
        let CallStop::Entry {
            arch,
            number,
            arguments,
        } = stop
        else {
            return self.pass(tid, 0);
        };
        // Before its first program the process is still unitward's own, making the sandbox.
        let made = thread.program.clone();
        let pending = decode::begin(tid, arch, number, arguments);
        let verdict = Action::of_deferred(told).filter(|_| sys::can_answer_calls());
        match (made, verdict) {
            // What is only to be noted says nothing about the making of the sandbox.
            (None, Some(Action::Log)) => sys::go_on(tid, 0),
            (program, Some(verdict)) => {
                let program = program.unwrap_or_else(|| "unitward".into());
                let doing = Doing {
                    tid,
                    program: &program,
                    error: None,
                };
                decode::refused(&pending, verdict, doing, &mut self.recorder);
                if verdict == Action::Log {
                    // It is made all the same.
                    thread.pending = Some(pending);
                    return sys::go_on_to_call(tid, 0);
                }
                self.refuse(tid, verdict)
            }
            (None, None) if pending.shape.detail != Detail::Execute => sys::go_on(tid, 0),
            _ => {
                thread.pending = Some(pending);
                sys::go_on_to_call(tid, 0)
            }
        }
    }

    /// Does what the unit's filter would have done.
    fn refuse(&self, tid: Tid, verdict: Action) -> Result<(), Errno> {
        match verdict {
            Action::Errno(number) => sys::answer_call(tid, -i64::from(number))?,
            Action::KillProcess | Action::KillThread => {
                sys::answer_call(tid, -i64::from(Errno::NOSYS.raw_os_error()))?;
                // The kernel's SIGSYS cannot be caught; this one could.
                let process = self.threads.get(&tid).map_or(tid, |thread| thread.process);
                let signal = match resolve::catches(tid, libc::SIGSYS) {
                    true => libc::SIGKILL,
                    false => libc::SIGSYS,
                };
                sys::signal(process, signal)?;
            }
            _ => {}
        }
        self.pass(tid, 0)
    }

    /// A thread enters or leaves a call.
    fn at_call(&mut self, tid: Tid) -> Result<(), Errno> {
        match sys::call_of(tid)? {
            CallStop::Entry {
                arch,
                number,
                arguments,
            } => {
                let call = decode::data(arch, number, arguments);
                let asks = self.filter.as_ref();
                let is_told = asks.is_none_or(|filter| !filter.evaluate(&call).permits());
                if let Some(thread) = self.threads.get_mut(&tid).filter(|_| is_told) {
                    thread.pending = Some(decode::begin(tid, arch, number, arguments));
                }
            }
            CallStop::Exit { value, is_error } => {
                if let Some(thread) = self.threads.get_mut(&tid)
                    && let Some(pending) = thread.pending.take()
                    && let Some(program) = &thread.program
                {
                    let result = if is_error { Err(-value) } else { Ok(value) };
                    let changes_identity = result.is_ok() && pending.changes_identity();
                    decode::end(tid, pending, result, program, &mut self.recorder);
                    if changes_identity {
                        let identity = resolve::identity(tid);
                        self.recorder.identity(tid, program, identity);
                    }
                }
            }
            CallStop::Neither => {}
        }
        self.pass(tid, 0)
    }

    fn child(&mut self, tid: Tid, is_process: bool) -> Result<(), Errno> {
        let child = i32::try_from(sys::event_message(tid)?).map_err(|_| Errno::RANGE)?;
        let (program, every_call) = self
            .threads
            .get(&tid)
            .map(|thread| (thread.program.clone(), thread.every_call))
            .unwrap_or_default();
        let process = match is_process {
            true => child,
            false => resolve::process_of(child).unwrap_or(child),
        };
        let new = self.threads.entry(child).or_default();
        new.program = new.program.take().or(program);
        new.every_call |= every_call;
        new.process = process;
        self.pass(tid, 0)
    }

    /// A new program: the thread that executed it has the number of its process from now on.
    fn executed(&mut self, tid: Tid) -> Result<(), Errno> {
        let former = i32::try_from(sys::event_message(tid)?).map_err(|_| Errno::RANGE)?;
        let mut thread = self.threads.remove(&former).unwrap_or_default();
        self.granted(former, thread.program.as_deref());
        if former != tid {
            // The first thread had this number before.
            self.granted(tid, thread.program.as_deref());
        }
        let path: Arc<str> = resolve::program(tid);
        let before = thread.program.clone().unwrap_or_else(|| path.clone());
        let doing = Doing {
            tid,
            program: &before,
            error: None,
        };
        self.recorder.program(&path, doing);
        self.recorder.identity(tid, &path, resolve::identity(tid));
        if let Some(pending) = thread.pending.take() {
            decode::end(tid, pending, Ok(0), &before, &mut self.recorder);
        }
        thread.program = Some(path);
        thread.process = tid;
        self.threads.insert(tid, thread);
        self.pass(tid, 0)
    }
}

/// The threads of a process.
fn tasks(pid: Tid) -> Result<Vec<Tid>, Errno> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| Errno::SRCH)?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(numbers.collect::<Vec<Process>>())
}
