//! Chores of the project itself: `cargo xtask golden`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal and for CI logs"
)]

mod golden;

mod options;

use std::env;
use std::process::ExitCode;

use options::{Failure, Options};

const HELP: &str = "\
Chores of the project itself.

Usage: cargo xtask COMMAND [OPTION...]

Commands:
  golden   Pack results that golden-exposure recorded

`cargo xtask COMMAND --help` tells more.
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let options = Options::new(arguments);
    let result = match command.as_str() {
        "golden" => golden::main(options),
        "help" | "--help" | "-h" | "" => Err(Failure::Help(HELP)),
        _ => Err(Failure::Usage(format!("there is no command '{command}'"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Help(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(Failure::Usage(reason)) => {
            eprintln!("xtask: {reason}; see `cargo xtask {command} --help`");
            ExitCode::from(2)
        }
        Err(Failure::Failed(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
