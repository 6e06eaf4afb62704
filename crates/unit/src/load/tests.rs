#![expect(clippy::unwrap_used, reason = "tests")]
//! The expectations about names, links, masks and the order of drop-ins were seen with systemd-analyze 252, 257 and 262.

mod files;
mod hostile;
mod names;
mod paths;

use super::*;
use crate::name::UnitName;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that is removed at the end of the test.
struct Tree(PathBuf);

impl Tree {
    /// Files given as `path`, links as `path -> target`. A file has a section and an assignment, unless its path ends with ` empty`.
    fn new(lines: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("unit-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let tree = Self(fs::canonicalize(path).unwrap());
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some((link, target)) = line.split_once(" -> ") {
                symlink(target, tree.place(link)).unwrap();
            } else if let Some(file) = line.strip_suffix(" empty") {
                fs::write(tree.place(file), "").unwrap();
            } else {
                fs::write(tree.place(line), "[Service]\nKey=value\n").unwrap();
            }
        }
        tree
    }

    fn place(&self, path: &str) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// A loader for the directories `a` and `b`.
    fn loader(&self) -> Loader {
        let path = SearchPath::none().with_front([self.0.join("a"), self.0.join("b")]);
        Loader::new(path, Options::with_instance("i"))
    }

    fn load(&self, name: &str) -> Unit {
        self.loader().load(&UnitName::parse(name).unwrap())
    }

    /// The files of a unit, blank-separated.
    fn files(&self, unit: &Unit) -> String {
        let paths = unit
            .files
            .iter()
            .map(|file| file.path.strip_prefix(&self.0).unwrap());
        let paths: Vec<_> = paths.map(|path| path.display().to_string()).collect();
        paths.join(" ")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(unit: &Unit) -> Vec<&str> {
    let names = std::iter::once(&unit.name).chain(&unit.aliases);
    names.map(UnitName::as_str).collect()
}
