//! The file tree as a service sees it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use unitward_elf::Root;
use unitward_settings::{PrivateTmp, ProtectHome, ProtectSystem, Scope, Settings};

use super::mounts::{KEPT_BY_STRICT, has_other_root};
use super::paths::{HOMES, PathSet, above, canonical};
use crate::subject::Host;

/// The tree, made of the entries of all settings that mount something.
pub(crate) struct View<'a> {
    /// The host, whose links are followed.
    root: Option<&'a Root>,
    mounts: HashMap<String, Mount>,
    /// Directories in which nothing may be executed, and those in which it may be again.
    exec: HashMap<String, bool>,
    /// What is mounted and can be seen.
    shown: PathSet,
}

/// What stands at a path, in the order in which systemd lets them win over each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Inaccessible,
    Bind,
    Temporary,
    Devices,
    ReadOnly,
    ReadWrite,
    Empty,
    Implicit,
}

struct Mount {
    kind: Kind,
    writable: bool,
    setting: String,
}

/// What a service finds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// What the host has there, or what a bind brings there.
    Shown,
    /// Nothing, because of this setting: the directory is inaccessible.
    Inaccessible(String),
    /// Nothing, because of this setting: an empty file system is mounted there.
    Empty(String),
}

impl<'a> View<'a> {
    /// See [`Subject::view`](crate::subject::Subject::view).
    pub(crate) fn of(settings: &Settings, host: Option<&'a Host>) -> Option<Self> {
        if has_other_root(settings) || settings.scope == Scope::User {
            return None;
        }
        let mut view = Self {
            root: host.map(|host| &host.root),
            mounts: HashMap::new(),
            exec: HashMap::new(),
            shown: PathSet::default(),
        };
        view.protections(settings);
        view.lists(settings);
        view.directories(settings);
        view.drop_hidden();
        let shown =
            |mount: &Mount| matches!(mount.kind, Kind::Bind | Kind::Temporary | Kind::Empty);
        let shown = view.mounts.iter().filter(|(_, mount)| shown(mount));
        view.shown = shown.map(|(path, _)| path.as_str()).collect();
        Some(view)
    }

    /// A path without the links of the host, or of any system when the host is not known.
    fn real<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let located = self
            .root
            .and_then(|root| root.resolve(Path::new(path)).ok());
        match located.and_then(|located| located.path.into_os_string().into_string().ok()) {
            Some(path) => Cow::Owned(path),
            None => canonical(path),
        }
    }

    fn add(&mut self, path: &str, kind: Kind, writable: bool, setting: String) {
        let path = self.real(path).into_owned();
        let new = Mount {
            kind,
            writable,
            setting,
        };
        match self.mounts.get_mut(&path) {
            None => {
                self.mounts.insert(path, new);
            }
            Some(old) => {
                // The winner keeps the loser's read-only mark.
                let read_only = [&*old, &new].iter().any(|m| m.kind == Kind::ReadOnly);
                if new.kind < old.kind {
                    *old = new;
                }
                old.writable &= !read_only;
            }
        }
    }

    fn protections(&mut self, settings: &Settings) {
        let (name, paths): (_, &[&str]) = match *settings.protect_system {
            ProtectSystem::Strict => ("strict", &["/"]),
            ProtectSystem::Full => ("full", &["/usr", "/boot", "/efi", "/etc"]),
            ProtectSystem::Yes => ("yes", &["/usr", "/boot", "/efi"]),
            _ => ("", &[]),
        };
        for path in paths {
            self.add(path, Kind::ReadOnly, false, format!("ProtectSystem={name}"));
        }
        if name == "strict" {
            for path in KEPT_BY_STRICT {
                self.add(
                    path,
                    Kind::Implicit,
                    true,
                    "ProtectSystem=strict".to_owned(),
                );
            }
        }
        let home = *settings.protect_home;
        for path in HOMES {
            let (kind, name) = match home {
                ProtectHome::Yes => (Kind::Inaccessible, "yes"),
                ProtectHome::ReadOnly => (Kind::ReadOnly, "read-only"),
                ProtectHome::Tmpfs => (Kind::Empty, "tmpfs"),
                _ => break,
            };
            self.add(path, kind, false, format!("ProtectHome={name}"));
        }
        if *settings.private_tmp != PrivateTmp::No {
            for path in ["/tmp", "/var/tmp"] {
                self.add(path, Kind::Temporary, true, "PrivateTmp=yes".to_owned());
            }
        }
        if settings.private_devices.0 {
            self.add(
                "/dev",
                Kind::Devices,
                false,
                "PrivateDevices=yes".to_owned(),
            );
            for path in ["/dev/shm", "/dev/pts", "/dev/mqueue", "/dev/hugepages"] {
                self.add(path, Kind::Bind, true, "PrivateDevices=yes".to_owned());
            }
        }
    }

    fn lists(&mut self, settings: &Settings) {
        for (list, name, kind) in [
            (
                &settings.inaccessible_paths,
                "InaccessiblePaths",
                Kind::Inaccessible,
            ),
            (&settings.read_only_paths, "ReadOnlyPaths", Kind::ReadOnly),
            (
                &settings.read_write_paths,
                "ReadWritePaths",
                Kind::ReadWrite,
            ),
        ] {
            for item in &list.0 {
                let path = &item.value.path;
                self.add(
                    path,
                    kind,
                    kind == Kind::ReadWrite,
                    format!("{name}={path}"),
                );
            }
        }
        for item in &settings.temporary_file_system.0 {
            let (path, read_only) = (&item.value.path, item.value.is_read_only());
            self.add(
                path,
                Kind::Empty,
                !read_only,
                format!("TemporaryFileSystem={path}"),
            );
        }
        for item in &settings.binds.0 {
            let bind = &item.value;
            let name = if bind.read_only {
                "BindReadOnlyPaths"
            } else {
                "BindPaths"
            };
            self.add(
                &bind.destination,
                Kind::Bind,
                !bind.read_only,
                format!("{name}={}", bind.source),
            );
        }
        for (list, may) in [
            (&settings.exec_paths, true),
            (&settings.no_exec_paths, false),
        ] {
            for item in &list.0 {
                let path = self.real(&item.value.path).into_owned();
                // Of the same path, the denial wins.
                *self.exec.entry(path).or_insert(may) &= may;
            }
        }
    }

    /// The directories that systemd makes for the service.
    fn directories(&mut self, settings: &Settings) {
        for (path, read_only) in super::directories::all(settings) {
            let kind = if read_only {
                Kind::ReadOnly
            } else {
                Kind::Implicit
            };
            self.add(&path, kind, !read_only, "its own directory".to_owned());
        }
    }

    /// Nothing appears below an inaccessible directory.
    fn drop_hidden(&mut self) {
        let hidden: Vec<String> = self
            .mounts
            .iter()
            .filter(|(path, _)| {
                above(path).skip(1).any(|dir| {
                    let mount = self.mounts.get(dir);
                    mount.is_some_and(|mount| mount.kind == Kind::Inaccessible)
                })
            })
            .map(|(path, _)| path.clone())
            .collect();
        for path in hidden {
            self.mounts.remove(&path);
        }
    }

    /// The nearest mount at or above a path that fits.
    fn nearest(&self, path: &str, fits: impl Fn(&Mount) -> bool) -> Option<&Mount> {
        let path = self.real(path);
        above(&path)
            .filter_map(|dir| self.mounts.get(dir))
            .find(|mount| fits(mount))
    }

    /// What the service finds at a path.
    pub(crate) fn sight(&self, path: &str) -> Sight {
        let content = |mount: &Mount| mount.kind < Kind::ReadOnly || mount.kind == Kind::Empty;
        match self.nearest(path, content) {
            Some(mount) if mount.kind == Kind::Inaccessible => {
                Sight::Inaccessible(mount.setting.clone())
            }
            Some(mount) if mount.kind == Kind::Empty && !self.has_mount_below(path) => {
                Sight::Empty(mount.setting.clone())
            }
            _ => Sight::Shown,
        }
    }

    /// Whether something is mounted below a path, so that the path itself exists.
    fn has_mount_below(&self, path: &str) -> bool {
        self.shown.reaches(&self.real(path))
    }

    /// The setting that makes a path read-only or takes it away, unless the service can write there.
    pub(crate) fn read_only_by(&self, path: &str) -> Option<&str> {
        let mount = self.nearest(path, |_| true)?;
        (!mount.writable).then_some(mount.setting.as_str())
    }

    /// Whether a service can execute what stands at a path.
    pub(crate) fn is_executable(&self, path: &str) -> bool {
        let path = self.real(path);
        let rule = above(&path).find_map(|dir| self.exec.get(dir));
        rule.copied().unwrap_or(true)
    }
}
