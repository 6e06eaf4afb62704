//! What can go wrong when a file is looked up or read.

use std::io;
use std::path::PathBuf;

/// A file that could not be looked up or read, with the path inside the root and the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The root directory itself cannot be opened.
    #[error("cannot open the root directory {}", path.display())]
    Root {
        /// The directory that was asked for.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Nothing is there, or a component before it is missing or no directory.
    #[error("{} does not exist", path.display())]
    NotFound {
        /// The path as it was asked for.
        path: PathBuf,
    },
    /// More than 40 symbolic links were followed, the kernel's own limit.
    #[error("too many symbolic links at {}", path.display())]
    Links {
        /// The path as it was asked for.
        path: PathBuf,
    },
    /// The path is longer than the kernel takes (4096 bytes, 255 for a name).
    #[error("the path {} is too long", path.display())]
    PathLength {
        /// The path as it was asked for.
        path: PathBuf,
    },
    /// Links and directories are nested deeper than any honest tree's.
    #[error("the look-up of {} was given up: too many steps", path.display())]
    Effort {
        /// The path as it was asked for.
        path: PathBuf,
    },
    /// A directory, FIFO, socket or device stands where a regular file is needed.
    #[error("{} is {kind}, not a regular file", path.display())]
    NotRegular {
        /// The path after following symbolic links.
        path: PathBuf,
        /// What stands there.
        kind: FileKind,
    },
    /// The file is larger than the reader accepts.
    #[error("{} is larger than {limit} bytes", path.display())]
    Size {
        /// The path after following symbolic links.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// The kernel refused to look up or to read the file.
    #[error("cannot read {}", path.display())]
    Read {
        /// The path at which it failed.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The file says that it is an ELF object, and is not a usable one.
    #[error("{} is not a usable ELF file", path.display())]
    Malformed {
        /// The path after following symbolic links.
        path: PathBuf,
        /// What is wrong with it.
        source: Defect,
    },
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A FIFO, socket or device node.
    Special,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Regular => "a regular file",
            Self::Directory => "a directory",
            Self::Special => "a FIFO, socket or device",
        })
    }
}

/// What is wrong with the bytes of an ELF file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// Class, byte order or version are none that exist.
    #[error("its header is not valid")]
    Header,
    /// The file is neither a program nor a shared object (`e_type`).
    #[error("its type is {0}, neither a program nor a shared object")]
    Type(u16),
    /// The table of segments is empty, or larger than the kernel accepts (64 KiB), or has entries
    /// of an unknown size.
    #[error("its table of segments is not valid")]
    Segments,
    /// A part lies outside the file.
    #[error("its {part} lies outside the file")]
    Outside {
        /// What was to be read.
        part: &'static str,
    },
    /// A part is larger than any honest file has.
    #[error("its {part} is larger than {limit}")]
    Excess {
        /// What was to be read.
        part: &'static str,
        /// The limit, in the part's own units.
        limit: u64,
    },
    /// A string has no end.
    #[error("its {part} has no terminating NUL byte")]
    Unterminated {
        /// What was to be read.
        part: &'static str,
    },
    /// An address of the dynamic section is in no segment.
    #[error("its {part} has an address outside every segment")]
    Unmapped {
        /// What was to be read.
        part: &'static str,
    },
    /// Reading failed.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
}
