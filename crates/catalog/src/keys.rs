//! Every key that systemd reads in a section, whether the catalogue has a page for it or not.

use crate::Version;
use crate::tables::{KEY_PLACES, KEYS};

/// A key of a section of a unit file or of the manager's configuration.
#[derive(Debug)]
pub struct Key {
    /// The section, such as `Service`.
    pub section: &'static str,
    /// The key.
    pub name: &'static str,
    /// Which of the three reference versions (252, 257, 262) read it.
    pub versions: &'static [u16],
}

/// The key of this name in this section, in any version.
#[must_use]
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    of_name(name).find(|key| key.section == section)
}

/// Every key of a section, by name.
pub fn of_section(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}

/// The sections in which some version reads this key, by name.
pub fn sections_of(name: &str) -> impl Iterator<Item = &'static str> {
    of_name(name).map(|key| key.section)
}

/// The keys of this name, which stand next to each other.
fn of_name(name: &str) -> impl Iterator<Item = &'static Key> {
    let first = KEY_PLACES.find(name, |place| Some(KEYS.get(place)?.name));
    let rows = first
        .and_then(|first| KEYS.get(first..))
        .unwrap_or_default();
    rows.iter().take_while(move |key| key.name == name)
}

impl Key {
    /// Whether a systemd of this version reads it; versions between two reference versions count as the older.
    #[must_use]
    pub fn is_known_to(&self, version: Version) -> bool {
        match crate::directive(self.name) {
            Some(directive) if directive.is_in(self.section) => directive.is_known_to(version),
            _ => self.versions.contains(&version.reference().number()),
        }
    }
}
