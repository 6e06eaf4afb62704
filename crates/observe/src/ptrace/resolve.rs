//! Where a path of a tracee leads: from its working directory, its directories' descriptors and its root, in its mount
//! namespace.

use std::ffi::{CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use rustix::io::Errno;

use crate::facts::Kind;
use crate::sys::Tid;

/// A path that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// From the root of the tracee, as it wrote it.
    pub(super) path: PathBuf,
    /// Whether a symbolic link at its end is followed.
    pub(super) follow: bool,
}

/// Where it leads.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) kind: Option<Kind>,
}

/// The path of a call: relative ones begin at a directory's descriptor, or at the working directory.
pub(super) fn asked(tid: Tid, directory: Option<u64>, text: &[u8], follow: bool) -> Option<Asked> {
    let text = Path::new(OsStr::from_bytes(text));
    if text.is_absolute() {
        return Some(Asked {
            path: text.to_owned(),
            follow,
        });
    }
    let base = match directory.map(|number| number as u32 as i32) {
        None | Some(libc::AT_FDCWD) => link(&format!("/proc/{tid}/cwd"))?,
        Some(number) => link(&format!("/proc/{tid}/fd/{number}"))?,
    };
    // An empty path stands for the descriptor itself (AT_EMPTY_PATH).
    let path = if text.as_os_str().is_empty() {
        base
    } else {
        base.join(text)
    };
    Some(Asked { path, follow })
}

/// The path of a descriptor of the tracee; none for pipes, sockets and the like.
pub(super) fn of_descriptor(tid: Tid, number: u64) -> Option<Found> {
    let file = format!("/proc/{tid}/fd/{}", number as u32);
    let path = link(&file)?;
    if !path.is_absolute() {
        return None;
    }
    let kind = rustix::fs::statx(CWD, file.as_str(), AtFlags::empty(), StatxFlags::TYPE).ok();
    Some(Found {
        path: text(&path),
        kind: kind.as_ref().and_then(self::kind),
    })
}

/// Follows links and `..` of a path as the tracee's kernel would, inside its root and its mounts. What is not there is
/// left as it stands, below the part that is.
pub(super) fn found(tid: Tid, asked: &Asked) -> Found {
    let Ok(root) = open(
        CWD,
        &format!("/proc/{tid}/root"),
        OFlags::PATH,
        ResolveFlags::empty(),
    ) else {
        return Found {
            path: text(&asked.path),
            kind: None,
        };
    };
    let mut missing: Vec<&OsStr> = Vec::new();
    let mut rest = asked.path.as_path();
    let mut follow = asked.follow;
    loop {
        let inside = rest.strip_prefix("/").unwrap_or(rest);
        let inside = if inside.as_os_str().is_empty() {
            Path::new(".")
        } else {
            inside
        };
        let flags = if follow {
            OFlags::PATH
        } else {
            OFlags::PATH | OFlags::NOFOLLOW
        };
        if let Ok(fd) = open_in(&root, inside, flags) {
            let Some(mut path) = link_of(&fd) else { break };
            let kind = if missing.is_empty() {
                rustix::fs::statx(&fd, c"", AtFlags::EMPTY_PATH, StatxFlags::TYPE)
                    .ok()
                    .as_ref()
                    .and_then(kind)
            } else {
                None
            };
            path.extend(missing.iter().rev());
            return Found {
                path: text(&path),
                kind,
            };
        }
        // The directory that the name would be in is always followed.
        follow = true;
        match (rest.parent(), rest.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name);
                rest = parent;
            }
            _ => break,
        }
    }
    Found {
        path: text(&asked.path),
        kind: None,
    }
}

/// The program that a thread runs; `?` when that cannot be known.
pub(super) fn program(tid: Tid) -> Arc<str> {
    let path = link(&format!("/proc/{tid}/exe"));
    path.map_or_else(|| "?".into(), |path| path.to_string_lossy().into())
}

/// The process that a thread belongs to.
pub(super) fn process_of(tid: Tid) -> Option<Tid> {
    status_line(tid, "Tgid:")?.trim().parse().ok()
}

/// The effective user and group of a thread.
pub(super) fn identity(tid: Tid) -> Option<(u32, u32)> {
    let effective = |name| {
        let line = status_line(tid, name)?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((effective("Uid:")?, effective("Gid:")?))
}

/// Whether a thread's process has a handler for a signal.
pub(super) fn catches(tid: Tid, signal: i32) -> bool {
    let mask = status_line(tid, "SigCgt:")
        .and_then(|line| u64::from_str_radix(line.trim(), 16).ok())
        .unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// The value of a line of /proc/TID/status (proc_pid_status(5)).
fn status_line(tid: Tid, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.to_owned())
}

/// The target of a symbolic link of /proc, without the mark of a file that was removed.
pub(super) fn link(path: &str) -> Option<PathBuf> {
    let target = std::fs::read_link(path).ok()?;
    let bytes = target.as_os_str().as_bytes();
    Some(match bytes.strip_suffix(b" (deleted)") {
        Some(path) => PathBuf::from(OsStr::from_bytes(path)),
        None => target,
    })
}

fn link_of(fd: &OwnedFd) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    link(&format!("/proc/self/fd/{}", fd.as_raw_fd())).filter(|path| path.is_absolute())
}

fn open_in(root: &OwnedFd, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::INVAL)?;
    rustix::fs::openat2(
        root,
        path.as_c_str(),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::IN_ROOT,
    )
}

fn open(
    directory: impl std::os::fd::AsFd,
    path: &str,
    flags: OFlags,
    resolve: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    rustix::fs::openat2(
        directory,
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )
}

fn kind(statx: &Statx) -> Option<Kind> {
    Some(match FileType::from_raw_mode(statx.stx_mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Socket => Kind::Socket,
        FileType::Fifo => Kind::Fifo,
        FileType::Symlink => Kind::Link,
        FileType::CharacterDevice => {
            Kind::CharacterDevice(statx.stx_rdev_major, statx.stx_rdev_minor)
        }
        FileType::BlockDevice => Kind::BlockDevice(statx.stx_rdev_major, statx.stx_rdev_minor),
        _ => return None,
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
