//! The configuration of the manager itself: system.conf and user.conf with their drop-ins.

use super::directory::list;
use super::file::{Content, Known, Role, SourceFile, read};
use super::{LoadError, LoadErrorKind, Origin, UserDirs, resolve};
use crate::syntax::Assignment;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of the manager's configuration, see systemd-system.conf(5).
#[derive(Clone, Debug, Default)]
pub struct ManagerConfig {
    /// The main file, then the drop-ins in the order they apply.
    pub files: Vec<Arc<SourceFile>>,
    /// Files and directories that could not be read.
    pub skipped: Vec<LoadError>,
}

impl ManagerConfig {
    /// Loads `system.conf` and its drop-ins below `root`, as a systemd of this version does.
    ///
    /// The directories are `systemd` in /etc, /run, /usr/local/lib and /usr/lib. The main file is that of the first one that
    /// has it; systemd before version 256 looks for it in /etc only.
    pub fn system(root: &Path, systemd: u16) -> Self {
        let dirs = directories(root);
        let main = match systemd {
            ..256 => dirs.get(..1).unwrap_or_default(),
            _ => &dirs,
        };
        Self::load(root, "system.conf", main, &dirs)
    }

    /// Loads `user.conf` and its drop-ins below `root`. The user's own directory comes first; the main file is there or in
    /// /etc only.
    pub fn user(root: &Path, user: &UserDirs) -> Self {
        let own = user.config_home.iter().map(|home| home.join("systemd"));
        let own: Vec<PathBuf> = own.collect();
        let all = directories(root);
        let (etc, others) = all.split_at(1);
        let main = [&own, etc].concat();
        Self::load(root, "user.conf", &main, &[&main, others].concat())
    }

    fn load(root: &Path, main: &str, main_dirs: &[PathBuf], dirs: &[PathBuf]) -> Self {
        let mut config = Self::default();
        for dir in main_dirs {
            match read(root, &dir.join(main), Known::Link) {
                Ok(content) => {
                    config.add(dir.join(main), Role::Fragment, content);
                    break;
                }
                Err(error) => config.skip(error),
            }
        }
        let mut drop_ins: BTreeMap<String, PathBuf> = BTreeMap::new();
        for dir in dirs {
            let dir = dir.join(format!("{main}.d"));
            let listed = list(root, &dir, &mut None, |name, kind| {
                let file = matches!(kind, FileType::RegularFile | FileType::Symlink);
                if file && name.ends_with(".conf") && !name.starts_with('.') {
                    drop_ins
                        .entry(name.into())
                        .or_insert_with(|| dir.join(name));
                }
                drop_ins.len() <= super::DROP_INS_MAX
            });
            config.skipped.extend(listed.err());
        }
        if drop_ins.len() > super::DROP_INS_MAX {
            let dir = resolve::below(root, Path::new("/etc/systemd"));
            config
                .skipped
                .push(LoadError::new(dir, LoadErrorKind::TooManyDropIns));
            return config;
        }
        for path in drop_ins.into_values() {
            match read(root, &path, Known::Link) {
                Ok(content) => config.add(path, Role::DropIn, content),
                Err(error) => config.skip(error),
            }
        }
        config
    }

    /// All assignments in the order they apply; those that count stand in `[Manager]`.
    pub fn assignments(&self) -> impl Iterator<Item = (Origin, Assignment<'_>)> {
        super::unit::assignments(&self.files)
    }

    fn add(&mut self, path: PathBuf, role: Role, content: Content) {
        if let Content::Text(bytes) = content {
            self.files.push(SourceFile::new(path, role, bytes));
        }
    }

    fn skip(&mut self, error: LoadError) {
        if error.kind != LoadErrorKind::Open(Errno::NOENT) {
            self.skipped.push(error);
        }
    }
}

/// The directories of system-wide configuration, the first one overrules the others.
fn directories(root: &Path) -> [PathBuf; 4] {
    ["/etc", "/run", "/usr/local/lib", "/usr/lib"]
        .map(|dir| resolve::below(root, Path::new(dir)).join("systemd"))
}
