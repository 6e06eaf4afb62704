//! Calling `systemd-analyze security --offline=true`: the real one, or unitward in its place.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;
use thiserror::Error;

use crate::golden::{Outcome, Row, Scored};

/// A program that stands for `systemd-analyze` of one version.
#[derive(Debug, Clone)]
pub struct Analyze {
    command: Vec<OsString>,
    version: String,
}

/// What a call printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status; 128 and the signal's number when a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Why a program could not be called or understood.
#[derive(Debug, Error)]
pub enum AnalyzeError {
    /// It could not be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// unitward could not be built.
    #[error("`cargo build --package unitward` failed: {0}")]
    Build(String),
    /// Its JSON is not what systemd-analyze prints.
    #[error("not the JSON of systemd-analyze: {0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct JsonRow {
    set: Option<bool>,
    json_field: Option<String>,
    description: Option<String>,
    exposure: Option<String>,
}

impl Analyze {
    /// unitward in place of systemd-analyze of `version`, built first when it is not up to date.
    ///
    /// # Errors
    /// [`AnalyzeError::Build`].
    pub fn unitward(version: &str) -> Result<Self, AnalyzeError> {
        let program = unitward()?;
        let command = vec![program.into(), "systemd-analyze".into()];
        Ok(Self {
            command,
            version: version.to_owned(),
        })
    }

    /// The real program, when it can be started and says which version it is.
    pub fn real(program: &str) -> Option<Self> {
        let output = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text
            .strip_prefix("systemd ")?
            .split_whitespace()
            .next()?
            .to_owned();
        Some(Self {
            command: vec![program.into()],
            version,
        })
    }

    /// The version of systemd that it is or stands for.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Calls `security --offline=true --no-pager OPTIONS UNITS`; see [`call`](Self::call).
    ///
    /// # Errors
    /// [`AnalyzeError::Start`].
    pub fn security<A: AsRef<str>>(
        &self,
        folder: &Path,
        environment: &[(&str, &str)],
        options: &[&str],
        units: &[A],
    ) -> Result<Output, AnalyzeError> {
        let mut words = vec!["security", "--offline=true", "--no-pager"];
        words.extend(options);
        words.extend(units.iter().map(AsRef::as_ref));
        self.call(folder, environment, &words)
    }

    /// Calls the program with `words` in `folder`, with nothing of the machine's own units.
    ///
    /// # Errors
    /// [`AnalyzeError::Start`].
    pub fn call(
        &self,
        folder: &Path,
        environment: &[(&str, &str)],
        words: &[&str],
    ) -> Result<Output, AnalyzeError> {
        let (program, first) = self
            .command
            .split_first()
            .ok_or_else(|| AnalyzeError::Start {
                program: String::new(),
                source: io::ErrorKind::NotFound.into(),
            })?;
        let output = Command::new(program)
            .args(first)
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .env_remove("SYSTEMD_LOG_TARGET")
            .env_remove("SYSTEMD_ANALYZE_DEBUG")
            .env_remove("SYSTEMD_EMOJI")
            .env("SYSTEMD_UNIT_PATH", "")
            .env("SYSTEMD_COLORS", "0")
            .env("SYSTEMD_URLIFY", "0")
            .env("SYSTEMD_LOG_LEVEL", "notice")
            .env("LC_ALL", "C.UTF-8")
            .env("UNITWARD_SYSTEMD", &self.version)
            .envs(environment.iter().copied())
            .output()
            .map_err(|source| AnalyzeError::Start {
                program: program.display().to_string(),
                source,
            })?;
        Ok(Output {
            exit: exit_status(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The full result of one unit, from the JSON and the text form, each in its own call.
    ///
    /// # Errors
    /// All of [`AnalyzeError`].
    pub fn look(&self, folder: &Path, unit: &str) -> Result<Outcome, AnalyzeError> {
        let json = self.security(folder, &[], &["--json=short"], &[unit])?;
        let text = self.security(folder, &[], &[], &[unit])?;
        let outcome = pair(&json.stdout, &text.stdout, text.exit)?
            .into_iter()
            .next();
        let messages = || text.stderr.lines().map(str::to_owned).collect();
        Ok(outcome.map_or_else(
            || Outcome::Refused {
                exit: text.exit,
                messages: messages(),
            },
            Outcome::Scored,
        ))
    }

    /// The results of many units from two calls, by the name of the loaded unit; refused units are absent.
    ///
    /// # Errors
    /// All of [`AnalyzeError`].
    pub fn look_at_all<A: AsRef<str>>(
        &self,
        folder: &Path,
        units: &[A],
    ) -> Result<(i32, HashMap<String, Scored>), AnalyzeError> {
        let json = self.security(folder, &[], &["--json=short"], units)?;
        let text = self.security(folder, &[], &[], units)?;
        let scored = pair(&json.stdout, &text.stdout, 0)?;
        let exit = if json.exit == text.exit {
            json.exit
        } else {
            -1
        };
        Ok((
            exit,
            scored
                .into_iter()
                .map(|scored| (scored.id.clone(), scored))
                .collect(),
        ))
    }
}

/// The built `unitward` binary: `$UNITWARD` if set, else it is built in the profile of the running test.
///
/// # Errors
/// [`AnalyzeError::Build`].
pub fn unitward() -> Result<&'static Path, AnalyzeError> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BUILT.get_or_init(build_unitward) {
        Ok(path) => Ok(path),
        Err(reason) => Err(AnalyzeError::Build(reason.clone())),
    }
}

fn build_unitward() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("UNITWARD") {
        return Ok(path.into());
    }
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "build",
        "--quiet",
        "--package",
        "unitward",
        "--message-format=json",
    ]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command
        .current_dir(crate::corpus::home())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|path| path.file_name().is_some_and(|name| name == "unitward"))
        .ok_or_else(|| "cargo named no executable".to_owned())
}

/// Joins the JSON and the text output of the same units.
fn pair(json: &str, text: &str, exit: i32) -> Result<Vec<Scored>, AnalyzeError> {
    let tables = serde_json::Deserializer::from_str(json)
        .into_iter::<Vec<JsonRow>>()
        .collect::<Result<Vec<_>, _>>()?;
    let scored =
        text.lines()
            .filter_map(overall)
            .zip(tables)
            .map(|((id, overall, level), rows)| Scored {
                exit,
                id: id.to_owned(),
                overall: overall.to_owned(),
                level: level.to_owned(),
                rows: rows.into_iter().map(Row::from).collect(),
            });
    Ok(scored.collect())
}

impl From<JsonRow> for Row {
    fn from(row: JsonRow) -> Self {
        let JsonRow {
            set,
            json_field,
            description,
            exposure,
        } = row;
        Self {
            check: json_field.unwrap_or_default(),
            set,
            exposure,
            description,
        }
    }
}

/// Name, number and level of a line such as `→ Overall exposure level for a.service: 9.6 UNSAFE`.
fn overall(line: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = line.split_once("Overall exposure level for ")?;
    let (id, rest) = rest.rsplit_once(": ")?;
    let mut words = rest.split(' ');
    Some((id, words.next()?, words.next()?))
}

fn exit_status(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
