//! Objects of interprocess communication that outlive their processes (systemd.exec(5), "RemoveIPC=").

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::sys::{self, IpcKind};

/// Whose objects are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Objects of this user.
    pub(crate) uid: Option<u32>,
    /// Objects of this group.
    pub(crate) gid: Option<u32>,
}

impl Owner {
    /// The user and the group of a service, without root, whose objects are never removed.
    pub(crate) fn of(uid: Option<u32>, gid: Option<u32>) -> Option<Self> {
        let owner = Self {
            uid: uid.filter(|id| *id != 0),
            gid: gid.filter(|id| *id != 0),
        };
        (owner.uid.is_some() || owner.gid.is_some()).then_some(owner)
    }

    /// Removes all objects of the owner: shared memory, semaphores and message queues, of System V and of POSIX. What
    /// cannot be removed stays, and so does what belongs to a user or a group that other processes have.
    pub(crate) fn remove_objects(self) {
        let (users, groups) = in_use();
        let free = Self {
            uid: self.uid.filter(|id| !users.contains(id)),
            gid: self.gid.filter(|id| !groups.contains(id)),
        };
        if free.uid.is_some() || free.gid.is_some() {
            free.remove();
        }
    }

    fn remove(self) {
        let kinds = [
            ("shm", IpcKind::SharedMemory),
            ("sem", IpcKind::Semaphores),
            ("msg", IpcKind::Messages),
        ];
        for (name, kind) in kinds {
            let table = std::fs::read_to_string(format!("/proc/sysvipc/{name}"));
            for id in self.listed(&table.unwrap_or_default()) {
                let _ = sys::remove_ipc(kind, id);
            }
        }
        self.remove_files(Path::new("/dev/shm"), 0);
        self.remove_files(Path::new("/dev/mqueue"), 0);
    }

    fn owns(self, uid: u32, gid: u32) -> bool {
        self.uid == Some(uid) || self.gid == Some(gid)
    }

    /// The numbers of the owner's objects in a table of /proc/sysvipc, whose first line names the columns.
    fn listed(self, table: &str) -> Vec<i32> {
        let mut lines = table.lines();
        let names: Vec<&str> = lines
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let column = |name: &str| names.iter().position(|known| *known == name);
        let id = names.iter().position(|name| name.ends_with("id"));
        let (Some(id), Some(uid), Some(gid)) = (id, column("uid"), column("gid")) else {
            return Vec::new();
        };
        lines
            .filter_map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
                if self.owns(number(uid)?, number(gid)?) {
                    i32::try_from(number(id)?).ok()
                } else {
                    None
                }
            })
            .collect()
    }

    /// Removes files of the owner, and directories that became empty.
    fn remove_files(self, directory: &Path, depth: usize) {
        /// Directories in /dev/shm are rare, deep ones somebody's joke.
        const DEEPEST: usize = 16;
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries {
            let Ok(found) = entry.metadata() else {
                continue;
            };
            if found.is_dir() && depth < DEEPEST {
                self.remove_files(&entry.path(), depth + 1);
            }
            if self.owns(found.uid(), found.gid()) {
                let _ = if found.is_dir() {
                    std::fs::remove_dir(entry.path())
                } else {
                    std::fs::remove_file(entry.path())
                };
            }
        }
    }
}

/// The users and groups that processes run as.
fn in_use() -> (Vec<u32>, Vec<u32>) {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if !name.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        for line in status.lines() {
            let list = match line.split_once(':') {
                Some(("Uid", numbers)) => (&mut users, numbers),
                Some(("Gid", numbers)) => (&mut groups, numbers),
                _ => continue,
            };
            list.0.extend(
                list.1
                    .split_whitespace()
                    .filter_map(|number| number.parse::<u32>().ok()),
            );
        }
    }
    (users, groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_by_user_and_group() {
        let table = "       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid\n\
                     \x20        0          3  1600         64   100     0      0  1000  1000     0     0\n\
                     \x20        0          4  1600         64   100     0      0     0  1000     0     0\n\
                     \x20        0          5  1600         64   100     0      0     0     0  1000  1000\n";
        let owner = |uid, gid| Owner { uid, gid };
        assert_eq!(owner(Some(1000), None).listed(table), [3]);
        assert_eq!(owner(None, Some(1000)).listed(table), [3, 4]);
        assert_eq!(owner(Some(7), None).listed(table), [0; 0]);
        assert_eq!(owner(Some(7), None).listed("nonsense"), [0; 0]);
    }

    #[test]
    fn root_is_spared() {
        assert_eq!(Owner::of(Some(0), Some(0)), None);
        assert_eq!(Owner::of(None, None), None);
    }
}
