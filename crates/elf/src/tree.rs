//! What was seen of a tree of files, so that nothing is looked at twice.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::error::FileKind;

/// The number of a directory that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(usize);

/// What is at a name in a directory.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Missing,
    Directory(Node),
    Link(PathBuf),
    File(FileKind, u32),
}

/// Where in its path a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Within,
    Last,
}

/// What a look at the file system says, before a directory has its number.
pub(crate) enum Sight {
    Missing,
    Directory,
    Link(PathBuf),
    File(FileKind, u32),
}

/// Directories and what is known of their entries.
#[derive(Debug)]
pub(crate) struct Tree {
    directories: Vec<Directory>,
}

#[derive(Debug)]
struct Directory {
    parent: Node,
    /// The absolute path, empty for the root.
    path: Vec<u8>,
    entries: HashMap<Vec<u8>, Entry>,
}

impl Default for Tree {
    fn default() -> Self {
        let root = Directory {
            parent: Tree::ROOT,
            path: Vec::new(),
            entries: HashMap::new(),
        };
        Self {
            directories: vec![root],
        }
    }
}

impl Tree {
    pub(crate) const ROOT: Node = Node(0);

    /// The directory above; the root is above itself.
    pub(crate) fn parent(&self, node: Node) -> Node {
        self.directories
            .get(node.0)
            .map_or(Self::ROOT, |directory| directory.parent)
    }

    /// The path of a name in a directory.
    pub(crate) fn path(&self, node: Node, name: &[u8]) -> Vec<u8> {
        let directory = self
            .directories
            .get(node.0)
            .map_or([].as_slice(), |it| &it.path);
        [directory, b"/", name].concat()
    }

    /// The path of a directory.
    pub(crate) fn directory(&self, node: Node) -> PathBuf {
        let path = self.directories.get(node.0).map(|it| it.path.clone());
        let path = path
            .filter(|path| !path.is_empty())
            .unwrap_or_else(|| b"/".to_vec());
        OsString::from_vec(path).into()
    }

    /// What is at `name`. Directories, links and missing directories are looked at once, other
    /// files each time.
    pub(crate) fn entry(
        &mut self,
        node: Node,
        name: &[u8],
        place: Place,
        look: impl FnOnce(&[u8]) -> Result<Sight, Errno>,
    ) -> Result<Entry, (Vec<u8>, Errno)> {
        if let Some(entry) = self
            .directories
            .get(node.0)
            .and_then(|it| it.entries.get(name))
        {
            return Ok(entry.clone());
        }
        let path = self.path(node, name);
        let entry = match look(&path) {
            Err(error) => return Err((path, error)),
            Ok(Sight::Missing) if place == Place::Last => return Ok(Entry::Missing),
            Ok(Sight::Missing) => Entry::Missing,
            Ok(Sight::File(kind, mode)) => return Ok(Entry::File(kind, mode)),
            Ok(Sight::Link(target)) => Entry::Link(target),
            Ok(Sight::Directory) => {
                let number = Node(self.directories.len());
                self.directories.push(Directory {
                    parent: node,
                    path,
                    entries: HashMap::new(),
                });
                Entry::Directory(number)
            }
        };
        if let Some(directory) = self.directories.get_mut(node.0) {
            directory.entries.insert(name.to_vec(), entry.clone());
        }
        Ok(entry)
    }
}
