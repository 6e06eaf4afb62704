//! The C program under `programs/`, compiled by the test.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use thiserror::Error;

/// Why a program is not there.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The C compiler could not be started or found a fault; its messages.
    #[error("cc: {0}")]
    Compiler(String),
    /// The folder for the built programs cannot be used.
    #[error("{path}: {reason}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// The built `escape`, linked statically so that it also starts in an empty root folder; `$UNITWARD_ESCAPE` if set.
///
/// # Errors
/// [`ProgramError`]; the same at every call.
pub fn escape() -> Result<&'static Path, ProgramError> {
    static BUILT: OnceLock<Result<PathBuf, ProgramError>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match env::var_os("UNITWARD_ESCAPE") {
        Some(program) => Ok(program.into()),
        None => build(
            "escape",
            &[
                "calls.c",
                "kernel.c",
                "memory.c",
                "network.c",
                "paths.c",
                "privileges.c",
                "probe.c",
                "processes.c",
                "world.c",
            ],
        ),
    });
    built.as_deref().map_err(Clone::clone)
}

/// The built `inject`.
///
/// # Errors
/// [`ProgramError`]; the same at every call.
pub fn inject() -> Result<&'static Path, ProgramError> {
    static BUILT: OnceLock<Result<PathBuf, ProgramError>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build("inject", &["inject.c"]));
    built.as_deref().map_err(Clone::clone)
}

/// Compiles into a file of this process's own, then renames it: tests of several processes may build at once.
fn build(name: &str, sources: &[&str]) -> Result<PathBuf, ProgramError> {
    let folder = target();
    let failed = |error: io::Error| ProgramError::Folder {
        path: folder.clone(),
        reason: error.to_string(),
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let program = folder.join(name);
    let fresh = folder.join(format!("{name}.{}", std::process::id()));
    let output = Command::new("cc")
        .args([
            "-std=gnu11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-static",
            "-o",
        ])
        .arg(&fresh)
        .args(sources)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("programs"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| ProgramError::Compiler(error.to_string()))?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(ProgramError::Compiler(messages));
    }
    fs::rename(&fresh, &program).map_err(failed)?;
    Ok(program)
}

/// A folder beside the running test.
fn target() -> PathBuf {
    env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join("escape-programs")))
        .unwrap_or_else(|| env::temp_dir().join("unitward-escape-programs"))
}
