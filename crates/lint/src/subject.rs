//! What a rule looks at.

use unitward_elf::Root;
use unitward_settings::{Diagnostic, Resolution, Setting, Settings};
use unitward_unit::Unit;

use crate::finding::Place;

/// A unit, its settings, and the system it is installed on, where that is known.
pub struct Subject<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Its settings and what was odd about them.
    pub resolution: &'a Resolution,
    /// The system whose files, users and programs the unit will meet. None for a file from elsewhere, such as one that
    /// is checked on a build machine: rules that ask for files are silent then.
    pub host: Option<&'a Host>,
}

/// The system a unit is installed on.
pub struct Host {
    /// Its root directory.
    pub root: Root,
}

impl Subject<'_> {
    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.resolution.settings
    }

    /// What was odd about the assignments.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.resolution.diagnostics
    }

    /// The section that holds the unit's execution settings, such as `Service`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.unit.name.kind().section().unwrap_or("Service")
    }
}

/// The place of a setting.
pub(crate) fn place<T>(setting: &Setting<T>) -> Option<Place> {
    setting.origin().map(Place::from)
}
