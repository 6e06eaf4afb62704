//! What the tracer knows of a thread.

use std::sync::Arc;

use unitward_seccomp::Arch;

use super::resolve::Found;
use crate::facts::Use;
use crate::shape::Shape;
use crate::sys::Tid;

/// A process, by the number of its first thread.
pub(super) type Process = Tid;

/// A thread that is traced.
#[derive(Debug, Default)]
pub(super) struct Thread {
    /// The process that it belongs to.
    pub(super) process: Process,
    /// Whether it has no filter that picks calls, so that it stops at all of them.
    pub(super) every_call: bool,
    /// The program it runs; none before the first one, while the sandbox is made.
    pub(super) program: Option<Arc<str>>,
    /// The call it is in, whose end is waited for.
    pub(super) pending: Option<Pending>,
}

impl Thread {
    /// A thread of a process, of which nothing else is known.
    pub(super) fn of(process: Process) -> Self {
        Self {
            process,
            ..Self::default()
        }
    }
}

impl Pending {
    /// The name of the call, or its number when it has none.
    pub(super) fn name_or_number(&self) -> String {
        self.name
            .map_or_else(|| self.number.to_string(), str::to_owned)
    }

    /// Whether the call, when it succeeds, changes users or groups.
    pub(super) fn changes_identity(&self) -> bool {
        self.name.is_some_and(|name| {
            name.starts_with("set") && (name.contains("uid") || name.contains("gid"))
        })
    }
}

/// A call that has begun.
#[derive(Debug)]
pub(super) struct Pending {
    /// The architecture; none when it is not known here.
    pub(super) arch: Option<Arch>,
    /// The name; none when the call is not known here.
    pub(super) name: Option<&'static str>,
    pub(super) number: u64,
    pub(super) arguments: [u64; 6],
    pub(super) shape: Shape,
    pub(super) paths: Vec<PendingPath>,
}

/// A path of a call that has begun.
#[derive(Debug)]
pub(super) struct PendingPath {
    /// As the tracee wrote it, from its root.
    pub(super) asked: String,
    /// Where it led before the call.
    pub(super) found: Found,
    pub(super) uses: Vec<Use>,
}
