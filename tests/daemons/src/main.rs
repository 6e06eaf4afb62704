//! The part of the tests that runs in a world: `unitward-daemons NAME stock|hardened|proposed usual|full`.
//!
//! `unitward-daemons packages usual|full` prints the programs that the tests need, each with its Debian package.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for tests"
)]

use std::process::ExitCode;

use unitward_daemons::course::Form;
use unitward_daemons::table::{CLIENTS, DAEMONS, Daemon, Part};

const USAGE: &str =
    "usage: unitward-daemons NAME stock|hardened|proposed usual|full, or packages usual|full";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match answer(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn answer(words: &[&str]) -> Result<(), String> {
    let part = match words.last() {
        Some(&"usual") => Part::Usual,
        Some(&"full") => Part::Full,
        _ => return Err(USAGE.to_owned()),
    };
    let (name, form) = match words {
        ["packages", _] => {
            packages(part);
            return Ok(());
        }
        [name, "proposed", _] => return proposed(name, part),
        [name, "stock", _] => (name, Form::Stock),
        [name, "hardened", _] => (name, Form::Hardened),
        _ => return Err(USAGE.to_owned()),
    };
    let daemon = Daemon::of(name).ok_or_else(|| format!("there is no daemon {name}"))?;
    daemon.course(form, part)
}

/// Prints the levels, for the record.
fn proposed(name: &str, part: Part) -> Result<(), String> {
    let daemon = Daemon::of(name).ok_or_else(|| format!("there is no daemon {name}"))?;
    let hardened = daemon.hardening(part)?;
    println!(
        "{name} {} {} {}",
        hardened.before, hardened.after, hardened.runs
    );
    for loosened in &hardened.loosened {
        println!("  {loosened}");
    }
    Ok(())
}

fn packages(part: Part) {
    for (program, package) in CLIENTS {
        println!("{program} {package}");
    }
    for daemon in DAEMONS.iter().filter(|daemon| daemon.part <= part) {
        println!("{} {}", daemon.program, daemon.package);
    }
}
