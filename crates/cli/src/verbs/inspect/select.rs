//! Which processes are meant: by number, by unit, by command.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The processes of the arguments.
pub(super) struct Selected {
    pub(super) pids: Vec<i32>,
    /// Whether they were found by a name.
    pub(super) by_name: bool,
}

/// Finds them.
pub(super) fn pids(targets: &[String]) -> Result<Selected, Error> {
    let mut selected = Selected {
        pids: Vec::new(),
        by_name: false,
    };
    let mut rows = None;
    for target in targets {
        if target.bytes().all(|byte| byte.is_ascii_digit()) && !target.is_empty() {
            let pid = target.parse().ok().filter(|pid: &i32| *pid > 0);
            let pid = pid.ok_or_else(|| Error::new(format!("{target} is no process number.")))?;
            selected.pids.push(pid);
            continue;
        }
        selected.by_name = true;
        let rows = rows.get_or_insert_with(unitward_inspect::overview);
        let unit = if target.contains('.') {
            target.clone()
        } else {
            format!("{target}.service")
        };
        if let Some(main) = main_process(&unit) {
            selected.pids.push(main);
            continue;
        }
        let of_unit: Vec<i32> = rows
            .iter()
            .filter(|row| row.unit.as_deref() == Some(&unit))
            .map(|row| row.pid)
            .collect();
        // The others are children of it.
        if let Some(first) = oldest(&of_unit) {
            selected.pids.push(first);
            continue;
        }
        let own = std::process::id();
        let named = rows.iter().filter(|row| u32::try_from(row.pid) != Ok(own));
        let named = named.filter(|row| row.name == *target || runs(row.pid, target));
        selected.pids.extend(named.map(|row| row.pid));
    }
    selected.pids.sort_unstable();
    selected.pids.dedup();
    Ok(selected)
}

/// The main process that systemd knows, where there is a systemd.
fn main_process(unit: &str) -> Option<i32> {
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let output = Command::new("systemctl")
        .args(["show", "--property=MainPID", "--value", "--", unit])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().parse().ok().filter(|pid| *pid > 0)
}

/// The process that started first.
fn oldest(pids: &[i32]) -> Option<i32> {
    let started = |pid: &i32| {
        let target = unitward_inspect::Target::open(*pid).ok()?;
        Some((target.started(), *pid))
    };
    pids.iter().filter_map(started).min().map(|(_, pid)| pid)
}

/// Whether the program file has the name.
fn runs(pid: i32, name: &str) -> bool {
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    program.is_ok_and(|path| path.file_name().is_some_and(|file| file == name))
}
