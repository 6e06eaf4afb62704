//! The directories in which units are looked up.

use super::resolve;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Which manager a unit is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The system manager.
    #[default]
    System,
    /// The manager of a user.
    User,
}

/// The directories of a user, as the XDG base directory specification defines them. The caller takes them from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDirs {
    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    pub config_home: Option<PathBuf>,
    /// `$XDG_CONFIG_DIRS`; empty means `/etc/xdg`.
    pub config_dirs: Vec<PathBuf>,
    /// `$XDG_DATA_HOME`, else `~/.local/share`.
    pub data_home: Option<PathBuf>,
    /// `$XDG_DATA_DIRS`; empty means `/usr/local/share` and `/usr/share`.
    pub data_dirs: Vec<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
}

/// The directories in which units are looked up, most important first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPath {
    dirs: Vec<PathBuf>,
    root: PathBuf,
}

impl SearchPath {
    /// No directory at all.
    pub fn none() -> Self {
        Self {
            dirs: Vec::new(),
            root: "/".into(),
        }
    }

    /// The path of the system manager below `root`, which is `/` for the running system.
    pub fn system(root: &Path) -> Self {
        let dirs = [
            "/etc/systemd/system.control",
            "/run/systemd/system.control",
            "/run/systemd/transient",
            "/run/systemd/generator.early",
            "/etc/systemd/system",
            "/etc/systemd/system.attached",
            "/run/systemd/system",
            "/run/systemd/system.attached",
            "/run/systemd/generator",
            "/usr/local/lib/systemd/system",
            "/usr/lib/systemd/system",
            // The same directory on most systems, where the loader skips it.
            "/lib/systemd/system",
            "/run/systemd/generator.late",
        ];
        Self {
            dirs: dirs
                .iter()
                .map(|dir| resolve::below(root, Path::new(dir)))
                .collect(),
            root: root.into(),
        }
    }

    /// The path of a user's manager below `root`.
    pub fn user(root: &Path, user: &UserDirs) -> Self {
        let defaults = |dirs: &[PathBuf], default: &[&str]| match dirs {
            [] => default.iter().map(PathBuf::from).collect(),
            _ => dirs.to_vec(),
        };
        let config_dirs: Vec<PathBuf> = defaults(&user.config_dirs, &["/etc/xdg"]);
        let data_dirs = defaults(&user.data_dirs, &["/usr/local/share", "/usr/share"]);
        let mut dirs: Vec<PathBuf> = Vec::new();
        let mut add = |base: &Path, sub: &str| {
            let dir = resolve::below(root, &base.join(sub));
            if !dirs.contains(&dir) {
                dirs.push(dir);
            }
        };
        let config_home = user.config_home.as_deref();
        let runtime = user.runtime.as_deref();
        config_home
            .iter()
            .for_each(|base| add(base, "systemd/user.control"));
        for sub in ["user.control", "transient", "generator.early"] {
            runtime
                .iter()
                .for_each(|base| add(&base.join("systemd"), sub));
        }
        config_home
            .iter()
            .for_each(|base| add(base, "systemd/user"));
        config_dirs
            .iter()
            .for_each(|base| add(base, "systemd/user"));
        add(Path::new("/etc"), "systemd/user");
        runtime.iter().for_each(|base| add(base, "systemd/user"));
        add(Path::new("/run"), "systemd/user");
        runtime
            .iter()
            .for_each(|base| add(base, "systemd/generator"));
        user.data_home
            .iter()
            .for_each(|base| add(base, "systemd/user"));
        data_dirs.iter().for_each(|base| add(base, "systemd/user"));
        add(Path::new("/usr/local/lib"), "systemd/user");
        add(Path::new("/usr/lib"), "systemd/user");
        runtime
            .iter()
            .for_each(|base| add(base, "systemd/generator.late"));
        Self {
            dirs,
            root: root.into(),
        }
    }

    /// Applies the value of `$SYSTEMD_UNIT_PATH`: it replaces the path, an empty one leaves no directory, and a trailing `:`
    /// keeps the directories so far behind those of the value. Relative directories are not used.
    pub fn with_override(mut self, value: Option<&OsStr>) -> Self {
        let Some(value) = value else {
            return self;
        };
        let bytes = value.as_bytes();
        let mut dirs: Vec<PathBuf> = Vec::new();
        for dir in bytes
            .split(|&byte| byte == b':')
            .map(OsStr::from_bytes)
            .map(Path::new)
        {
            let dir = resolve::below(&self.root, dir);
            if dir.is_absolute() && !dirs.contains(&dir) {
                dirs.push(dir);
            }
        }
        if let [.., b':'] = bytes {
            self.dirs.retain(|dir| !dirs.contains(dir));
            dirs.append(&mut self.dirs);
        }
        self.dirs = dirs;
        self
    }

    /// Puts directories in front, in this order, as the folders of units given by path. They are taken as they are, not below
    /// the root.
    pub fn with_front(mut self, front: impl IntoIterator<Item = PathBuf>) -> Self {
        let front = front.into_iter().map(|dir| match dir.as_os_str() {
            name if name.is_empty() => ".".into(),
            _ => dir,
        });
        let mut seen = HashSet::new();
        self.dirs = front
            .chain(self.dirs)
            .filter(|dir| seen.insert(dir.clone()))
            .collect();
        self
    }

    /// The directories, most important first.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// The directory that stands for `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }
}
