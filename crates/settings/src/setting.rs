//! A value with its origin.

use std::ops::Deref;

use unitward_unit::Origin;

/// A value and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    source: Source,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// No assignment: systemd's own default.
    #[default]
    Default,
    /// The manager's configuration, whose files come after those of the unit in [`Settings::files`](crate::Settings::files).
    Manager(Origin),
    /// An assignment of the unit: the last one that had an effect.
    Unit(Origin),
    /// An empty assignment of the unit, which went back to the default.
    Reset(Origin),
    /// Another setting, which overrules or completes what the unit says.
    Implied {
        /// The directive that implies it.
        by: &'static str,
        /// Where the implying directive, or the overruled assignment, stands.
        origin: Option<Origin>,
    },
}

/// An item of a list, with the assignment that put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// The item.
    pub value: T,
    /// The assignment.
    pub origin: Origin,
}

impl Source {
    /// The assignment to point to.
    #[must_use]
    pub const fn origin(self) -> Option<Origin> {
        match self {
            Self::Default => None,
            Self::Manager(origin) | Self::Unit(origin) | Self::Reset(origin) => Some(origin),
            Self::Implied { origin, .. } => origin,
        }
    }
}

impl<T> Setting<T> {
    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Where the value comes from.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Whether the unit, the manager's configuration or another setting says something about it.
    pub const fn is_set(&self) -> bool {
        !matches!(self.source, Source::Default | Source::Reset(_))
    }

    /// Whether the unit itself says something about it.
    pub const fn is_assigned(&self) -> bool {
        matches!(self.source, Source::Unit(_))
    }

    /// The assignment to point to.
    pub const fn origin(&self) -> Option<Origin> {
        self.source.origin()
    }

    /// The directive that implies the value, when it is implied.
    pub const fn implied_by(&self) -> Option<&'static str> {
        match self.source {
            Source::Implied { by, .. } => Some(by),
            _ => None,
        }
    }

    pub(crate) const fn parts(&mut self) -> (&mut T, &mut Source) {
        (&mut self.value, &mut self.source)
    }

    pub(crate) fn imply(&mut self, value: T, by: &'static str, origin: Option<Origin>) {
        self.value = value;
        self.source = Source::Implied { by, origin };
    }
}

impl<T> Deref for Setting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
