//! The tracer as the engine's observer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::process::Pid;
use unitward_observe::{Facts, Tracer, trace_filter};
use unitward_sandbox::Observer;
use unitward_seccomp::{Arch, Program};

/// A tracer that follows what the engine starts.
pub(super) struct Watch {
    tracer: Mutex<Option<Tracer>>,
    pid: Pid,
    filter: Arc<Program>,
    noted: Option<Arc<Program>>,
}

impl Watch {
    /// Starts a tracer that is told of what another filter says, too.
    pub(super) fn start(noted: Option<&Program>) -> std::io::Result<Self> {
        let filter = trace_filter(Arch::NATIVE).map_err(std::io::Error::other)?;
        let filter = filter.ok_or(Errno::OPNOTSUPP)?;
        let tracer = Tracer::start()?;
        Ok(Self {
            pid: Pid::from_raw(tracer.pid()).ok_or(Errno::SRCH)?,
            tracer: Mutex::new(Some(tracer)),
            filter: Arc::new(filter),
            noted: noted.map(|noted| Arc::new(noted.deferred())),
        })
    }

    /// Waits until all that was followed has ended, and gives what was seen.
    pub(super) fn finish(&self) -> Facts {
        let mut tracer = self.tracer.lock().unwrap_or_else(PoisonError::into_inner);
        tracer.take().map(Tracer::finish).unwrap_or_default()
    }
}

impl Observer for Watch {
    fn tracer(&self) -> Pid {
        self.pid
    }

    fn follow(&self, pid: Pid) -> Result<(), Errno> {
        let tracer = self.tracer.lock().unwrap_or_else(PoisonError::into_inner);
        tracer.as_ref().ok_or(Errno::SRCH)?.follow(pid)
    }

    fn filter(&self) -> Arc<Program> {
        self.filter.clone()
    }

    fn noted(&self) -> Option<Arc<Program>> {
        self.noted.clone()
    }

    fn answers_calls(&self) -> bool {
        Tracer::answers_calls()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}
