//! What a launcher must leave as it was.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// A picture of the machine: mounts, processes, shared memory, the control groups
/// below that of this process, and the files where services leave some.
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

/// How the names of the control groups begin that are made for one world alone.
pub const GROUP: &str = "unitward-faults-";

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
        for group in own_groups() {
            let name = group.file_name().unwrap_or_default().to_string_lossy();
            // Others use the groups that could not be made for this world alone, such as those of cpuset.
            if name.starts_with(GROUP) {
                below(&group, DEPTH, &mut lines);
            }
        }
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

fn below(folder: &Path, depth: u32, lines: &mut BTreeSet<String>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if depth > 0 && path.is_dir() && !path.is_symlink() {
            lines.insert(format!("control group {}", path.display()));
            below(&path, depth - 1, lines);
        }
    }
}

/// The folders of the control groups that this process is in, of every hierarchy that is mounted.
///
/// `/proc/self/cgroup` has lines `NUMBER:CONTROLLERS:PATH`, with neither number nor controllers for version 2.
#[must_use]
pub fn own_groups() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut folders = Vec::new();
    for mount in mounts.lines() {
        let Some((place, kind)) = mount.split_once(" - ") else {
            continue;
        };
        let mut place = place.split(' ').skip(3);
        let (Some(root), Some(point)) = (place.next(), place.next()) else {
            continue;
        };
        let mut kind = kind.split(' ');
        let (kind, options) = (kind.next().unwrap_or(""), kind.nth(1).unwrap_or(""));
        let own = groups.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            let here = match kind {
                "cgroup2" => controllers.is_empty(),
                "cgroup" => options
                    .split(',')
                    .any(|option| controllers.split(',').any(|one| one == option)),
                _ => false,
            };
            here.then_some(path)
        });
        if let Some(path) = own
            && let Ok(below) = Path::new(path).strip_prefix(root)
        {
            folders.push(Path::new(point).join(below));
        }
    }
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{files, own_groups};

    #[test]
    fn finds_the_control_groups_of_this_process() {
        for folder in own_groups() {
            assert!(folder.is_dir(), "{}", folder.display());
        }
    }

    #[test]
    fn sees_files_with_their_modes() {
        let folder = std::env::temp_dir().join(format!("unitward-host-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("below")).expect("a temporary folder");
        let mut lines = BTreeSet::new();
        files(&folder, 1, &mut lines);
        std::fs::remove_dir_all(&folder).expect("the folder");
        let line = format!("file {}/below 40755 ", folder.display());
        assert!(
            lines.iter().any(|found| found.starts_with(&line)),
            "{lines:?}"
        );
    }
}
