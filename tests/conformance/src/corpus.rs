//! The unit files that results were recorded for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The systemd versions that results were recorded with.
pub const VERSIONS: [&str; 3] = ["252", "257", "262"];

/// A set of unit files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corpus {
    /// One or two units for each check and value, and many edge cases.
    Exposure,
    /// Unchanged units of Debian packages.
    Real,
    /// The steps of two hardening tutorials.
    Seeds,
}

impl Corpus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Exposure, Self::Real, Self::Seeds];

    /// The name of its folder and of its result files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exposure => "exposure",
            Self::Real => "real",
            Self::Seeds => "seeds",
        }
    }

    /// The folder with its unit files.
    pub fn units(self) -> PathBuf {
        home().join("units").join(self.name())
    }

    /// The file with the results that systemd `version` gave.
    pub fn golden(self, version: &str) -> PathBuf {
        home()
            .join("golden")
            .join(format!("{}-{version}.txt", self.name()))
    }

    /// The service files below [`units`](Self::units), as paths relative to it, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn services(self) -> io::Result<Vec<String>> {
        services_below(&self.units())
    }
}

/// The folder of this crate, with all its data.
pub fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The service files below `folder`, one level of folders deep, as sorted relative paths.
///
/// # Errors
/// When a folder cannot be read.
pub fn services_below(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !name.ends_with(".d") {
                found.extend(services_in(&entry.path(), &format!("{name}/"))?);
            }
        } else if name.ends_with(".service") {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

fn services_in(folder: &Path, prefix: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".service") && !entry.file_type()?.is_dir() {
            found.push(format!("{prefix}{name}"));
        }
    }
    Ok(found)
}
