//! What a program opens by itself once it runs, as far as its libraries tell.

mod functions;
mod libraries;
mod notes;
mod nss;
mod pam;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::closure::{Closure, Role, closure};
use crate::image::Program;
use crate::names::Kind;
use crate::process::Process;
use crate::root::{Located, Root};

/// A file, directory or socket that a program opens by itself, and that is there.
#[derive(Debug, Clone)]
pub struct Implicit {
    /// The path by which it is opened.
    pub path: PathBuf,
    /// Where that leads. Of a directory, all that is in it may be opened.
    pub located: Located,
    /// The index in [`Closure::files`] of what opens it.
    pub by: usize,
    /// What for, as a clause without an end: "looks up users".
    pub why: String,
    /// How sure that is.
    pub certainty: Certainty,
}

/// How sure it is that something is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// It is opened in normal use: the program calls the function, or cannot work without.
    Likely,
    /// It is opened in some uses or with some configuration, and mostly done without.
    Possible,
}

/// Finds what the programs of a closure open by themselves once they run: modules for names of
/// users and hosts, for logins, for character sets and for cryptography, configuration, time
/// zones, well-known sockets. Modules come with the libraries that they need.
///
/// It is known from the libraries that are mapped and the functions that are called, so that a
/// statically linked program has none. Only what is there is listed.
pub fn implicit_dependencies(root: &Root, closure: &Closure) -> Vec<Implicit> {
    let Some(mut collector) = Collector::new(root, closure) else {
        return Vec::new();
    };
    libraries::collect(&mut collector);
    for process in 0..collector.closure.processes.len() {
        functions::collect(&mut collector, process);
        pam::collect(&mut collector, process);
        notes::collect(&mut collector, process);
    }
    collector.found
}

/// Collects, with a closure of its own that grows by the modules that are loaded.
struct Collector<'a> {
    root: &'a Root,
    closure: Closure,
    /// How many files of the closure are those of the start.
    started: usize,
    /// For each file behind those, which of those opened it.
    openers: Vec<usize>,
    seen: HashSet<PathBuf>,
    found: Vec<Implicit>,
}

impl<'a> Collector<'a> {
    fn new(root: &'a Root, given: &Closure) -> Option<Self> {
        let first = given.files.first()?;
        let program = Program {
            asked: first.asked.clone(),
            located: first.located.clone(),
            image: Arc::clone(first.image.as_ref()?),
        };
        let closure = closure(root, &program, &given.options);
        let seen = closure
            .files
            .iter()
            .map(|file| file.asked.clone())
            .collect();
        let started = closure.files.len();
        Some(Self {
            root,
            closure,
            started,
            openers: Vec::new(),
            seen,
            found: Vec::new(),
        })
    }

    /// The first path at which something is.
    fn existing(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
        let effort = &mut self.closure.effort;
        paths
            .into_iter()
            .find(|path| self.root.walk(path, effort).is_ok())
    }

    /// Lists a path when something is there.
    fn path(&mut self, path: impl AsRef<Path>, by: usize, why: &str, certainty: Certainty) {
        let path = path.as_ref();
        if self.seen.contains(path) {
            return;
        }
        let Ok(located) = self.root.walk(path, &mut self.closure.effort) else {
            return;
        };
        self.seen.insert(path.to_owned());
        let by = self.opener(by);
        self.found.push(Implicit {
            path: path.to_owned(),
            located,
            by,
            why: why.to_owned(),
            certainty,
        });
    }

    /// Loads a module as dlopen(3) does when the file `by` calls it, and lists what that maps.
    /// Returns whether it is there.
    fn module(
        &mut self,
        process: usize,
        name: &OsStr,
        by: usize,
        why: &str,
        certainty: Certainty,
    ) -> bool {
        let before = self.closure.files.len();
        let opener = self.opener(by);
        let mut processes = std::mem::take(&mut self.closure.processes);
        let process = processes.get_mut(process);
        let there =
            process.is_some_and(|process| process.open(self.root, &mut self.closure, name, by));
        self.closure.processes = processes;
        let files = self
            .closure
            .files
            .get(before..)
            .unwrap_or_default()
            .to_vec();
        self.openers.extend(files.iter().map(|_| opener));
        for file in files {
            let needed = file.by.filter(|by| *by >= self.started);
            let why = match self.closure.path(needed) {
                Some(module) => format!("needed by {}", module.display()),
                None => why.to_owned(),
            };
            if self.seen.insert(file.asked.clone()) {
                let (path, located) = (file.asked, file.located);
                self.found.push(Implicit {
                    path,
                    located,
                    by: opener,
                    why,
                    certainty,
                });
            }
        }
        there
    }

    /// The file of the start that a file was opened by, or that it is itself.
    fn opener(&self, file: usize) -> usize {
        let behind = file.checked_sub(self.started);
        behind
            .and_then(|behind| self.openers.get(behind).copied())
            .unwrap_or(file)
    }

    /// The libraries and programs of the start with their index and the name of their file.
    fn names(&self) -> Vec<(usize, Kind, String)> {
        let files = self.closure.files.iter().take(self.started).enumerate();
        let names = files.filter_map(|(index, file)| {
            let kind = match file.role {
                Role::Library => Kind::Library,
                Role::Program | Role::Interpreter => Kind::Program,
                Role::Loader | Role::Configuration => return None,
            };
            let name = file.asked.file_name()?.to_str()?;
            // A link such as python3 leads to the name with the version.
            let resolved = file.located.path.file_name()?.to_str()?;
            let name = if kind == Kind::Program {
                resolved
            } else {
                name
            };
            Some((index, kind, name.to_owned()))
        });
        names.collect()
    }

    /// The directories of a file, as it is asked for and as it is found.
    fn directories(&self, file: usize) -> Vec<PathBuf> {
        let Some(file) = self.closure.files.get(file) else {
            return Vec::new();
        };
        let paths = [&file.asked, &file.located.path].into_iter();
        let mut directories: Vec<_> = paths
            .filter_map(|path| path.parent())
            .map(Path::to_owned)
            .collect();
        directories.dedup();
        directories
    }

    /// The directories of the C library that a file is used with, free of links first: its own
    /// path is built in without the links of a merged /usr.
    fn library_directories(&self, file: usize) -> Vec<PathBuf> {
        let process = self
            .process(file)
            .and_then(|process| self.closure.processes.get(process));
        let libc = process.and_then(|process| process.libc());
        let directories = libc.map(|libc| self.directories(libc)).unwrap_or_default();
        directories.into_iter().rev().collect()
    }

    /// The index of the process that has a file mapped.
    fn process(&self, file: usize) -> Option<usize> {
        let maps = |process: &Process| process.mapped().any(|(mapped, _)| mapped == file);
        self.closure.processes.iter().position(maps)
    }
}
