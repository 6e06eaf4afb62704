//! Tries every escape and prints the verdicts, without judging them.
//!
//! Usage: `unitward-escapes systemd|UNITWARD [--systemd VERSION] [NAME...]`. `systemd` uses `systemd-run` on this very
//! machine: run it only in a container that is thrown away.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use unitward_escapes::launch::Launcher;
use unitward_escapes::programs;
use unitward_escapes::table::{ESCAPES, Side};

fn main() -> ExitCode {
    let mut words = env::args().skip(1).peekable();
    let Some(program) = words.next() else {
        eprintln!("usage: unitward-escapes systemd|UNITWARD [--systemd VERSION] [NAME...]");
        return ExitCode::from(2);
    };
    let mut version = 257;
    if words.next_if_eq("--systemd").is_some() {
        version = words
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(version);
    }
    let names: Vec<String> = words.collect();
    let launcher = match program.as_str() {
        "systemd" => Launcher::Systemd,
        _ => Launcher::Unitward {
            program: PathBuf::from(program),
            version,
        },
    };
    let world = match programs::escape() {
        Ok(world) => world,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for escape in ESCAPES {
        if escape.since > version
            || !(names.is_empty() || names.iter().any(|name| name == escape.name))
        {
            continue;
        }
        let verdict = |side| {
            launcher.attempt(world, escape, side).map_or_else(
                |error| error.to_string(),
                |attempt| attempt.verdict.to_string(),
            )
        };
        println!(
            "{}\t{}\t{}",
            escape.name,
            verdict(Side::Without),
            verdict(Side::With)
        );
    }
    ExitCode::SUCCESS
}
