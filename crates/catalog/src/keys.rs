//! Every key that systemd reads in a section, whether the catalogue has a page for it or not.

use crate::Version;

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
    let at = crate::tables::KEYS
        .binary_search_by(|k| (k.section, k.name).cmp(&(section, name)))
        .ok()?;
    crate::tables::KEYS.get(at)
}

/// Every key of a section, by name.
#[must_use]
pub fn of_section(section: &str) -> &'static [Key] {
    let from = crate::tables::KEYS.partition_point(|k| k.section < section);
    let to = crate::tables::KEYS.partition_point(|k| k.section <= section);
    crate::tables::KEYS.get(from..to).unwrap_or_default()
}

/// The sections in which some version reads this key.
pub fn sections_of(name: &str) -> impl Iterator<Item = &'static str> {
    crate::tables::KEYS
        .iter()
        .filter(move |k| k.name == name)
        .map(|k| k.section)
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
