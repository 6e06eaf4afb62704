//! Which capabilities the processes of a unit have.

use unitward_catalog::{Capabilities, Capability};
use unitward_settings::{Privilege, Scope, Settings};

use super::user::is_root;

/// The capabilities with which the main process starts.
pub(crate) fn held(settings: &Settings) -> Capabilities {
    let bounding = settings.bounding_set().intersection(Capabilities::NAMED);
    if starts_as_root(settings) {
        return bounding;
    }
    bounding.intersection(settings.ambient_capabilities.set)
}

/// Whether the main process starts as root: because of its user, or because a `!` leaves the change of user to it.
pub(crate) fn starts_as_root(settings: &Settings) -> bool {
    let itself = || {
        let start = &settings.exec_start.0;
        start.iter().any(|c| c.privilege == Privilege::KeepUser)
    };
    is_root(settings) || (settings.scope == Scope::System && itself())
}

/// A capability as units name it.
pub(crate) fn name(capability: Capability) -> String {
    let name = capability.name().unwrap_or("cap_unknown");
    name.to_ascii_uppercase()
}
