//! The life of one daemon under `unitward run`, with everything that is expected of it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use unitward_escapes::host::{Host, own_groups};

use crate::table::{Daemon, Part, Reload};
use crate::world::FOLDER;

/// How a daemon is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As its package has it.
    Stock,
    /// With the drop-ins `hardened.conf` and that of its name.
    Hardened,
}

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked whether something has come.
const PAUSE: Duration = Duration::from_millis(20);

/// A daemon that `unitward run` runs.
struct Running {
    child: Child,
    messages: PathBuf,
}

impl Daemon {
    /// Runs it from its start to its stop, in a world that is made for it. [`Part::Full`] adds the wider workload and a
    /// second start, which ends by the death of unitward.
    ///
    /// # Errors
    /// What was not as expected, with what unitward said.
    pub fn course(&self, form: Form, part: Part) -> Result<(), String> {
        self.shell("prepare")?;
        let unit = unit(self.unit)?;
        if form == Form::Hardened {
            self.harden(&unit)?;
        }
        let messages = Path::new(FOLDER).join("messages");
        fs::write(&messages, "").map_err(|error| error.to_string())?;
        let before = (Host::look(), groups());
        let mut running = Running::start(&unit)?;
        self.live(form, part, &mut running)
            .map_err(|problem| format!("{problem}\n{}", running.said()))?;
        running
            .stop()
            .map_err(|problem| format!("stop: {problem}\n{}", running.said()))?;
        self.nothing_left(&before)
            .map_err(|problem| format!("{problem}\n{}", running.said()))?;
        if part == Part::Full {
            let mut running = Running::start(&unit)?;
            self.shell("eventually works")
                .and_then(|()| running.kill())
                .map_err(|problem| format!("again: {problem}\n{}", running.said()))?;
            self.nothing_left(&before)
                .map_err(|problem| format!("killed: {problem}\n{}", running.said()))?;
        }
        Ok(())
    }

    /// Does something while the unit runs, and stops it.
    pub(crate) fn while_running(
        &self,
        unit: &str,
        act: impl FnOnce(&Self) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut running = Running::start(unit)?;
        act(self)
            .and_then(|()| running.stop())
            .map_err(|problem| format!("{problem}\n{}", running.said()))
    }

    fn live(&self, form: Form, part: Part, running: &mut Running) -> Result<(), String> {
        self.shell("eventually works")?;
        if form == Form::Hardened {
            self.is_hardened()?;
        }
        self.shell("workload")?;
        if self.reload == Reload::Unit {
            self.shell("change")?;
            running.send(Signal::HUP)?;
            self.shell("eventually changed")?;
            self.shell("works")?;
        }
        if part == Part::Full {
            self.shell("wider_workload")?;
        }
        match running.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("it ended by itself: {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Runs a function of its file.
    pub(crate) fn shell(&self, function: &str) -> Result<(), String> {
        let output = Command::new("timeout")
            .args(["100", "sh", "-ex", "-c", &self.command(function)])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        let out = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{function}: {}\n{out}{error}", output.status))
    }

    fn harden(&self, unit: &str) -> Result<(), String> {
        // For all instances of a template, as for one.
        let name = match unit.split_once('@') {
            Some((template, _)) => format!("{template}@.service"),
            None => unit.to_owned(),
        };
        let folder = PathBuf::from(format!("/etc/systemd/system/{name}.d"));
        let put = || -> io::Result<()> {
            fs::create_dir_all(&folder)?;
            fs::copy(
                format!("{FOLDER}/hardened.conf"),
                folder.join("40-hardened.conf"),
            )?;
            fs::copy(
                format!("{FOLDER}/{}.conf", self.name),
                folder.join("50-own.conf"),
            )?;
            Ok(())
        };
        put().map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// Whether a process of the daemon has the filter that all drop-ins ask for.
    fn is_hardened(&self) -> Result<(), String> {
        let name = Path::new(self.program).file_name().unwrap_or_default();
        let filtered = processes().into_iter().any(|pid| {
            let file = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}"));
            let status = file("status").unwrap_or_default();
            let words = file("cmdline").unwrap_or_default();
            words.contains(name.to_string_lossy().as_ref()) && status.contains("\nSeccomp:\t2\n")
        });
        if filtered || self.name == "postgresql" {
            Ok(())
        } else {
            Err("no process of it has a filter".to_owned())
        }
    }

    fn nothing_left(&self, (host, old): &(Host, Vec<PathBuf>)) -> Result<(), String> {
        let mut left = host.changes();
        left.retain(|change| {
            let what = change.trim_start_matches(['+', '-', ' ']);
            let what = what.strip_prefix("file ").unwrap_or(what);
            if is_outside(what) {
                return false;
            }
            let mut expected = self.leaves.iter().chain([&FOLDER]);
            !expected.any(|begin| what.starts_with(begin))
        });
        let new = groups().into_iter().filter(|group| !old.contains(group));
        left.extend(new.map(|group| format!("+ control group {}", group.display())));
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("is left behind:\n{}", left.join("\n")))
        }
    }
}

impl Running {
    /// Starts the unit and waits until it counts as started.
    fn start(unit: &str) -> Result<Self, String> {
        let messages = Path::new(FOLDER).join("messages");
        let spawn = || -> io::Result<Child> {
            let file = fs::File::create(&messages)?;
            Command::new(format!("{FOLDER}/unitward"))
                .args(["run", "--explain", unit])
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file)
                .spawn()
        };
        let child = spawn().map_err(|error| error.to_string())?;
        let mut running = Self { child, messages };
        let end = Instant::now() + PATIENCE;
        while !running.said().contains("the service has started") {
            let ended = running
                .child
                .try_wait()
                .map_err(|error| error.to_string())?;
            if let Some(status) = ended {
                return Err(format!("start: {status}\n{}", running.said()));
            }
            if Instant::now() >= end {
                return Err(format!("the start takes too long\n{}", running.said()));
            }
            thread::sleep(PAUSE);
        }
        Ok(running)
    }

    fn said(&self) -> String {
        let bytes = fs::read(&self.messages).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn send(&self, signal: Signal) -> Result<(), String> {
        kill_process(Pid::from_child(&self.child), signal).map_err(|errno| errno.to_string())
    }

    /// Asks unitward to stop it; it has to end well.
    fn stop(&mut self) -> Result<(), String> {
        self.send(Signal::TERM)?;
        self.wait()?;
        if self
            .said()
            .contains("the service ended with result success")
        {
            Ok(())
        } else {
            Err("no success".to_owned())
        }
    }

    /// Kills unitward, once it has run for so long that it has somebody to clean up after it.
    fn kill(&mut self) -> Result<(), String> {
        thread::sleep(10 * PAUSE);
        self.send(Signal::KILL)?;
        self.wait()
    }

    fn wait(&mut self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        Err("it does not end".to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, unless something went wrong before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of a unit, as the shell expands the word.
pub(crate) fn unit(word: &str) -> Result<String, String> {
    let output = Command::new("sh")
        .args(["-c", &format!("echo {word}")])
        .output()
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn processes() -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// Whether a file is one that the machine has changed meanwhile, below what the world sees of it.
fn is_outside(what: &str) -> bool {
    let path = what.split(' ').next().unwrap_or_default();
    let layered = ["/etc/", "/home/", "/var/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    layered && fs::symlink_metadata(format!("{FOLDER}/upper{path}")).is_err()
}

/// The control groups of this world's services: in their names is the number of its PID namespace.
fn groups() -> Vec<PathBuf> {
    let Ok(namespace) = fs::metadata("/proc/self/ns/pid") else {
        return Vec::new();
    };
    let mark = format!("-{}-", namespace.ino());
    let mut found = Vec::new();
    for group in own_groups() {
        for entry in fs::read_dir(group).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(&mark) {
                found.push(entry.path());
            }
        }
    }
    found
}
