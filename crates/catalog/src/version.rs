//! Versions of systemd, by number or by the distribution that ships them.

use std::fmt;
use std::str::FromStr;

/// A version of systemd.
///
/// Behaviour is known exactly for [`Version::REFERENCE`]; a version between two of them is treated as the older
/// one, except where the catalogue dates a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u16);

/// A version that is neither a number nor a known distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseVersionError(String);

impl Version {
    /// systemd 252 (Debian 12).
    pub const V252: Self = Self(252);
    /// systemd 257 (Debian 13).
    pub const V257: Self = Self(257);
    /// systemd 262, the newest that is known.
    pub const V262: Self = Self(262);
    /// The versions whose behaviour was observed.
    pub const REFERENCE: [Self; 3] = [Self::V252, Self::V257, Self::V262];
    /// The newest version that is known.
    pub const NEWEST: Self = Self::V262;
    /// The oldest version that is accepted: the first with an exposure level.
    pub const OLDEST: Self = Self(240);

    /// Names of distribution releases and the systemd they ship.
    pub const ALIASES: &[(&str, Self)] = &[
        ("debian-10", Self(241)),
        ("debian-11", Self(247)),
        ("debian-12", Self(252)),
        ("debian-13", Self(257)),
        ("bookworm", Self(252)),
        ("trixie", Self(257)),
        ("ubuntu-20.04", Self(245)),
        ("ubuntu-22.04", Self(249)),
        ("ubuntu-24.04", Self(255)),
        ("ubuntu-25.10", Self(257)),
        ("rhel-9", Self(252)),
        ("rhel-10", Self(257)),
        ("centos-9", Self(252)),
        ("centos-10", Self(257)),
        ("rocky-9", Self(252)),
        ("rocky-10", Self(257)),
        ("alma-9", Self(252)),
        ("alma-10", Self(257)),
        ("fedora-40", Self(255)),
        ("fedora-41", Self(256)),
        ("fedora-42", Self(257)),
        ("fedora-43", Self(258)),
        ("sles-15.6", Self(254)),
        ("opensuse-15.6", Self(254)),
    ];

    /// A version by its number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number, such as 257.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The newest reference version that is not newer than this one, else the oldest.
    #[must_use]
    pub fn reference(self) -> Self {
        Self::REFERENCE
            .into_iter()
            .rev()
            .find(|r| *r <= self)
            .unwrap_or(Self::V252)
    }
}

impl FromStr for Version {
    type Err = ParseVersionError;

    /// Reads `257`, `v257`, `257.13` or a distribution release such as `debian-13`, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_ascii_lowercase();
        if let Some((_, version)) = Self::ALIASES.iter().find(|(name, _)| *name == word) {
            return Ok(*version);
        }
        let number = word.strip_prefix('v').unwrap_or(&word);
        let number = number
            .split(['.', '-', '~', ' '])
            .next()
            .unwrap_or_default();
        match number.parse() {
            Ok(n) if (Self::OLDEST.0..1000).contains(&n) => Ok(Self(n)),
            _ => Err(ParseVersionError(text.to_owned())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no systemd version: expected a number from {} on, or a distribution release such as debian-12, \
             ubuntu-24.04, rhel-9",
            self.0,
            Version::OLDEST
        )
    }
}

impl std::error::Error for ParseVersionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_distributions_are_read() {
        for (text, number) in [
            ("252", 252),
            ("v257", 257),
            ("257.13", 257),
            ("Debian-12", 252),
            ("ubuntu-24.04", 255),
        ] {
            assert_eq!(text.parse(), Ok(Version(number)), "{text}");
        }
        for text in ["", "abc", "12", "debian-99", "-5"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_falls_back_to_the_reference_below_it() {
        for (number, reference) in [
            (240, 252),
            (252, 252),
            (256, 252),
            (257, 257),
            (261, 257),
            (300, 262),
        ] {
            assert_eq!(Version(number).reference().number(), reference);
        }
    }
}
