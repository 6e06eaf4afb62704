//! All files that a program needs in order to start.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::arch::Architecture;
use crate::error::Error;
use crate::image::{Image, Program};
use crate::options::SearchOptions;
use crate::process::Process;
use crate::root::{Effort, Link, Located, Root};
use crate::start;

/// Steps of look-up for one closure; honest programs take some hundreds.
const EFFORT: u64 = 2_000_000;

/// The files that a program needs in order to start, and those that it would need and that are
/// not there.
#[derive(Debug)]
pub struct Closure {
    /// The files, the program first. Each stands behind the file that needs it.
    pub files: Vec<Needed>,
    /// What is not there.
    pub missing: Vec<Missing>,
    index: HashMap<(PathBuf, Role), usize>,
    pub(crate) processes: Vec<Process>,
    pub(crate) effort: Effort,
    pub(crate) options: SearchOptions,
}

/// A file that is needed.
#[derive(Debug, Clone)]
pub struct Needed {
    /// The path by which it is opened; `..` and links in it are not resolved, so all that it goes
    /// through must be there as well.
    pub asked: PathBuf,
    /// Where that leads.
    pub located: Located,
    /// What it is needed for.
    pub role: Role,
    /// The index in [`Closure::files`] of what needs it; `None` for the program itself.
    pub by: Option<usize>,
    /// How it was found.
    pub found: Found,
    pub(crate) image: Option<Arc<Image>>,
}

/// What a file is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The program that is executed, or one that env(1) executes for a script.
    Program,
    /// The program that a script names in its first line, executed by the kernel.
    Interpreter,
    /// The dynamic loader of an ELF program (PT_INTERP), executed by the kernel.
    Loader,
    /// A shared object that the dynamic loader maps.
    Library,
    /// A file that the dynamic loader reads, and does without when it is not there.
    Configuration,
}

impl Role {
    /// Whether the kernel opens the file in execve(2): systemd then reports 203/EXEC when it is
    /// missing, not executable, or on a `noexec` mount. Without a library the loader itself ends
    /// the process, with status 127.
    pub fn is_executed(self) -> bool {
        matches!(self, Self::Program | Self::Interpreter | Self::Loader)
    }

    /// Whether the file is executed or mapped as code, which a `noexec` mount and so
    /// `NoExecPaths=` denies, for a library with status 127.
    pub fn is_code(self) -> bool {
        self.is_executed() || self == Self::Library
    }
}

/// How a file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Found {
    /// By the path that was written.
    Named,
    /// In a directory of DT_RPATH.
    Rpath,
    /// In a directory of `LD_LIBRARY_PATH`.
    LibraryPath,
    /// In a directory of DT_RUNPATH.
    Runpath,
    /// Through ld.so.cache, so that file must be there too, or the directory be a default one.
    Cache,
    /// In a directory that is built into the loader, or that musl's path file lists.
    Default,
    /// In a directory of `PATH`, by env(1).
    Path,
}

/// Something that is needed and not there.
#[derive(Debug)]
pub struct Missing {
    /// The name or path as it is written.
    pub name: OsString,
    /// What it is needed for.
    pub role: Role,
    /// The index in [`Closure::files`] of what needs it; `None` for the program itself.
    pub by: Option<usize>,
    /// Why it cannot be used.
    pub cause: Cause,
    /// What happens without it.
    pub effect: Effect,
}

/// Why something that is needed cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// There is no such file.
    #[error("it is in none of the places that are searched")]
    NotFound,
    /// Only a file for another machine is there.
    #[error("{} is for another machine ({architecture})", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it runs on.
        architecture: Architecture,
    },
    /// A file is there and cannot be used.
    #[error(transparent)]
    Unusable(#[from] Error),
    /// A file is there and is neither an ELF object nor, where one would do, a script.
    #[error("{} has no known format", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// No execute bit is set.
    #[error("{} is not executable", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// Scripts are nested deeper than the kernel's limit of 5, or start each other in a circle.
    #[error("its interpreters do not end")]
    Nesting,
    /// There is more than is looked at: 2048 objects, or two million steps of look-up.
    #[error("the search was given up: it has no end that an honest program has")]
    Excess,
}

/// What happens without a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The program does not start.
    Fatal,
    /// It starts all the same.
    Ignored,
}

/// Finds all files that `program` needs in order to start.
///
/// Scripts are followed to their interpreters, and through env(1) to the program that it executes;
/// each ELF program to its loader and libraries. What a program opens by itself after its start,
/// dlopen(3) included, is not part of it: see [`crate::implicit_dependencies`].
pub fn closure(root: &Root, program: &Program, options: &SearchOptions) -> Closure {
    let mut closure = Closure {
        files: Vec::new(),
        missing: Vec::new(),
        index: HashMap::new(),
        processes: Vec::new(),
        effort: Effort(EFFORT),
        options: options.clone(),
    };
    start::follow(root, program, &mut closure);
    closure
}

impl Closure {
    /// All symbolic links that are gone through, each once, sorted by path.
    pub fn links(&self) -> Vec<&Link> {
        let mut links: Vec<_> = self
            .files
            .iter()
            .flat_map(|file| &file.located.links)
            .collect();
        links.sort();
        links.dedup();
        links
    }

    /// Whether everything that the start depends on is there.
    pub fn is_complete(&self) -> bool {
        self.missing
            .iter()
            .all(|missing| missing.effect == Effect::Ignored)
    }

    /// The path of the file that needs `by`, for messages.
    pub fn path(&self, by: Option<usize>) -> Option<&Path> {
        by.and_then(|index| self.files.get(index))
            .map(|file| file.asked.as_path())
    }

    /// Adds a file, or finds it when it is there by the same path.
    pub(crate) fn add(&mut self, file: Needed) -> usize {
        let key = (file.asked.clone(), file.role);
        if let Some(index) = self.index.get(&key) {
            return *index;
        }
        let index = self.files.len();
        self.index.insert(key, index);
        self.files.push(file);
        index
    }
}
