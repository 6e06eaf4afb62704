//! A directory that stands for `/`, inside which every path is looked up.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, ResolveFlags};
use rustix::io::Errno;

use crate::elf::Elf;
use crate::error::{Error, FileKind};
use crate::image::Image;
use crate::ldcache::Cache;
use crate::loader::Loader;
use crate::source::Source;
use crate::tree::{Entry, Place, Sight, Tree};

/// The kernel's limit of symbolic links in one look-up, path_resolution(7).
const LINKS_MAX: usize = 40;
/// The kernel's PATH_MAX.
const PATH_MAX: usize = 4096;
/// The kernel's NAME_MAX on all usual file systems.
const NAME_MAX: usize = 255;

/// Real caches have some 100 KiB.
const CACHE_MAX: u64 = 32 << 20;

/// A directory that stands for `/`.
///
/// Symbolic links are followed inside it: an absolute link starts at the directory again and `..`
/// stays inside, as after chroot(2). Directories, links and objects that were seen are remembered,
/// so that many programs can be looked at cheaply; make a new value to see later changes.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    directory: OwnedFd,
    memory: Mutex<Memory>,
}

/// A symbolic link that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// Where the link is; no component before its last is a link.
    pub path: PathBuf,
    /// What it says.
    pub target: PathBuf,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The absolute path inside the root, free of links.
    pub path: PathBuf,
    /// The links that were followed, in their order.
    pub links: Vec<Link>,
    /// What stands there.
    pub kind: FileKind,
    /// The permission bits (`st_mode & 07777`), 0 for a directory.
    pub mode: u32,
}

impl Located {
    /// Whether any of the three execute bits is set, without which even root cannot execute it.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }
}

#[derive(Debug, Default)]
struct Memory {
    tree: Tree,
    images: HashMap<PathBuf, Arc<Image>>,
    loaders: HashMap<PathBuf, Arc<Loader>>,
    caches: HashMap<PathBuf, Option<Arc<Cache>>>,
}

/// How many components may still be looked at, the bound of time for hostile trees.
#[derive(Debug)]
pub(crate) struct Effort(pub(crate) u64);

impl Effort {
    /// More than the kernel can need for one path: 40 links of 2048 components.
    pub(crate) const PATH: u64 = 100_000;
}

impl Root {
    /// Opens the directory `path` as the root.
    ///
    /// # Errors
    /// [`Error::Root`] when it is no directory or cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(directory) => Ok(Self {
                path,
                directory,
                memory: Mutex::default(),
            }),
            Err(error) => Err(Error::Root {
                path,
                source: error.into(),
            }),
        }
    }

    /// The directory's path outside, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Follows `path`, relative ones from the root, to what it leads to.
    ///
    /// # Errors
    /// When nothing is there, links do not end, or a directory may not be searched.
    pub fn resolve(&self, path: &Path) -> Result<Located, Error> {
        self.walk(path, &mut Effort(Effort::PATH))
    }

    pub(crate) fn walk(&self, path: &Path, effort: &mut Effort) -> Result<Located, Error> {
        let length = || Error::PathLength {
            path: path.to_owned(),
        };
        if path.as_os_str().len() >= PATH_MAX {
            return Err(length());
        }
        let tree = &mut self.memory().tree;
        let mut current = Tree::ROOT;
        let mut pending = components(path);
        let mut links = Vec::new();
        while let Some(name) = pending.pop() {
            effort.0 = effort.0.saturating_sub(1);
            if effort.0 == 0 {
                return Err(Error::Effort {
                    path: path.to_owned(),
                });
            }
            match name.as_slice() {
                b"." => continue,
                b".." => {
                    current = tree.parent(current);
                    continue;
                }
                _ if name.len() > NAME_MAX => return Err(length()),
                _ => {}
            }
            let place = if pending.is_empty() {
                Place::Last
            } else {
                Place::Within
            };
            let entry = tree
                .entry(current, &name, place, |path| self.look(path))
                .map_err(|(path, error)| Error::Read {
                    path: to_path(path),
                    source: error.into(),
                })?;
            match entry {
                Entry::Directory(node) => current = node,
                Entry::File(kind, mode) if pending.is_empty() => {
                    let path = to_path(tree.path(current, &name));
                    return Ok(Located {
                        path,
                        links,
                        kind,
                        mode,
                    });
                }
                Entry::Missing | Entry::File(..) => {
                    return Err(Error::NotFound {
                        path: path.to_owned(),
                    });
                }
                Entry::Link(target) => {
                    if links.len() == LINKS_MAX {
                        return Err(Error::Links {
                            path: path.to_owned(),
                        });
                    }
                    links.push(Link {
                        path: to_path(tree.path(current, &name)),
                        target: target.clone(),
                    });
                    if target.is_absolute() {
                        current = Tree::ROOT;
                    }
                    pending.extend(components(&target));
                }
            }
        }
        let path = tree.directory(current);
        Ok(Located {
            path,
            links,
            kind: FileKind::Directory,
            mode: 0,
        })
    }

    /// Opens what [`Self::resolve`] found, for reading.
    ///
    /// # Errors
    /// [`Error::NotRegular`] for anything but a regular file, which is never opened;
    /// [`Error::Read`] when the kernel refuses.
    pub fn open_file(&self, located: &Located) -> Result<File, Error> {
        let not_regular = |kind| {
            Err(Error::NotRegular {
                path: located.path.clone(),
                kind,
            })
        };
        if located.kind != FileKind::Regular {
            return not_regular(located.kind);
        }
        let failed = |error: Errno| Error::Read {
            path: located.path.clone(),
            source: error.into(),
        };
        let name = inside(located.path.as_os_str().as_bytes());
        // The entry may have been replaced since: no link is followed and no FIFO waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
        let opened = match rustix::fs::openat2(&self.directory, name, flags, Mode::empty(), resolve)
        {
            // Linux before 5.6, or a filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {
                rustix::fs::openat(&self.directory, name, flags, Mode::empty())
            }
            other => other,
        };
        let file = opened.map_err(failed)?;
        let status = rustix::fs::fstat(file.as_fd()).map_err(failed)?;
        match kind_of(status.st_mode) {
            FileKind::Regular => Ok(file.into()),
            other => not_regular(other),
        }
    }

    /// Reads a whole file of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Self::resolve`] and [`Self::open_file`], and [`Error::Size`].
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
        let located = self.resolve(path)?;
        let file = self.open_file(&located)?;
        let mut bytes = Vec::new();
        match file.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
            Ok(count) if count as u64 > limit => Err(Error::Size {
                path: located.path,
                limit,
            }),
            Ok(_) => Ok(bytes),
            Err(source) => Err(Error::Read {
                path: located.path,
                source,
            }),
        }
    }

    /// The object at a resolved path, read once.
    pub(crate) fn image(&self, located: &Located) -> Result<Arc<Image>, Error> {
        if let Some(image) = self.memory().images.get(&located.path) {
            return Ok(Arc::clone(image));
        }
        let file = self.open_file(located)?;
        let image = Arc::new(Image::read(&located.path, &file)?);
        self.memory()
            .images
            .insert(located.path.clone(), Arc::clone(&image));
        Ok(image)
    }

    /// The facts of the loader that programs name `asked`, read once.
    pub(crate) fn loader(
        &self,
        asked: &Path,
        located: &Located,
        elf: &Elf,
    ) -> Result<Arc<Loader>, Error> {
        if let Some(loader) = self.memory().loaders.get(asked) {
            return Ok(Arc::clone(loader));
        }
        let file = self.open_file(located)?;
        let failed = |source| Error::Read {
            path: located.path.clone(),
            source,
        };
        let source = Source::file(&file).map_err(failed)?;
        let loader = Arc::new(Loader::read(asked, &located.path, elf, &source));
        self.memory()
            .loaders
            .insert(asked.to_owned(), Arc::clone(&loader));
        Ok(loader)
    }

    /// The cache of library names at a path, read once; `None` when there is none to use.
    pub(crate) fn cache(&self, path: &Path) -> Option<Arc<Cache>> {
        if let Some(cache) = self.memory().caches.get(path) {
            return cache.clone();
        }
        let bytes = self.read(path, CACHE_MAX).ok();
        let cache = bytes.and_then(Cache::parse).map(Arc::new);
        self.memory().caches.insert(path.to_owned(), cache.clone());
        cache
    }

    fn look(&self, path: &[u8]) -> Result<Sight, Errno> {
        let name = inside(path);
        let status = match rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Sight::Missing),
            other => other?,
        };
        if FileType::from_raw_mode(status.st_mode) == FileType::Symlink {
            let target = rustix::fs::readlinkat(&self.directory, name, Vec::new())?;
            return Ok(Sight::Link(to_path(target.into_bytes())));
        }
        Ok(match kind_of(status.st_mode) {
            FileKind::Directory => Sight::Directory,
            kind => Sight::File(kind, status.st_mode & 0o7777),
        })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kind_of(mode: RawMode) -> FileKind {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        _ => FileKind::Special,
    }
}

/// The path relative to the root's descriptor.
fn inside(path: &[u8]) -> &Path {
    let name = path.strip_prefix(b"/").unwrap_or(path);
    Path::new(std::ffi::OsStr::from_bytes(if name.is_empty() {
        b"."
    } else {
        name
    }))
}

/// The components of a path, last first, so that the next one is popped. A trailing slash asks
/// for a directory, as a last component `.` does.
fn components(path: &Path) -> Vec<Vec<u8>> {
    let path = path.as_os_str().as_bytes();
    let names = path
        .rsplit(|byte| *byte == b'/')
        .filter(|name| !name.is_empty());
    let slash = path.ends_with(b"/").then_some(b".".as_slice());
    slash.into_iter().chain(names).map(<[u8]>::to_vec).collect()
}

fn to_path(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}
