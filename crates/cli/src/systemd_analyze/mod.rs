//! In the place of systemd-analyze: its options, its output, byte for byte.

mod args;
mod json;
mod table;
