//! The unitward command: arguments, output formats, exit statuses. All knowledge is in the crates below.

mod args;
mod config;
mod error;
mod exit;
mod systemd_analyze;

fn main() {}
