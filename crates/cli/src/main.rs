//! The unitward command: arguments, output formats, exit statuses. All knowledge is in the crates below.

mod args;
mod check;
mod config;
mod error;
mod exit;
mod files;
mod progress;
mod systemd_analyze;
mod ui;
mod units;
mod version;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Verb};
use exit::Exit;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "systemd-analyze") {
        let version = std::env::var("UNITWARD_SYSTEMD")
            .ok()
            .and_then(|v| v.parse().ok());
        let version = version.unwrap_or_else(version::of_host);
        return systemd_analyze::run(words.get(1..).unwrap_or_default(), version);
    }
    let result = match Cli::parse().verb {
        Verb::Check(args) => check::run(&args),
        _ => Ok(Exit::Clean),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            ui::note(&error.to_string());
            Exit::Error.into()
        }
    }
}
