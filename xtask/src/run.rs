//! Starting programs without a terminal, and telling what was started.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::options::Failure;

/// The folder of the workspace.
pub(crate) fn top() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The folder for built and measured things.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| top().join("target"), PathBuf::from)
}

/// cargo, in the top folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(top())
        .stdin(Stdio::null());
    command
}

/// Runs `command` and hands every line of its output, both streams in order, to `line`. True when it ended well.
pub(crate) fn lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool, Failure> {
    let (reader, writer) = pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    // The command holds the writing end too; the reader sees the end only when that is closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for bytes in BufReader::new(reader).split(b'\n') {
        line(&String::from_utf8_lossy(&bytes?));
    }
    Ok(child.wait()?.success())
}

/// Runs `command` with this program's own output. True when it ended well.
pub(crate) fn status(command: &mut Command) -> Result<bool, Failure> {
    let status = command.stdin(Stdio::null()).status();
    Ok(status
        .map_err(|error| cannot_start(command, &error))?
        .success())
}

/// What `command` prints, when it ends well.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where `program` is on `$PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The unitward binary: `$UNITWARD` if set, else it is built in `profile`.
pub(crate) fn unitward(profile: &str) -> Result<PathBuf, Failure> {
    if let Some(path) = env::var_os("UNITWARD") {
        return Ok(path.into());
    }
    if !status(&mut cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package",
        "unitward",
        "--profile",
        profile,
    ]))? {
        return Err(Failure::Failed("unitward does not build".to_owned()));
    }
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target().join(folder).join("unitward"))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    Failure::Failed(format!(
        "cannot start {}: {error}",
        command.get_program().display()
    ))
}
