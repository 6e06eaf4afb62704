//! Exit statuses of unitward. They are an interface: scripts rely on them.

use std::process::ExitCode;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: nothing to complain about.
    Clean,
    /// 1: findings, or a level over the threshold.
    Findings,
    /// 2: a mistake in the call or in a configuration file, or an internal error.
    Error,
    /// 3: there was nothing to check.
    Nothing,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
