//! systemd's sets of file systems, for RestrictFileSystems= (systemd.exec(5)).

use crate::tables::{FILESYSTEMS_257, FILESYSTEMS_262};

/// A set of file systems.
#[derive(Debug)]
pub struct FilesystemGroup {
    /// The name with its `@`.
    pub name: &'static str,
    /// What it holds, as systemd-analyze prints it.
    pub description: &'static str,
    /// Its members in printed order, with the magic numbers of their super-blocks as systemd-analyze prints them.
    pub members: &'static [(&'static str, &'static str)],
}

/// The sets of a systemd of this version. Debian's 252 is built without them; it has those of 257.
#[must_use]
pub fn filesystem_groups(systemd: u16) -> &'static [FilesystemGroup] {
    if systemd < 258 {
        FILESYSTEMS_257
    } else {
        FILESYSTEMS_262
    }
}
