//! The tree as the process will see it, while it is planned: the host's, or that of another root directory, with what is
//! mounted over it.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, StatxAttributes, StatxFlags};

/// How many symbolic links are followed, as in the kernel.
const LINKS_MAX: usize = 40;

/// The tree in the making.
#[derive(Debug)]
pub(super) struct View {
    /// What `/` is on the host; none when the root is made anew and empty.
    base: Option<String>,
    /// What is mounted, by its path.
    mounted: BTreeMap<String, Backing>,
}

/// What is behind a mounted path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Backing {
    /// A part of the host's tree.
    Host(String),
    /// Nothing but what is mounted or made in it.
    Empty,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The path without symbolic links.
    pub(super) path: String,
    /// What is there; none when nothing is.
    pub(super) found: Option<Found>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// Whether a mount begins there.
    pub(super) is_mount: bool,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
    Link,
}

impl View {
    /// The tree below a directory of the host, or an empty one.
    pub(super) fn new(base: Option<&str>) -> Self {
        Self {
            base: base.map(str::to_owned),
            mounted: BTreeMap::new(),
        }
    }

    /// Puts something over a path that was resolved before.
    pub(super) fn mount(&mut self, path: &str, backing: Backing) {
        self.mounted.insert(path.to_owned(), backing);
    }

    /// Follows the links of an absolute path. What is missing stays as it is written.
    pub(super) fn resolve(&self, path: &str) -> Resolved {
        let mut rest: Vec<String> = parts(path);
        rest.reverse();
        let mut current = String::new();
        let mut links = 0;
        let mut found = Some(self.root());
        while let Some(part) = rest.pop() {
            if part == ".." {
                current.truncate(current.rfind('/').unwrap_or(0));
                continue;
            }
            let next = format!("{current}/{part}");
            found = if found.is_some() {
                self.look(&next)
            } else {
                None
            };
            match found.filter(|found| found.kind == Kind::Link && links < LINKS_MAX) {
                Some(_) => {
                    links += 1;
                    let Some(target) = self.link(&next) else {
                        current = next;
                        continue;
                    };
                    if target.starts_with('/') {
                        current.clear();
                    }
                    rest.extend(parts(&target).into_iter().rev());
                    found = Some(self.root());
                }
                None => current = next,
            }
        }
        if current.is_empty() {
            current.push('/');
            found = Some(self.root());
        }
        Resolved {
            path: current,
            found,
        }
    }

    /// Whether a path, without what is mounted at it, is there, or is made on the way to something else.
    pub(super) fn is_there_without(&self, path: &str) -> bool {
        let above = path
            .rfind('/')
            .and_then(|at| path.get(..at))
            .unwrap_or_default();
        let name = path.get(above.len()..).unwrap_or_default();
        match self.backing(above) {
            Backing::Host(host) => look(&join(&host, name)).is_some(),
            Backing::Empty => false,
        }
    }

    /// What is at a path whose links, but for the last, have been followed.
    fn look(&self, path: &str) -> Option<Found> {
        if self.mounted.contains_key(path) {
            let kind = match self.backing(path) {
                Backing::Host(host) => look(&host).map_or(Kind::Directory, |found| found.kind),
                Backing::Empty => Kind::Directory,
            };
            return Some(Found {
                kind,
                is_mount: true,
            });
        }
        match self.backing(path) {
            Backing::Host(host) => look(&host),
            // Directories on the way to something that is mounted are made.
            Backing::Empty => {
                let below = format!("{path}/");
                let makes = self.mounted.range(below.clone()..).next();
                makes
                    .filter(|(mounted, _)| mounted.starts_with(&below))
                    .map(|_| Found {
                        kind: Kind::Directory,
                        is_mount: false,
                    })
            }
        }
    }

    fn link(&self, path: &str) -> Option<String> {
        let Backing::Host(host) = self.backing(path) else {
            return None;
        };
        std::fs::read_link(host)
            .ok()?
            .into_os_string()
            .into_string()
            .ok()
    }

    /// What is behind a path: the deepest mount over it decides.
    fn backing(&self, path: &str) -> Backing {
        let mut above = path;
        loop {
            if let Some(backing) = self.mounted.get(if above.is_empty() { "/" } else { above }) {
                return match backing {
                    Backing::Host(source) => {
                        Backing::Host(join(source, path.get(above.len()..).unwrap_or_default()))
                    }
                    Backing::Empty => Backing::Empty,
                };
            }
            match above.rfind('/') {
                Some(at) => above = above.get(..at).unwrap_or_default(),
                None => break,
            }
        }
        match &self.base {
            Some(base) => Backing::Host(join(base, path)),
            None => Backing::Empty,
        }
    }

    const fn root(&self) -> Found {
        Found {
            kind: Kind::Directory,
            is_mount: true,
        }
    }
}

/// What is at a path of the host; symbolic links are not followed at its end.
pub(super) fn look(path: &str) -> Option<Found> {
    let path = CString::new(path).ok()?;
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let status = rustix::fs::statx(CWD, path.as_c_str(), flags, StatxFlags::TYPE).ok()?;
    let kind = match FileType::from_raw_mode(status.stx_mode.into()) {
        FileType::Directory => Kind::Directory,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharacterDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Symlink => Kind::Link,
        _ => Kind::File,
    };
    Some(Found {
        kind,
        is_mount: status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
    })
}

fn parts(path: &str) -> Vec<String> {
    Path::new(path)
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str().map(str::to_owned),
            Component::ParentDir => Some("..".to_owned()),
            _ => None,
        })
        .collect()
}

fn join(base: &str, rest: &str) -> String {
    let rest = rest.trim_start_matches('/');
    match (base.trim_end_matches('/'), rest) {
        ("", "") => "/".to_owned(),
        (base, "") => base.to_owned(),
        (base, rest) => format!("{base}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn links_are_followed_inside_the_tree() {
        let folder = std::env::temp_dir().join(format!("unitward-view-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("usr/lib")).unwrap();
        std::os::unix::fs::symlink("/usr/lib", folder.join("lib")).unwrap();
        std::os::unix::fs::symlink("loop", folder.join("loop")).unwrap();
        let view = View::new(folder.to_str());
        let resolved = view.resolve("/lib/x");
        assert_eq!(
            (resolved.path.as_str(), resolved.found),
            ("/usr/lib/x", None)
        );
        assert_eq!(view.resolve("/lib").path, "/usr/lib");
        assert_eq!(view.resolve("/../lib/..").path, "/usr");
        assert!(view.resolve("/loop").path.ends_with("loop"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_mounted_hides_what_was_there() {
        let mut view = View::new(Some("/"));
        view.mount("/usr", Backing::Empty);
        view.mount("/usr/share/a", Backing::Host("/etc".to_owned()));
        assert_eq!(view.resolve("/usr/lib").found, None);
        assert_eq!(
            view.resolve("/usr/share").found.map(|found| found.kind),
            Some(Kind::Directory)
        );
        assert!(view.resolve("/usr/share/a/passwd").found.is_some());
        assert!(
            view.resolve("/usr/share/a")
                .found
                .is_some_and(|found| found.is_mount)
        );
    }

    #[test]
    fn an_empty_root_has_nothing() {
        let view = View::new(None);
        assert_eq!(view.resolve("/etc").found, None);
        assert_eq!(view.resolve("/").path, "/");
    }
}
