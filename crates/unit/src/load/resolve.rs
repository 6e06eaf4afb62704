//! Paths below another root.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The kernel's limit on symbolic links in one path.
const LINKS_MAX: usize = 40;

/// `path`, taken below `root` where it is absolute and `root` is not `/`.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(rest) if root != Path::new("/") => root.join(rest),
        _ => path.to_path_buf(),
    }
}

/// The real path of something that exists, with absolute symbolic links taken below `root`.
pub(super) fn canonical(root: &Path, path: &Path) -> Option<PathBuf> {
    if root == Path::new("/") {
        return fs::canonicalize(path).ok();
    }
    let root = fs::canonicalize(root).ok()?;
    let path = fs::canonicalize(path.parent()?)
        .ok()?
        .join(path.file_name()?);
    let Ok(inside) = path.strip_prefix(&root) else {
        return fs::canonicalize(path).ok();
    };
    let mut rest = parts(inside);
    let mut links = 0;
    let mut at = root.clone();
    while let Some(part) = rest.pop() {
        if part == OsStr::new("..") {
            if at != root {
                at.pop();
            }
            continue;
        }
        at.push(part);
        let kind = fs::symlink_metadata(&at).ok()?;
        if !kind.is_symlink() {
            continue;
        }
        links += 1;
        if links > LINKS_MAX {
            return None;
        }
        let target = fs::read_link(&at).ok()?;
        at.pop();
        if target.is_absolute() {
            at.clone_from(&root);
        }
        rest.append(&mut parts(&target));
    }
    Some(at)
}

/// The names in a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}
