//! What a program is: an ELF object, a script, or something else.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::elf::Elf;
use crate::error::{Defect, Error};
use crate::root::{Located, Root};
use crate::script::{self, Script};
use crate::source::Source;

/// How the kernel takes a file that is executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// An ELF object.
    Elf(Box<Elf>),
    /// A text file with `#!`.
    Script(Script),
    /// None of these: only binfmt_misc can execute it, and execve(2) fails with ENOEXEC without.
    Other,
}

/// A file that is to be executed.
#[derive(Debug, Clone)]
pub struct Program {
    /// The path by which it is executed.
    pub asked: PathBuf,
    /// Where it is.
    pub located: Located,
    /// What it is.
    pub image: Arc<Image>,
}

impl Program {
    /// Looks up `path` in the root and reads what is needed of it, a few KiB.
    ///
    /// # Errors
    /// When there is no regular file, it cannot be read, or it is an ELF file with a defect.
    pub fn read(root: &Root, path: &Path) -> Result<Self, Error> {
        let located = root.resolve(path)?;
        let image = root.image(&located)?;
        Ok(Self {
            asked: path.to_owned(),
            located,
            image,
        })
    }
}

impl Image {
    /// Reads a file that is in memory.
    ///
    /// # Errors
    /// When it starts as an ELF file and is none that can be loaded.
    pub fn parse(bytes: &[u8]) -> Result<Self, Defect> {
        Self::of(&Source::Memory(bytes))
    }

    pub(crate) fn read(path: &Path, file: &File) -> Result<Self, Error> {
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        Self::of(&Source::file(file).map_err(failed)?).map_err(|defect| match defect {
            Defect::Read(source) => failed(source),
            source => Error::Malformed {
                path: path.to_owned(),
                source,
            },
        })
    }

    /// The object when it is an ELF one.
    pub fn elf(&self) -> Option<&Elf> {
        match self {
            Self::Elf(elf) => Some(elf),
            Self::Script(_) | Self::Other => None,
        }
    }

    fn of(source: &Source<'_>) -> Result<Self, Defect> {
        let head = source.prefix(0, 4096)?;
        let bytes = head.bytes();
        if bytes.starts_with(&object::elf::ELFMAG) {
            return Ok(Self::Elf(Box::new(Elf::read(source, &head)?)));
        }
        let bytes = bytes.get(..script::HEAD).unwrap_or(bytes);
        Ok(Script::parse(bytes).map_or(Self::Other, Self::Script))
    }
}
