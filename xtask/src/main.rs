//! Chores of the project itself: `cargo xtask test|conform|bench|bpf|docs|filters|fuzz|golden`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal and for CI logs"
)]

mod bench;
mod bpf;
mod conform;
mod docs;
mod filters;
mod fuzz;
mod golden;
mod machine;
mod options;
mod run;
mod test;

use std::env;
use std::process::ExitCode;

use options::{Failure, Options};

const HELP: &str = "\
Chores of the project itself.

Usage: cargo xtask COMMAND [OPTION...]

Commands:
  test     Run every test, and say what could not be run here
  conform  Compare services under systemd and under unitward, by cause or by case
  bench    Measure against systemd-analyze and print a table in Markdown
  bpf      Build the programs that run in the kernel, or check that they are built
  docs     Build the documentation and check the links of the Markdown files
  filters  Record the system call filters of a real systemd
  fuzz     Run the fuzz targets a fixed number of times
  golden   Pack results that golden-exposure recorded

`cargo xtask COMMAND --help` tells more.
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let options = Options::new(arguments);
    let result = match command.as_str() {
        "test" => test::main(options),
        "conform" => conform::main(options),
        "bench" => bench::main(options),
        "bpf" => bpf::main(options),
        "docs" => docs::main(options),
        "filters" => filters::main(options),
        "fuzz" => fuzz::main(options),
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
