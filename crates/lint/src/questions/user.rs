//! As whom a unit runs.

use unitward_settings::{Scope, Settings};

/// Whether the commands run as root.
pub(crate) fn is_root(settings: &Settings) -> bool {
    settings.scope == Scope::System
        && !settings.dynamic_user.0
        && matches!(settings.user.name(), None | Some("root" | "0"))
}
