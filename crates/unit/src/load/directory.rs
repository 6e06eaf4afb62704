//! Listings of directories.

use super::names::Names;
use super::{ENTRIES_MAX, LoadError, LoadErrorKind, resolve};
use crate::name::UnitKind;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A directory of the search path.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) units: Names<Entry>,
    /// Names ending in `.d`.
    pub(super) drop_in_dirs: Names<()>,
    pub(super) error: Option<LoadError>,
    /// Device and inode, to tell whether two paths mean the same directory.
    pub(super) identity: Option<(u64, u64)>,
    canonical: OnceLock<PathBuf>,
}

/// An entry that is named like a unit.
#[derive(Debug)]
pub(super) enum Entry {
    Regular,
    Link(Box<OnceLock<Target>>),
}

/// Where a symbolic link leads, its last component not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) parent: PathBuf,
    pub(super) name: String,
}

impl Directory {
    /// Lists a directory; one that does not exist is empty.
    pub(super) fn read(root: &Path, path: &Path) -> Self {
        let mut directory = Self {
            path: path.into(),
            ..Self::default()
        };
        let identity = &mut directory.identity;
        let units = &mut directory.units;
        let drop_in_dirs = &mut directory.drop_in_dirs;
        directory.error = list(root, path, identity, |name, kind| {
            match kind {
                FileType::RegularFile if unit_like(name) => {
                    units.push(name, Entry::Regular);
                }
                FileType::Symlink if unit_like(name) => {
                    units.push(name, Entry::Link(Box::default()));
                }
                FileType::Directory | FileType::Symlink if name.ends_with(".d") => {
                    drop_in_dirs.push(name, ());
                }
                _ => {}
            }
            true
        })
        .err();
        directory.units.sort();
        directory.drop_in_dirs.sort();
        directory
    }

    pub(super) fn canonical(&self, root: &Path) -> &Path {
        self.canonical.get_or_init(|| {
            resolve::canonical(root, &self.path).unwrap_or_else(|| self.path.clone())
        })
    }

    /// Where the link `name` leads.
    pub(super) fn target(&self, root: &Path, name: &str) -> Target {
        let path = self.path.join(name);
        let target = std::fs::read_link(&path).unwrap_or_default();
        let target = self.path.join(resolve::below(root, &target));
        let parent = target.parent().unwrap_or(Path::new("/"));
        Target {
            parent: resolve::canonical(root, parent).unwrap_or_else(|| parent.into()),
            name: target
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        }
    }
}

/// Calls `each` with the name and type of every entry whose name is UTF-8, until it returns false.
pub(super) fn list(
    root: &Path,
    path: &Path,
    identity: &mut Option<(u64, u64)>,
    mut each: impl FnMut(&str, FileType) -> bool,
) -> Result<(), LoadError> {
    let fail = |kind| LoadError::new(path, kind);
    let directory = match open(root, path) {
        Ok(directory) => directory,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
        Err(errno) => return Err(fail(LoadErrorKind::Open(errno))),
    };
    if let Ok(stat) = rustix::fs::fstat(&directory) {
        *identity = Some((stat.st_dev, stat.st_ino));
    }
    let mut buffer = [MaybeUninit::uninit(); 32 << 10];
    let mut entries = RawDir::new(directory.as_fd(), &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|errno| fail(LoadErrorKind::Read(errno)))?;
        count += 1;
        if count > ENTRIES_MAX {
            return Err(fail(LoadErrorKind::TooManyEntries));
        }
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if matches!(name, "." | "..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                rustix::fs::statat(directory.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| {
                        FileType::from_raw_mode(stat.st_mode)
                    })
            }
            kind => kind,
        };
        if !each(name, kind) {
            break;
        }
    }
    Ok(())
}

fn open(root: &Path, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match root == Path::new("/") {
        true => rustix::fs::open(path, flags, Mode::empty()),
        false => {
            let real = resolve::canonical(root, path).ok_or(Errno::NOENT)?;
            rustix::fs::open(real, flags, Mode::empty())
        }
    }
}

fn unit_like(name: &str) -> bool {
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    suffix.and_then(UnitKind::from_suffix).is_some()
}
