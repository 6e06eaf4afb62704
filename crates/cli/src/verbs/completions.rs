//! `unitward completions`: completion scripts for shells, made from the definitions of the arguments.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::error::Error;
use crate::exit::Exit;

/// Prints the script of a shell.
pub(crate) fn run(shell: clap_complete::Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "unitward", &mut script);
    crate::ui::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Clean)
}
