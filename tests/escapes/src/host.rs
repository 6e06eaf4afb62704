//! What a launcher must leave as it was.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// A picture of the machine: mounts, processes, shared memory, and the files where services leave some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    lines: BTreeSet<String>,
}

/// Folders that are looked at with all below them; those of a world are its own.
const FOLDERS: &[&str] = &[
    "/tmp",
    "/run",
    "/var/tmp",
    "/var/lib",
    "/var/cache",
    "/var/log",
    "/dev/shm",
    "/home",
    "/srv/etc",
    "/srv/open",
    "/srv/root",
];

/// How deep a folder is looked at.
const DEPTH: u32 = 12;

impl Host {
    /// Takes the picture.
    #[must_use]
    pub fn look() -> Self {
        let mut lines = BTreeSet::new();
        for (name, file) in [
            ("mount", "/proc/self/mountinfo"),
            ("segment", "/proc/sysvipc/shm"),
            ("queue", "/proc/sysvipc/msg"),
            ("semaphore", "/proc/sysvipc/sem"),
            ("hostname", "/proc/sys/kernel/hostname"),
        ] {
            let text = fs::read_to_string(file).unwrap_or_default();
            lines.extend(text.lines().map(|line| format!("{name} {line}")));
        }
        for folder in FOLDERS {
            files(Path::new(folder), DEPTH, &mut lines);
        }
        groups(Path::new("/sys/fs/cgroup"), DEPTH, &mut lines);
        for process in names(Path::new("/proc")) {
            if process.bytes().all(|byte| byte.is_ascii_digit()) {
                let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
                lines.insert(format!("process {process} {}", name.trim_end()));
            }
        }
        Self { lines }
    }

    /// What is other than before, once everything that is about to end has ended.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let mut changes = self.differences();
        for _ in 0..20 {
            if changes.is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
            changes = self.differences();
        }
        changes
    }

    fn differences(&self) -> Vec<String> {
        let now = Self::look();
        let gone = self
            .lines
            .difference(&now.lines)
            .map(|line| format!("- {line}"));
        let new = now
            .lines
            .difference(&self.lines)
            .map(|line| format!("+ {line}"));
        gone.chain(new).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn files(folder: &Path, depth: u32, lines: &mut BTreeSet<String>) {
    for name in names(folder) {
        let path = folder.join(name);
        let Ok(data) = fs::symlink_metadata(&path) else {
            continue;
        };
        lines.insert(format!(
            "file {} {:o} {}:{}",
            path.display(),
            data.mode(),
            data.uid(),
            data.gid()
        ));
        if data.is_dir() && depth > 0 {
            files(&path, depth - 1, lines);
        }
    }
}

/// Control groups of unitward's; other programs of the machine make and remove theirs at any time.
fn groups(folder: &Path, depth: u32, lines: &mut BTreeSet<String>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if depth == 0 || !path.is_dir() || path.is_symlink() {
            continue;
        }
        if name.contains("unitward") || name.ends_with("run.service") {
            lines.insert(format!("control group {}", path.display()));
        }
        groups(&path, depth - 1, lines);
    }
}
