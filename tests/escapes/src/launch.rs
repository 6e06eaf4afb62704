//! Who makes the sandbox around an attempt.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::table::{Escape, Open, Side};
use crate::verdict::Verdict;

/// Who makes the sandbox around an attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Launcher {
    /// `unitward run`, at this path, as this version of systemd.
    Unitward {
        /// The program.
        program: PathBuf,
        /// What `--systemd` is given.
        version: u32,
    },
    /// `systemd-run` on this machine, which should be a throw-away container: the attempts are made on it.
    Systemd,
}

/// Starts a transient service, waits, and ends as its main process did, with 128 and the signal's number for a signal.
const SYSTEMD_RUN: &str = r#"
unit=unitward-escape-$$.service
systemd-run --quiet --wait --unit="$unit" "$@" </dev/null
status=$?
ended=$(systemctl show --property=ExecMainCode,ExecMainStatus "$unit")
systemctl reset-failed "$unit" 2>/dev/null
case $ended in
*ExecMainCode=[23]*) exit $((128 + $(printf '%s' "$ended" | sed -n 's/ExecMainStatus=//p'))) ;;
*ExecMainCode=1*) exit "$(printf '%s' "$ended" | sed -n 's/ExecMainStatus=//p')" ;;
esac
exit $status
"#;

const REPORT: &str = "StandardOutput=append:/srv/report";

/// What came of an attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// How it ended.
    pub verdict: Verdict,
    /// The directives that the launcher said it does not wholly enforce, with its reasons.
    pub gaps: HashMap<String, String>,
    /// What was written to standard error.
    pub messages: String,
}

/// The enforcement report of `unitward run --report`.
#[derive(Deserialize)]
struct Report {
    directives: Vec<Directive>,
}

#[derive(Deserialize)]
struct Directive {
    directive: String,
    status: String,
    #[serde(default)]
    reason: String,
}

impl Launcher {
    /// Makes the attempt, as often as the escape says or until it gets out.
    ///
    /// # Errors
    /// The world's program could not be started.
    pub fn attempt(&self, world: &Path, escape: &Escape, side: Side) -> io::Result<Attempt> {
        let mut attempt = self.once(world, escape, side)?;
        for _ in 1..escape.tries {
            if matches!(attempt.verdict, Verdict::Out | Verdict::Broken(_)) {
                break;
            }
            attempt = self.once(world, escape, side)?;
        }
        Ok(attempt)
    }

    fn once(&self, world: &Path, escape: &Escape, side: Side) -> io::Result<Attempt> {
        let mut command = Command::new(world);
        command.arg("world");
        if matches!(self, Self::Systemd) {
            command.arg("--here");
        }
        if let Self::Unitward { program, .. } = self {
            command.arg("--keep").arg(program);
        }
        if escape.terminal {
            command.arg("--terminal");
        }
        command.arg(escape.way);
        match (side, escape.open) {
            (Side::Without, Open::Bare(user)) => {
                command.args(["/srv/escape", "as", &user.to_string(), escape.way]);
            }
            _ => self.sandbox(&mut command, escape, side),
        }
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (text, report) = text.split_once("\nenforcement\n").unwrap_or((&text, ""));
        Ok(Attempt {
            verdict: Verdict::from_world(text),
            gaps: gaps(report),
            messages: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn sandbox(&self, command: &mut Command, escape: &Escape, side: Side) {
        match self {
            Self::Unitward { program, version } => {
                let name = program.file_name().unwrap_or(program.as_os_str());
                command
                    .arg(Path::new("/srv").join(name))
                    .args(["run", "--systemd", &version.to_string()])
                    .args(["--report", "/srv/enforcement"]);
            }
            Self::Systemd => {
                command.args(["sh", "-c", SYSTEMD_RUN, "sh"]);
            }
        }
        for setting in escape.settings(side) {
            command.args(["-p", setting]);
        }
        match (escape.terminal, self) {
            (true, Self::Systemd) => {
                command.arg("--pipe");
            }
            (true, Self::Unitward { .. }) => {}
            (false, _) => {
                command.args(["-p", REPORT]);
            }
        }
        command.args(["--", "/srv/escape", "try", escape.way]);
    }
}

fn gaps(report: &str) -> HashMap<String, String> {
    let directives = serde_json::from_str::<Report>(report).map(|report| report.directives);
    directives
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| matches!(entry.status.as_str(), "partly" | "not-possible-here"))
        .map(|entry| (entry.directive, entry.reason))
        .collect()
}
