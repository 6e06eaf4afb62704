//! Reading one file, whatever it turns out to be.

use super::{FILE_MAX, LoadError, LoadErrorKind, resolve};
use crate::syntax::Document;
use rustix::buffer::spare_capacity;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file is to its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The main file.
    Fragment,
    /// A file of a `.d` directory, applied after the main file.
    DropIn,
}

/// A file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path, as found on the search path.
    pub path: PathBuf,
    /// What it is to the unit.
    pub role: Role,
    /// Its text.
    pub document: Document,
}

impl SourceFile {
    pub(super) fn new(path: PathBuf, role: Role, bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self {
            path,
            role,
            document: Document::parse(bytes),
        })
    }
}

/// What is known of a file before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Regular,
    Link,
}

/// The content of a file.
pub(super) enum Content {
    /// An empty file or a device such as /dev/null, which both mask.
    Null,
    Text(Vec<u8>),
}

pub(super) fn read(root: &Path, path: &Path, known: Known) -> Result<Content, LoadError> {
    let fail = |kind| LoadError::new(path, kind);
    let opened = |errno| fail(LoadErrorKind::Open(errno));
    // Neither blocks on a FIFO nor becomes a controlling terminal.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match known {
        Known::Regular => rustix::fs::open(path, flags | OFlags::NOFOLLOW, Mode::empty()),
        Known::Link => {
            let target = match root == Path::new("/") {
                true => None,
                // A mask must work without device nodes in the other root.
                false if links_to_null(path) => return Ok(Content::Null),
                false => Some(resolve::canonical(root, path).ok_or_else(|| opened(Errno::NOENT))?),
            };
            let path = target.as_deref().unwrap_or(path);
            // Opening a device can have effects, so look first.
            let stat = rustix::fs::stat(path).map_err(opened)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => rustix::fs::open(path, flags, Mode::empty()),
                FileType::CharacterDevice | FileType::BlockDevice => return Ok(Content::Null),
                _ => return Err(fail(LoadErrorKind::NotAFile)),
            }
        }
    };
    let file = file.map_err(opened)?;
    let stat = rustix::fs::fstat(&file).map_err(|errno| fail(LoadErrorKind::Read(errno)))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(fail(LoadErrorKind::NotAFile));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > FILE_MAX {
        return Err(fail(LoadErrorKind::FileTooLarge));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    loop {
        // A full buffer means that the file grew, or that its size is not told, as in /proc.
        if bytes.len() == bytes.capacity() {
            bytes.reserve(4096);
        }
        let room = bytes.capacity() - bytes.len();
        let read = match rustix::io::read(&file, spare_capacity(&mut bytes)) {
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(fail(LoadErrorKind::Read(errno))),
        };
        if bytes.len() as u64 > FILE_MAX {
            return Err(fail(LoadErrorKind::FileTooLarge));
        }
        if read == 0 || (read < room && bytes.len() as u64 >= size) {
            break;
        }
    }
    Ok(match size {
        0 if bytes.is_empty() => Content::Null,
        _ => Content::Text(bytes),
    })
}

fn links_to_null(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target == Path::new("/dev/null"))
}
