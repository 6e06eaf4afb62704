//! What the tracer knows of a thread.

use std::sync::Arc;

use unitward_seccomp::Arch;

use super::resolve::Found;
use crate::facts::Use;
use crate::shape::Shape;

/// A thread that is traced.
#[derive(Debug, Default)]
pub(super) struct Thread {
    /// The program it runs; none before the first one, while the sandbox is made.
    pub(super) program: Option<Arc<str>>,
    /// The call it is in, whose end is waited for.
    pub(super) pending: Option<Pending>,
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
