//! Rules that find settings without effect, holes, and what will break.
