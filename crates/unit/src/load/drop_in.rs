//! Drop-in directories.

use super::directory::list;
use super::file::{Content, Known, Role, SourceFile, read};
use super::{DROP_INS_MAX, LoadError, LoadErrorKind, resolve};
use rustix::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The `.conf` files of one directory.
#[derive(Debug, Default)]
pub(super) struct DropInDir {
    pub(super) path: PathBuf,
    pub(super) files: Vec<DropIn>,
    pub(super) error: Option<LoadError>,
}

/// One file, read when it is first needed and then shared by all units it counts for.
#[derive(Debug)]
pub(super) struct DropIn {
    pub(super) name: Box<str>,
    kind: FileType,
    file: OnceLock<Result<Option<Arc<SourceFile>>, LoadError>>,
}

impl DropInDir {
    pub(super) fn read(root: &Path, path: &Path) -> Self {
        let linked = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let mut directory = Self {
            path: match linked {
                true => resolve::canonical(root, path).unwrap_or_else(|| path.into()),
                false => path.into(),
            },
            ..Self::default()
        };
        let files = &mut directory.files;
        directory.error = list(root, path, &mut None, |name, kind| {
            if name.ends_with(".conf") && !name.starts_with('.') {
                files.push(DropIn {
                    name: name.into(),
                    kind,
                    file: OnceLock::new(),
                });
            }
            files.len() <= DROP_INS_MAX
        })
        .err();
        directory
    }

    /// The file, or nothing when it only hides others of its name.
    pub(super) fn load(
        &self,
        root: &Path,
        index: usize,
    ) -> Result<Option<Arc<SourceFile>>, LoadError> {
        let Some(drop_in) = self.files.get(index) else {
            return Ok(None);
        };
        let load = || {
            let path = self.path.join(&*drop_in.name);
            let known = match drop_in.kind {
                FileType::RegularFile => Known::Regular,
                FileType::Symlink => Known::Link,
                _ => return Err(LoadError::new(path, LoadErrorKind::NotAFile)),
            };
            Ok(match read(root, &path, known)? {
                Content::Null => None,
                Content::Text(bytes) => Some(SourceFile::new(path, Role::DropIn, bytes)),
            })
        };
        drop_in.file.get_or_init(load).clone()
    }
}
