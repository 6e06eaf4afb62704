//! The loop that follows processes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;

use super::decode;
use super::resolve;
use super::thread::Thread;
use crate::facts::{Backend, Facts};
use crate::recorder::{Doing, Recorder};
use crate::shape::Detail;
use crate::sys::{self, CallStop, Event, Tid};

/// Follows processes by ptrace(2), in a thread of its own, and collects what they do.
#[derive(Debug)]
pub struct Tracer {
    requests: Sender<Request>,
    thread: JoinHandle<Facts>,
    /// The number of the thread, to interrupt its waiting.
    tid: Tid,
}

/// A process to follow, and whom to tell how it went.
#[derive(Debug)]
struct Request {
    pid: Pid,
    answer: Sender<Result<(), Errno>>,
}

impl Tracer {
    /// Starts a tracer that follows nothing yet.
    ///
    /// # Errors
    ///
    /// When there can be no further thread.
    pub fn start() -> std::io::Result<Self> {
        sys::allow_interrupts()?;
        let (requests, receiver) = channel();
        let (number, tid) = channel();
        let body = move || {
            let _ = number.send(rustix::thread::gettid().as_raw_nonzero().get());
            Loop::new(receiver).run()
        };
        let thread = std::thread::Builder::new()
            .name("tracer".to_owned())
            .spawn(body)?;
        let tid = tid.recv().map_err(std::io::Error::other)?;
        Ok(Self {
            requests,
            thread,
            tid,
        })
    }

    /// Follows a process that waits for this, and all that it starts. What it does before its first execve(2) is not
    /// recorded.
    ///
    /// # Errors
    ///
    /// The kernel's answer: `EPERM` when another tracer follows it, or when it may not be followed by this process.
    pub fn attach(&self, pid: Pid) -> Result<(), Errno> {
        let (answer, result) = channel();
        self.requests
            .send(Request { pid, answer })
            .map_err(|_| Errno::SRCH)?;
        // It may be waiting for what it follows already, and a signal that comes just before it waits is lost.
        loop {
            match result.recv_timeout(Duration::from_millis(1)) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => sys::interrupt(self.tid)?,
                Err(RecvTimeoutError::Disconnected) => return Err(Errno::SRCH),
            }
        }
    }

    /// Waits until all that is followed has ended, and gives what was seen.
    #[must_use]
    pub fn finish(self) -> Facts {
        drop(self.requests);
        // A tracer that panics has seen nothing that could be trusted.
        self.thread.join().unwrap_or_default()
    }
}

struct Loop {
    requests: Receiver<Request>,
    threads: HashMap<Tid, Thread>,
    recorder: Recorder,
}

impl Loop {
    fn new(requests: Receiver<Request>) -> Self {
        Self {
            requests,
            threads: HashMap::new(),
            recorder: Recorder::new(Backend::Ptrace),
        }
    }

    fn run(mut self) -> Facts {
        // While nothing is followed, wait for something to follow; while something is, take requests in between.
        while let Ok(request) = self.requests.recv() {
            self.follow(&request);
            loop {
                match sys::wait() {
                    Ok(Some(event)) => self.event(event),
                    Ok(None) => break,
                    Err(Errno::INTR) => {}
                    Err(errno) => {
                        self.recorder
                            .gap(&format!("waiting for the traced processes failed: {errno}"));
                        break;
                    }
                }
                // A request may be what interrupted the waiting.
                while let Ok(request) = self.requests.try_recv() {
                    self.follow(&request);
                }
            }
        }
        self.recorder.finish()
    }

    fn follow(&mut self, request: &Request) {
        let tid = request.pid.as_raw_nonzero().get();
        let result = sys::seize(tid, true);
        if result.is_ok() {
            self.threads.insert(tid, Thread::default());
        }
        // Nobody waits for the answer any more when the caller is gone.
        let _ = request.answer.send(result);
    }

    fn event(&mut self, event: Event) {
        let (tid, signal, event) = match event {
            Event::Gone(tid) => {
                self.threads.remove(&tid);
                return;
            }
            Event::Stopped { tid, signal, event } => (tid, signal, event),
        };
        // A thread that was killed meanwhile is told of by another event.
        let _ = match (signal, event) {
            (_, libc::PTRACE_EVENT_SECCOMP) => self.call_begins(tid),
            (signal, 0) if signal == libc::SIGTRAP | 0x80 => self.call_ends(tid),
            (_, libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE) => {
                self.child(tid)
            }
            (_, libc::PTRACE_EVENT_EXEC) => self.executed(tid),
            (signal, libc::PTRACE_EVENT_STOP) => stopped(tid, signal),
            (signal, 0) => self.pass(tid, signal),
            _ => self.pass(tid, 0),
        };
    }

    /// Goes on, and waits for the end of a call that has begun.
    fn pass(&self, tid: Tid, signal: i32) -> Result<(), Errno> {
        match self
            .threads
            .get(&tid)
            .is_some_and(|thread| thread.pending.is_some())
        {
            true if signal == 0 => sys::go_on_to_exit(tid),
            _ => sys::go_on(tid, signal),
        }
    }

    fn call_begins(&mut self, tid: Tid) -> Result<(), Errno> {
        let CallStop::Entry {
            arch,
            number,
            arguments,
        } = sys::call_of(tid)?
        else {
            return sys::go_on(tid, 0);
        };
        let thread = self.threads.entry(tid).or_default();
        let pending = decode::begin(tid, arch, number, arguments);
        // Before its first program the process is still unitward's own, making the sandbox.
        if thread.program.is_none() && pending.shape.detail != Detail::Execute {
            return sys::go_on(tid, 0);
        }
        thread.pending = Some(pending);
        sys::go_on_to_exit(tid)
    }

    fn call_ends(&mut self, tid: Tid) -> Result<(), Errno> {
        let stop = sys::call_of(tid)?;
        if let Some(thread) = self.threads.get_mut(&tid)
            && let CallStop::Exit { value, is_error } = stop
            && let Some(pending) = thread.pending.take()
            && let Some(program) = &thread.program
        {
            let result = if is_error { Err(-value) } else { Ok(value) };
            decode::end(tid, pending, result, program, &mut self.recorder);
        }
        sys::go_on(tid, 0)
    }

    fn child(&mut self, tid: Tid) -> Result<(), Errno> {
        let child = i32::try_from(sys::event_message(tid)?).map_err(|_| Errno::RANGE)?;
        let program = self
            .threads
            .get(&tid)
            .and_then(|thread| thread.program.clone());
        let new = self.threads.entry(child).or_default();
        new.program = new.program.take().or(program);
        self.pass(tid, 0)
    }

    /// A new program: the thread that executed it has the number of its process from now on.
    fn executed(&mut self, tid: Tid) -> Result<(), Errno> {
        let former = i32::try_from(sys::event_message(tid)?).map_err(|_| Errno::RANGE)?;
        let mut thread = self.threads.remove(&former).unwrap_or_default();
        let path = resolve::link(&format!("/proc/{tid}/exe"));
        let path: Arc<str> = path.map_or_else(|| "?".into(), |path| path.to_string_lossy().into());
        let before = thread.program.clone().unwrap_or_else(|| path.clone());
        self.recorder.program(
            &path,
            Doing {
                program: &before,
                error: None,
            },
        );
        if let Some(pending) = thread.pending.take() {
            decode::end(tid, pending, Ok(0), &before, &mut self.recorder);
        }
        thread.program = Some(path);
        self.threads.insert(tid, thread);
        sys::go_on(tid, 0)
    }
}

/// A stop of a whole process by a signal is left as it is; the stop of a new thread is not.
fn stopped(tid: Tid, signal: i32) -> Result<(), Errno> {
    match signal {
        libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => sys::leave_stopped(tid),
        _ => sys::go_on(tid, 0),
    }
}
