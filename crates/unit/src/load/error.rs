//! Why a file cannot be loaded.

use super::{DROP_INS_MAX, ENTRIES_MAX, FILE_MAX, UNIT_MAX};
use crate::name::NameError;
use crate::syntax::ProblemKind;
use rustix::io::Errno;
use std::fmt;
use std::path::PathBuf;

/// A file or directory that cannot be loaded, and why. It prints as sentences that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: LoadErrorKind,
}

impl LoadError {
    pub(super) fn new(path: impl Into<PathBuf>, kind: LoadErrorKind) -> Self {
        Self {
            path: path.into(),
            kind,
        }
    }
}

/// What is wrong with a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// The file name is no unit name.
    Name(NameError),
    /// Opening it failed.
    Open(Errno),
    /// Reading it failed.
    Read(Errno),
    /// It is a directory, FIFO, socket or device.
    NotAFile,
    /// It is longer than [`FILE_MAX`].
    FileTooLarge,
    /// There are more than [`DROP_INS_MAX`] drop-ins.
    TooManyDropIns,
    /// All files of the unit together are longer than [`UNIT_MAX`].
    UnitTooLarge,
    /// The directory has more than [`ENTRIES_MAX`] entries.
    TooManyEntries,
    /// systemd refuses the whole file for its syntax.
    Syntax {
        /// What it does not accept.
        problem: ProblemKind,
        /// In which line, counted from 1.
        line: u32,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.kind {
            LoadErrorKind::Name(error) => {
                write!(f, "{path} is not named like a unit. {error}")
            }
            LoadErrorKind::Open(Errno::ACCESS | Errno::PERM) => write!(
                f,
                "{path} may not be opened by this user. Run as root, or make it readable."
            ),
            LoadErrorKind::Open(Errno::NOENT) => write!(
                f,
                "{path} does not exist, or is a symbolic link to nothing. Check the name, or remove the link."
            ),
            LoadErrorKind::Open(Errno::LOOP) => write!(
                f,
                "{path} is part of a loop of symbolic links. Remove one of them."
            ),
            LoadErrorKind::Open(errno) => write!(
                f,
                "{path} cannot be opened: {errno}. Check the path and its permissions."
            ),
            LoadErrorKind::Read(errno) => write!(
                f,
                "{path} cannot be read: {errno}. Check the file system it is on."
            ),
            LoadErrorKind::NotAFile => write!(
                f,
                "{path} is not a regular file. Put a text file, or a link to one, in its place."
            ),
            LoadErrorKind::FileTooLarge => write!(
                f,
                "{path} is larger than {} MiB. Make it smaller; no unit file is that long.",
                FILE_MAX >> 20
            ),
            LoadErrorKind::TooManyDropIns => write!(
                f,
                "{path} brings the unit over {DROP_INS_MAX} drop-ins. Merge or remove some."
            ),
            LoadErrorKind::UnitTooLarge => write!(
                f,
                "{path} brings the files of the unit over {} MiB. Remove some drop-ins.",
                UNIT_MAX >> 20
            ),
            LoadErrorKind::TooManyEntries => write!(
                f,
                "{path} has more than {ENTRIES_MAX} entries. Remove what does not belong there."
            ),
            LoadErrorKind::Syntax { problem, line } => {
                write!(f, "{path}:{line}: {}", problem.message())
            }
        }
    }
}

impl std::error::Error for LoadError {}
