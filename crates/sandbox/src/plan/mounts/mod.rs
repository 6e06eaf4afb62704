//! The mount tree: from settings to a list of mount actions.

mod action;

pub use action::MountAction;

use super::Context;
use super::steps::Steps;
use crate::Failure;

/// Adds the steps that build the mount tree of a process; gives the number of descriptors they pass among themselves, those
/// of named namespaces included.
pub(super) fn plan(_cx: &Context<'_>, _steps: &mut Steps) -> Result<usize, Failure> {
    Ok(super::namespaces::SLOTS)
}

/// Whether the process gets a mount namespace of its own.
pub(super) fn is_needed(_cx: &Context<'_>) -> bool {
    false
}
