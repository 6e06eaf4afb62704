//! Tries every escape and prints the verdicts, without judging them.
//!
//! Usage: `unitward-escapes systemd|UNITWARD [--systemd VERSION] [NAME...]`. `systemd` uses `systemd-run` on this very
//! machine: run it only in a container that is thrown away.
//!
//! `unitward-escapes faults LAUNCHER cases|SWEEP` is the part of the fault tests that runs in a world; it prints the
//! outcomes as lines of JSON.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people and tests"
)]

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use unitward_escapes::faults::{CASES, SWEEPS};
use unitward_escapes::launch::Launcher;
use unitward_escapes::programs;
use unitward_escapes::table::{ESCAPES, Side};

const USAGE: &str = "usage: unitward-escapes systemd|UNITWARD [--systemd VERSION] [NAME...]";
const EPERM: i32 = 1;
const ENOMEM: i32 = 12;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] => Err(io::Error::other(USAGE)),
        ["faults", launcher, what] => faults(launcher, what),
        [program, "--systemd", version, names @ ..] => match version.parse() {
            Ok(version) => escapes(program, version, names),
            Err(_) => Err(io::Error::other(USAGE)),
        },
        [program, names @ ..] => escapes(program, 257, names),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn escapes(program: &str, version: u32, names: &[&str]) -> io::Result<()> {
    let launcher = match program {
        "systemd" => Launcher::Systemd,
        _ => Launcher::Unitward {
            program: PathBuf::from(program),
            version,
        },
    };
    let world = programs::escape().map_err(io::Error::other)?;
    for escape in ESCAPES {
        if escape.since > version || !(names.is_empty() || names.contains(&escape.name)) {
            continue;
        }
        let without = launcher.attempt(world, escape, Side::Without)?.verdict;
        let with = launcher.attempt(world, escape, Side::With)?.verdict;
        println!("{}\t{without}\t{with}", escape.name);
    }
    Ok(())
}

fn faults(launcher: &str, what: &str) -> io::Result<()> {
    if what == "cases" {
        for case in CASES {
            println!("{}", serde_json::to_string(&case.run(launcher, ENOMEM)?)?);
        }
        return Ok(());
    }
    let mut sweeps = SWEEPS.iter();
    let sweep = sweeps.find(|sweep| sweep.name == what);
    let sweep = sweep.ok_or_else(|| io::Error::other(format!("no sweep {what}")))?;
    for outcome in sweep.run(launcher, &[EPERM, ENOMEM])? {
        println!("{}", serde_json::to_string(&outcome)?);
    }
    Ok(())
}
