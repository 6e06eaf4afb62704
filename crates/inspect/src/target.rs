//! A process that is looked at, by a descriptor of its folder in /proc: a recycled number is never taken for it.

use std::os::fd::{AsFd as _, OwnedFd};

use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use crate::stat::Stat;

/// A process or thread that runs. What is read through it is about this process, or fails once it has ended: the
/// kernel binds an open folder of /proc to the process, not to its number.
#[derive(Debug)]
pub struct Target {
    pid: i32,
    folder: OwnedFd,
    /// When it started, in clock ticks since boot.
    started: u64,
}

/// Why a process cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// There is no process of this number, or it has ended meanwhile.
    #[error("there is no process {0}")]
    Gone(i32),
    /// Its folder in /proc cannot be read.
    #[error("process {0} cannot be looked at: {1}")]
    Refused(i32, Errno),
}

/// The bytes of a file, and whether these are all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_complete: bool,
}

/// More of a file of /proc is not read, but for mounts.
const FILE_MAX: usize = 4 << 20;

impl Target {
    /// Opens a process.
    ///
    /// # Errors
    ///
    /// When there is none of this number, or it cannot be looked at.
    pub fn open(pid: i32) -> Result<Self, Unreachable> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        let folder = rustix::fs::open(format!("/proc/{pid}"), flags, Mode::empty())
            .map_err(|errno| unreachable_by(pid, errno))?;
        Self::of(pid, folder)
    }

    fn of(pid: i32, folder: OwnedFd) -> Result<Self, Unreachable> {
        let mut target = Self {
            pid,
            folder,
            started: 0,
        };
        target.started = target
            .stat()
            .map_err(|errno| unreachable_by(pid, errno))?
            .started;
        Ok(target)
    }

    /// Its number.
    #[must_use]
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// When it started, in clock ticks since boot (proc_pid_stat(5)).
    #[must_use]
    pub const fn started(&self) -> u64 {
        self.started
    }

    /// Whether it still runs: then its number has been its own all the time.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.stat()
            .is_ok_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Stat::parse(&self.text("stat")?).ok_or(Errno::SRCH)
    }

    /// A file of its folder as text; bytes that are no text are replaced.
    pub(crate) fn text(&self, file: &str) -> Result<String, Errno> {
        let contents = self.read(file, FILE_MAX)?;
        Ok(String::from_utf8_lossy(&contents.bytes).into_owned())
    }

    /// As much of a file as `most` bytes.
    pub(crate) fn read(&self, file: &str, most: usize) -> Result<Contents, Errno> {
        read(&self.open_file(file)?, most)
    }

    pub(crate) fn open_file(&self, file: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        openat(&self.folder, file, flags, Mode::empty())
    }

    /// What a link of its folder leads to.
    pub(crate) fn link(&self, file: &str) -> Result<String, Errno> {
        let target = readlinkat(&self.folder, file, Vec::new())?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// The names in a folder of its folder, at most so many.
    pub(crate) fn names(&self, folder: &str, most: usize) -> Result<Vec<String>, Errno> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        let fd = openat(&self.folder, folder, flags, Mode::empty())?;
        let entries = rustix::fs::Dir::read_from(fd.as_fd())?;
        let names = entries.filter_map(Result::ok).filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?;
            (!name.starts_with('.')).then(|| name.to_owned())
        });
        Ok(names.take(most).collect())
    }
}

fn read(fd: &OwnedFd, most: usize) -> Result<Contents, Errno> {
    /// Most files of /proc fit into it.
    const PIECE: usize = 4096;
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        if bytes.len() >= most {
            bytes.truncate(most);
            return Ok(Contents {
                bytes,
                is_complete: false,
            });
        }
        // A large file grows the buffer by its own size each time.
        bytes.reserve(PIECE.max(bytes.len()));
        let count = rustix::io::retry_on_intr(|| {
            rustix::io::read(fd, rustix::buffer::spare_capacity(&mut bytes))
        })?;
        if count == 0 {
            return Ok(Contents {
                bytes,
                is_complete: true,
            });
        }
    }
}

fn unreachable_by(pid: i32, errno: Errno) -> Unreachable {
    match errno {
        Errno::NOENT | Errno::SRCH => Unreachable::Gone(pid),
        errno => Unreachable::Refused(pid, errno),
    }
}
