//! From what a service was seen to do to the settings that it works with.
