//! Why a process may be in another sandbox than its unit says.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use unitward_exposure::{Rules, Tenths, assess};
use unitward_settings::{Command, Privilege, Settings};
use unitward_unit::Unit;
use unitward_unit::load::Role;

/// Something that makes the unit and the process differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Drift {
    /// A file of the unit was changed after the process started.
    ChangedFile {
        /// The file.
        path: String,
        /// How many seconds after the start.
        seconds: u64,
    },
    /// A drop-in makes the unit more exposed than it would be without.
    WeakeningDropIn {
        /// The file.
        path: String,
        /// The level without it, in tenths.
        without: u64,
        /// The level with it, in tenths.
        with: u64,
    },
    /// A command runs outside of the sandbox.
    UnconfinedCommand {
        /// The directive.
        directive: &'static str,
        /// The command, with its prefix.
        command: String,
    },
}

/// Looks for what has drifted. `started_at` is when the process started, in seconds since 1970.
#[must_use]
pub fn drift(
    unit: &Unit,
    settings: &Settings,
    started_at: Option<u64>,
    resolve: &dyn Fn(&Unit) -> Option<Settings>,
) -> Vec<Drift> {
    let mut found = Vec::new();
    for file in &unit.files {
        let changed = started_at.and_then(|start| changed_at(&file.path)?.checked_sub(start));
        if let Some(seconds) = changed.filter(|seconds| *seconds > 0) {
            found.push(Drift::ChangedFile {
                path: file.path.to_string_lossy().into_owned(),
                seconds,
            });
        }
    }
    let with = level(settings);
    for (at, file) in unit.files.iter().enumerate() {
        if file.role != Role::DropIn {
            continue;
        }
        let mut less = unit.clone();
        less.files.remove(at);
        let without = resolve(&less).as_ref().and_then(level);
        if let Some((Tenths(with), Tenths(without))) = with.zip(without)
            && without < with
        {
            found.push(Drift::WeakeningDropIn {
                path: file.path.to_string_lossy().into_owned(),
                without,
                with,
            });
        }
    }
    let commands: [(&'static str, &[Command]); 7] = [
        ("ExecCondition", &settings.exec_condition.0),
        ("ExecStartPre", &settings.exec_start_pre.0),
        ("ExecStart", &settings.exec_start.0),
        ("ExecStartPost", &settings.exec_start_post.0),
        ("ExecReload", &settings.exec_reload.0),
        ("ExecStop", &settings.exec_stop.0),
        ("ExecStopPost", &settings.exec_stop_post.0),
    ];
    for (directive, commands) in commands {
        for command in commands
            .iter()
            .filter(|one| one.privilege == Privilege::Full)
        {
            found.push(Drift::UnconfinedCommand {
                directive,
                command: format!("+{}", command.path),
            });
        }
    }
    found
}

fn changed_at(path: &Path) -> Option<u64> {
    let changed = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(changed.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

fn level(settings: &Settings) -> Option<Tenths> {
    Some(assess(settings, Rules::Offline, None).ok()?.level())
}
