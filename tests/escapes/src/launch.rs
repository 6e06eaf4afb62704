//! Who makes the sandbox around an attempt.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

impl Launcher {
    /// Makes the attempt, as often as the escape says or until it gets out.
    ///
    /// # Errors
    /// The world's program could not be started.
    pub fn attempt(&self, world: &Path, escape: &Escape, side: Side) -> io::Result<Verdict> {
        let mut verdict = self.once(world, escape, side)?;
        for _ in 1..escape.tries {
            if matches!(verdict, Verdict::Out | Verdict::Broken(_)) {
                break;
            }
            verdict = self.once(world, escape, side)?;
        }
        Ok(verdict)
    }

    fn once(&self, world: &Path, escape: &Escape, side: Side) -> io::Result<Verdict> {
        let mut command = Command::new(world);
        command.arg("world");
        if matches!(self, Self::Systemd) {
            command.arg("--here");
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
        let verdict = Verdict::from_world(&text);
        Ok(match verdict {
            Verdict::Broken(text) => {
                Verdict::Broken(text + &String::from_utf8_lossy(&output.stderr))
            }
            verdict => verdict,
        })
    }

    fn sandbox(&self, command: &mut Command, escape: &Escape, side: Side) {
        match self {
            Self::Unitward { program, version } => {
                command
                    .arg(program)
                    .args(["run", "--systemd", &version.to_string()]);
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
        command.args(["--", escape.program(side), "try", escape.way]);
    }
}
