//! One daemon under `unitward harden`: what is proposed is proved, leaves room for what was not seen at `safe`, and stops
//! attacks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::course::unit;
use crate::table::{Daemon, Part, Sessions};
use crate::world::FOLDER;

/// What came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hardened {
    /// The exposure level before.
    pub before: f64,
    /// The exposure level with what was proposed at `tight`.
    pub after: f64,
    /// How often the service was run.
    pub runs: u64,
    /// What was loosened.
    pub loosened: Vec<String>,
}

/// What somebody does who has taken over the service.
const ATTACKS: &[(&str, &str)] = &[
    ("read the files of root", "grep -q planted /root/secret"),
    ("change a program", "echo x >>/usr/bin/env"),
    ("mount", "mount -t tmpfs none /mnt"),
    (
        "load a module",
        "perl -e 'exit(syscall(175, 0, 0, 0) == 0 || $!{ENOENT} || $!{ENOEXEC} || $!{EFAULT} ? 0 : 1)'",
    ),
    (
        "trace another process",
        "perl -e 'exit(syscall(101, 16, getppid(), 0, 0) == 0 ? 0 : 1)'",
    ),
    (
        "set the clock",
        "perl -e 'exit(syscall(227, 0, pack(\"qq\", 1, 0)) == 0 ? 0 : 1)'",
    ),
];

impl Daemon {
    /// Hardens it, in a world that is made for it. [`Part::Full`] adds the wider workload at `safe`.
    ///
    /// # Errors
    /// What was not as expected, with what unitward said.
    pub fn hardening(&self, part: Part) -> Result<Hardened, String> {
        self.shell("prepare")?;
        fs::write("/root/secret", "planted\n").map_err(|error| error.to_string())?;
        let unit = unit(self.unit)?;
        let tight = self.proposal(&unit, "tight")?;
        let file = Path::new(FOLDER).join("tight.conf");
        write(&file, &tight)?;
        if self.sessions == Sessions::None {
            attacks(&unit, &file)?;
        }
        if part == Part::Full {
            let safe = self.proposal(&unit, "safe")?;
            let folder = PathBuf::from(format!("/etc/systemd/system/{unit}.d"));
            fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            write(&folder.join("60-safe.conf"), &safe)?;
            self.wider(&unit)?;
        }
        let level = |when: &str| {
            let level = tight["exposure"][when].as_str()?.parse().ok()?;
            Some(level)
        };
        let texts = tight["loosened"].as_array().cloned().unwrap_or_default();
        Ok(Hardened {
            before: level("before").ok_or("no level before")?,
            after: level("after").ok_or("no level after")?,
            runs: tight["runs"].as_u64().unwrap_or_default(),
            loosened: texts
                .iter()
                .map(|one| format!("{}: {}", one["change"], one["because"]))
                .collect(),
        })
    }

    /// What is proposed at a level; it has to be proved.
    fn proposal(&self, unit: &str, level: &str) -> Result<Value, String> {
        let workload = format!("set -e; {}", self.command("eventually works && workload"));
        let output = unitward()
            .args([
                "harden",
                unit,
                "--json",
                "--level",
                level,
                "--workload",
                &workload,
            ])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let result: Value = serde_json::from_slice(&output.stdout).map_err(|_| text(&output))?;
        match result["proved"].as_bool() {
            Some(true) => Ok(result),
            _ => Err(format!(
                "{level}: not proved: {:#}\n{}",
                result["complaints"],
                text(&output)
            )),
        }
    }

    /// Runs it with its drop-ins, and uses it in ways that were not observed.
    fn wider(&self, unit: &str) -> Result<(), String> {
        self.while_running(unit, |daemon| {
            daemon.shell("eventually works")?;
            daemon.shell("wider_workload")
        })
    }
}

/// Tries to do in the sandbox what nobody should; what takes the place of the daemon may execute a shell for it.
fn attacks(unit: &str, drop_in: &Path) -> Result<(), String> {
    for (name, script) in ATTACKS {
        let output = unitward()
            .args(["run", unit, "--drop-in"])
            .arg(drop_in)
            .args([
                "-p",
                "NoExecPaths=",
                "-p",
                "ExecPaths=",
                "-p",
                "ExecStartPre=",
            ])
            .args(["--", "/bin/sh", "-c", script])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            return Err(format!("an attacker can {name}: {}", text(&output)));
        }
    }
    Ok(())
}

fn unitward() -> Command {
    Command::new(format!("{FOLDER}/unitward"))
}

fn write(file: &Path, proposal: &Value) -> Result<(), String> {
    let text = proposal["drop_in"].as_str().ok_or("no drop-in")?;
    fs::write(file, text).map_err(|error| error.to_string())
}

fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{out}{error}", output.status)
}
