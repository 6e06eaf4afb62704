//! Which files make a unit: search path, aliases, masks, templates, drop-ins. See systemd.unit(5), "Unit File Load Path".
//!
//! A [`Loader`] lists every directory once and then opens only files that exist, so that loading ten thousand units costs
//! little more than reading them. It may be shared between threads.
//!
//! ```no_run
//! use std::path::Path;
//! use unitward_unit::load::{Loader, Options, SearchPath};
//!
//! let loader = Loader::new(SearchPath::system(Path::new("/")), Options::default());
//! let unit = loader.load(&"ssh.service".parse()?);
//! for (origin, assignment) in unit.assignments() {
//!     println!("{}:{} {}", unit.path(origin).display(), origin.line, assignment.key);
//! }
//! # Ok::<(), unitward_unit::NameError>(())
//! ```

mod directory;
mod discover;
mod drop_in;
mod error;
mod file;
mod loader;
mod manager;
mod names;
mod path;
mod resolve;
mod unit;
mod view;

#[cfg(test)]
mod tests;

pub use error::{LoadError, LoadErrorKind};
pub use file::{Role, SourceFile};
pub use loader::{Loader, Options};
pub use manager::ManagerConfig;
pub use path::{Scope, SearchPath, UserDirs};
pub use unit::{LoadState, Origin, Unit};

use std::path::{Path, PathBuf};

/// The path without symbolic links of something that exists, as seen below `root`.
pub(crate) fn real_path(root: &Path, path: &Path) -> Option<PathBuf> {
    let real = resolve::canonical(root, path)?;
    if root == Path::new("/") {
        return Some(real);
    }
    let root = std::fs::canonicalize(root).ok()?;
    let inside = real
        .strip_prefix(root)
        .ok()
        .map(|inside| Path::new("/").join(inside));
    Some(inside.unwrap_or(real))
}

/// The largest file that is read, in bytes.
pub const FILE_MAX: u64 = 16 << 20;

/// The most drop-ins that one unit may have.
pub const DROP_INS_MAX: usize = 65_536;

/// The most bytes that one unit may have, drop-ins included.
pub const UNIT_MAX: usize = 256 << 20;

/// The most entries that are read of one directory.
pub const ENTRIES_MAX: usize = 1_000_000;
