//! A loaded unit.

use super::{LoadError, SourceFile};
use crate::name::UnitName;
use crate::syntax::{Assignment, Span};
use std::path::Path;
use std::sync::Arc;

/// A unit: its names and the files that make it.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its main name, which is that of the main file.
    pub name: UnitName,
    /// Its other names, sorted.
    pub aliases: Vec<UnitName>,
    /// Whether it was loaded.
    pub state: LoadState,
    /// The main file, then the drop-ins in the order they apply. Drop-ins can be there without a main file.
    pub files: Vec<Arc<SourceFile>>,
    /// Drop-ins and directories that could not be read. systemd goes on without them.
    pub skipped: Vec<LoadError>,
}

impl Unit {
    /// All assignments of all files in the order they apply.
    pub fn assignments(&self) -> impl Iterator<Item = (Origin, Assignment<'_>)> {
        assignments(&self.files)
    }

    /// The same unit with one more drop-in, applied last. `path` is what messages show.
    #[must_use]
    pub fn with_drop_in(&self, path: &Path, text: impl Into<Vec<u8>>) -> Self {
        let mut unit = self.clone();
        unit.files.push(SourceFile::new(
            path.to_path_buf(),
            super::Role::DropIn,
            text.into(),
        ));
        unit
    }

    /// The file of an origin; `None` when the origin is of another unit.
    pub fn file(&self, origin: Origin) -> Option<&SourceFile> {
        self.files.get(origin.file as usize).map(|file| &**file)
    }

    /// The path of the file of an origin; empty when the origin is of another unit.
    pub fn path(&self, origin: Origin) -> &Path {
        self.file(origin).map_or(Path::new(""), |file| &file.path)
    }

    /// The main file.
    pub fn fragment(&self) -> Option<&SourceFile> {
        let first = self.files.first()?;
        (first.role == super::Role::Fragment).then_some(&**first)
    }
}

pub(super) fn assignments(
    files: &[Arc<SourceFile>],
) -> impl Iterator<Item = (Origin, Assignment<'_>)> {
    (0u32..).zip(files).flat_map(|(file, source)| {
        source.document.assignments().map(move |assignment| {
            let Span { start, end } = assignment.span();
            let line = assignment.line;
            (
                Origin {
                    file,
                    line,
                    start,
                    end,
                },
                assignment,
            )
        })
    })
}

/// Whether a unit was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadState {
    /// It has a main file.
    Loaded,
    /// Its main file is empty or a link to /dev/null.
    Masked,
    /// It has no main file. Some units, such as slices, need none.
    NotFound,
    /// Its main file cannot be read, or systemd refuses it.
    Error(LoadError),
}

/// Where an assignment stands: small, and meaningful together with its [`Unit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Index into [`Unit::files`], behind which those of a [`ManagerConfig`](super::ManagerConfig) may come (or into the latter).
    pub file: u32,
    /// Number of the first line, starting at 1.
    pub line: u32,
    /// First byte of the key.
    pub start: u32,
    /// The byte after the value.
    pub end: u32,
}

impl Origin {
    /// The bytes in the file.
    pub fn span(self) -> Span {
        Span {
            start: self.start,
            end: self.end,
        }
    }
}
