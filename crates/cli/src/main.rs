//! The unitward command: arguments, output formats, exit statuses. All knowledge is in the crates below.

mod args;
mod check;
mod config;
mod error;
mod exit;
mod files;
mod markdown;
mod progress;
mod subject;
mod systemd_analyze;
mod ui;
mod units;
mod verbs;
mod version;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use args::{Cli, Verb};
use error::Error;
use exit::Exit;

fn main() -> ExitCode {
    let result = match in_place_of_systemd_analyze() {
        Some((program, words)) => systemd_analyze(&program, &words),
        None => unitward(Cli::read()),
    };
    result.unwrap_or_else(|error| {
        ui::note(&error.to_string());
        Exit::Error.into()
    })
}

/// The name and the arguments of a call of systemd-analyze: this program goes by that name, or the name is its first
/// argument.
fn in_place_of_systemd_analyze() -> Option<(String, Vec<OsString>)> {
    const NAME: &str = "systemd-analyze";
    let mut args = std::env::args_os();
    let program = args.next()?;
    if Path::new(&program)
        .file_name()
        .is_some_and(|name| name == NAME)
    {
        return Some((program.to_string_lossy().into_owned(), args.collect()));
    }
    (args.next()? == NAME).then(|| (NAME.to_owned(), args.collect()))
}

/// Does what systemd-analyze does, as the version in UNITWARD_SYSTEMD or that of this machine.
fn systemd_analyze(program: &str, words: &[OsString]) -> Result<ExitCode, Error> {
    let asked = std::env::var("UNITWARD_SYSTEMD")
        .ok()
        .filter(|value| !value.is_empty());
    let asked = asked.map(|value| value.parse()).transpose();
    let asked = asked.map_err(|error| Error::new(format!("UNITWARD_SYSTEMD: {error}.")))?;
    Ok(systemd_analyze::run(
        program,
        words,
        version::or_host(asked),
    ))
}

fn unitward(cli: Cli) -> Result<ExitCode, Error> {
    ui::choose_colors(cli.color);
    let pager = if cli.no_pager {
        ui::Pager::Never
    } else {
        ui::Pager::Auto
    };
    let exit = match &cli.verb {
        Verb::Check(args) => check::run(args)?,
        Verb::Run(args) => return verbs::run::run(args),
        Verb::Harden(args) => verbs::harden::run(args)?,
        Verb::Observe(args) => verbs::observe::run(args, pager)?,
        Verb::Diagnose(args) => verbs::diagnose::run(args)?,
        Verb::Inspect(args) => verbs::inspect::run(args, pager)?,
        Verb::Show(args) => verbs::show::run(args, pager)?,
        Verb::Cat(args) => verbs::cat::run(args, pager)?,
        Verb::Explain(args) => verbs::explain::run(args, pager)?,
        Verb::Capability(args) => verbs::capability::run(args, pager)?,
        Verb::SyscallFilter(args) => verbs::syscall_filter::run(args, pager)?,
        Verb::SystemdAnalyze(args) => return systemd_analyze("systemd-analyze", &args.args),
        Verb::Completions { shell } => verbs::completions::run(*shell)?,
        Verb::ManPages { folder } => verbs::man_pages::run(folder)?,
    };
    Ok(exit.into())
}
