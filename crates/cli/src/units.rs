//! From arguments to units.

use unitward_unit::load::UserDirs;

/// The folders of this process's user.
pub(crate) fn user_dirs() -> UserDirs {
    UserDirs::default()
}
