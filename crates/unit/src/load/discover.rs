//! Unit files in a directory tree.

use super::directory::list;
use super::{LoadError, Loader};
use crate::name::UnitName;
use rustix::fs::FileType;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The deepest directory that is visited, counted from the one that was given.
const DEPTH_MAX: usize = 64;

impl Loader {
    /// All files and links in a directory tree that are named like a unit with execution settings, sorted by path, and the
    /// directories that could not be read. Symbolic links to directories are not entered, nor are drop-in directories and
    /// hidden ones.
    pub fn discover(&self, tree: &Path) -> (Vec<PathBuf>, Vec<LoadError>) {
        let mut found = Vec::new();
        let mut errors = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![(tree.to_path_buf(), 0)];
        while let Some((directory, depth)) = waiting.pop() {
            let mut identity = None;
            let before = waiting.len();
            let listed = list(Path::new("/"), &directory, &mut identity, |name, kind| {
                match kind {
                    FileType::Directory if depth < DEPTH_MAX && entered(name) => {
                        waiting.push((directory.join(name), depth + 1));
                    }
                    FileType::RegularFile | FileType::Symlink if wanted(name) => {
                        found.push(directory.join(name));
                    }
                    _ => {}
                }
                true
            });
            errors.extend(listed.err());
            if identity.is_some_and(|identity| !seen.insert(identity)) {
                // The same directory by a bind mount.
                waiting.truncate(before);
            }
        }
        found.sort_unstable();
        (found, errors)
    }
}

fn entered(name: &str) -> bool {
    let suffixes = [".d", ".wants", ".requires", ".upholds"];
    !name.starts_with('.') && !suffixes.iter().any(|suffix| name.ends_with(suffix))
}

fn wanted(name: &str) -> bool {
    UnitName::parse(name).is_ok_and(|name| name.kind().has_execution_settings())
}
