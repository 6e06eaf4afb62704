//! Levels and their names.

use std::fmt;

/// An exposure, in tenths: 96 is 9.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenths(pub u64);

/// The name of a range of exposures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 0.
    Perfect,
    /// From 0.1.
    Safe,
    /// From 1.0.
    Ok,
    /// From 5.0.
    Medium,
    /// From 7.5.
    Exposed,
    /// From 9.0.
    Unsafe,
    /// 10.
    Dangerous,
}

impl Tenths {
    /// The level it belongs to.
    #[must_use]
    pub const fn level(self) -> Level {
        match self.0 {
            0 => Level::Perfect,
            1..10 => Level::Safe,
            10..50 => Level::Ok,
            50..75 => Level::Medium,
            75..90 => Level::Exposed,
            90..100 => Level::Unsafe,
            _ => Level::Dangerous,
        }
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl Level {
    /// The name, in capitals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Perfect => "PERFECT",
            Self::Safe => "SAFE",
            Self::Ok => "OK",
            Self::Medium => "MEDIUM",
            Self::Exposed => "EXPOSED",
            Self::Unsafe => "UNSAFE",
            Self::Dangerous => "DANGEROUS",
        }
    }

    /// The face that systemd-analyze prints behind the name.
    #[must_use]
    pub const fn emoji(self) -> &'static str {
        match self {
            Self::Perfect => "😇",
            Self::Safe => "😀",
            Self::Ok => "🙂",
            Self::Medium => "😐",
            Self::Exposed => "🙁",
            Self::Unsafe => "😨",
            Self::Dangerous => "🤢",
        }
    }

    /// The face where UTF-8 cannot be printed.
    #[must_use]
    pub const fn ascii(self) -> &'static str {
        match self {
            Self::Perfect => ":-]",
            Self::Safe => ":-}",
            Self::Ok => ":-)",
            Self::Medium => ":-|",
            Self::Exposed => ":-(",
            Self::Unsafe => ":-{",
            Self::Dangerous => ":-[",
        }
    }
}
