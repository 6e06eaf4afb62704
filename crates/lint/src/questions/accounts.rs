//! Users and groups of a system.

use std::collections::HashSet;
use std::path::Path;

use unitward_elf::Root;

use crate::rule::Severity;

/// The users and groups that a system has, as far as its files tell.
pub(crate) struct Accounts {
    users: Option<HashSet<String>>,
    groups: Option<HashSet<String>>,
    /// What sysusers.d makes at the next start of the system.
    made: HashSet<String>,
    /// Whether services of the network are asked as well.
    remote: bool,
}

/// The most bytes that are read of a file of accounts.
const LIMIT: u64 = 16 << 20;
/// The most files of a folder that are read.
const FILES_MAX: usize = 1000;

impl Accounts {
    /// Reads the files of a system.
    pub(crate) fn of(root: &Root) -> Self {
        let names = |path| {
            let text = read(root, path)?;
            let names = text.lines().filter_map(|line| line.split(':').next());
            Some(names.map(str::to_owned).collect())
        };
        let mut made = HashSet::new();
        for folder in ["etc", "run", "usr/local/lib", "usr/lib"] {
            let folder = format!("/{folder}/sysusers.d");
            for text in folder_texts(root, &folder) {
                let words = text.lines().map(|line| line.split_ascii_whitespace());
                made.extend(words.filter_map(|mut words| {
                    let kind = words.next()?;
                    let known = kind.starts_with(['u', 'g', 'm']);
                    words.next().filter(|_| known).map(str::to_owned)
                }));
            }
        }
        Self {
            users: names("/etc/passwd"),
            groups: names("/etc/group"),
            made,
            remote: is_remote(root),
        }
    }

    /// Whether there is no user of this name.
    pub(crate) fn lack_user(&self, root: &Root, name: &str) -> bool {
        self.lack(root, &self.users, name, "user")
    }

    /// Whether there is no group of this name.
    pub(crate) fn lack_group(&self, root: &Root, name: &str) -> bool {
        self.lack(root, &self.groups, name, "group")
    }

    fn lack(&self, root: &Root, known: &Option<HashSet<String>>, name: &str, kind: &str) -> bool {
        let Some(known) = known else {
            return false;
        };
        let number = name.bytes().all(|b| b.is_ascii_digit());
        let built_in = matches!(name, "root" | "nobody" | "nogroup");
        let in_database = || {
            let folders = ["/etc/userdb", "/run/userdb", "/usr/lib/userdb"];
            folders.iter().any(|folder| {
                let path = format!("{folder}/{name}.{kind}");
                root.resolve(Path::new(&path)).is_ok()
            })
        };
        !number && !built_in && !known.contains(name) && !self.made.contains(name) && !in_database()
    }

    /// How bad it is that a name is not known.
    pub(crate) fn certainty(&self) -> Severity {
        match self.remote {
            true => Severity::Warning,
            false => Severity::Error,
        }
    }
}

fn read(root: &Root, path: &str) -> Option<String> {
    let bytes = root.read(Path::new(path), LIMIT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The texts of the `.conf` files of a folder.
fn folder_texts(root: &Root, folder: &str) -> Vec<String> {
    let Ok(located) = root.resolve(Path::new(folder)) else {
        return Vec::new();
    };
    let inside = located.path.strip_prefix("/").unwrap_or(&located.path);
    let Ok(entries) = std::fs::read_dir(root.path().join(inside)) else {
        return Vec::new();
    };
    entries
        .take(FILES_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".conf"))
        .filter_map(|name| read(root, &format!("{folder}/{name}")))
        .collect()
}

/// Whether nsswitch.conf(5) asks others than files for users.
fn is_remote(root: &Root) -> bool {
    let text = read(root, "/etc/nsswitch.conf").unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("passwd:"));
    let local = ["files", "compat", "systemd", "altfiles", "db"];
    lines
        .flat_map(str::split_ascii_whitespace)
        .take_while(|word| !word.starts_with('#'))
        .any(|word| !word.starts_with('[') && !local.contains(&word))
}
