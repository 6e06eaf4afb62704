//! What went wrong, with all that is needed to mend it.

use std::fmt;

use rustix::io::Errno;
use serde::Serialize;

use crate::{Cause, Exit};

/// A step that failed: before the first process was made, or in it before its program ran.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit status that systemd gives for it; none where systemd refuses to start at all.
    pub exit: Option<Exit>,
    /// The directive that asked for the step.
    pub cause: Cause,
    /// What was done, as in "mount a tmpfs on /tmp".
    pub step: String,
    /// The kernel's answer.
    pub errno: Option<Errno>,
    /// What to do about it, as a sentence.
    pub advice: Option<String>,
}

impl Failure {
    /// A failure before any process was made.
    pub(crate) fn new(exit: Exit, cause: Cause, step: impl Into<String>) -> Self {
        Self {
            exit: Some(exit),
            cause,
            step: step.into(),
            errno: None,
            advice: None,
        }
    }

    /// A failure for which systemd makes no process, and which so has no exit status.
    pub(crate) fn refused(cause: Cause, step: impl Into<String>) -> Self {
        Self {
            exit: None,
            cause,
            step: step.into(),
            errno: None,
            advice: None,
        }
    }

    /// Adds the kernel's answer.
    pub(crate) fn with_errno(mut self, errno: Errno) -> Self {
        self.errno = Some(errno);
        self
    }

    /// Adds what to do.
    pub(crate) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.step)?;
        if let Some(errno) = self.errno {
            write!(f, ": {}", message(errno))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// The kernel's message for an error number, in lower case and without the number.
#[must_use]
pub fn message(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What the child writes to its parent: one record of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    pub(crate) kind: RecordKind,
    /// The step, by its place in the plan of the process.
    pub(crate) step: u32,
    /// The error number, or 0.
    pub(crate) errno: i32,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum RecordKind {
    /// The step failed; the child ends.
    Failed,
    /// The step failed and the child goes on, as systemd would; the report has to say so.
    Tolerated,
    /// The child waits for its parent to do its part of the step.
    AwaitsParent,
}

impl Record {
    /// Its size in bytes.
    pub(crate) const SIZE: usize = 12;

    pub(crate) fn bytes(self) -> [u8; Self::SIZE] {
        let kind: u32 = match self.kind {
            RecordKind::Failed => 1,
            RecordKind::Tolerated => 2,
            RecordKind::AwaitsParent => 3,
        };
        let [a, b, c, d] = kind.to_ne_bytes();
        let [e, f, g, h] = self.step.to_ne_bytes();
        let [i, j, k, l] = self.errno.to_ne_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    pub(crate) fn from_bytes(
        [a, b, c, d, e, f, g, h, i, j, k, l]: [u8; Self::SIZE],
    ) -> Option<Self> {
        let kind = match u32::from_ne_bytes([a, b, c, d]) {
            1 => RecordKind::Failed,
            2 => RecordKind::Tolerated,
            3 => RecordKind::AwaitsParent,
            _ => return None,
        };
        Some(Self {
            kind,
            step: u32::from_ne_bytes([e, f, g, h]),
            errno: i32::from_ne_bytes([i, j, k, l]),
        })
    }
}
