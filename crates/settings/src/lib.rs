//! The typed, resolved sandbox of a unit, with the origin of every value.
