//! The control group hierarchies of this system (cgroups(7)), and where in them unitward is.

use std::path::Path;

use rustix::fs::Access;

/// The hierarchies that this process sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchies {
    /// That of version 2.
    pub unified: Option<Hierarchy>,
    /// Those of version 1.
    pub legacy: Vec<Hierarchy>,
}

/// A mounted hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// The controllers of version 1, or its name as in `name=systemd`; none for version 2.
    pub controllers: Vec<String>,
    /// Where it is mounted.
    pub mount: String,
    /// The directory of the process's group.
    pub own: String,
}

/// Where a service's group may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Below this directory.
    Below(String),
    /// Nowhere, for this reason.
    Nowhere(String),
}

impl Hierarchies {
    /// Reads those of this process.
    pub(super) fn read() -> Self {
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        Self::parse(&text("/proc/self/mountinfo"), &text("/proc/self/cgroup"))
    }

    /// The hierarchies that this process sees, with the groups of another one by the text of its /proc/PID/cgroup.
    #[must_use]
    pub fn of(groups: &str) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Self::parse(&mounts, groups)
    }

    /// The hierarchies by the texts of /proc/self/mountinfo and /proc/self/cgroup.
    fn parse(mounts: &str, groups: &str) -> Self {
        let mounts: Vec<Mount> = mounts.lines().filter_map(Mount::parse).collect();
        let mut found = Self::default();
        for line in groups.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(path)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let controllers: Vec<String> = controllers
                .split(',')
                .filter(|controller| !controller.is_empty())
                .map(str::to_owned)
                .collect();
            // What was mounted last hides what was there before.
            let hierarchy = mounts
                .iter()
                .rev()
                .filter(|mount| mount.is_of(&controllers))
                .find_map(|mount| {
                    Some(Hierarchy {
                        controllers: controllers.clone(),
                        mount: mount.point.clone(),
                        own: mount.directory(path)?,
                    })
                });
            match hierarchy {
                Some(hierarchy) if controllers.is_empty() => found.unified = Some(hierarchy),
                Some(hierarchy) => found.legacy.push(hierarchy),
                None => {}
            }
        }
        found
    }

    /// The hierarchy of version 1 that has a controller.
    pub(super) fn legacy(&self, controller: &str) -> Option<&Hierarchy> {
        self.legacy.iter().find(|hierarchy| {
            hierarchy
                .controllers
                .iter()
                .any(|known| known == controller)
        })
    }
}

impl Hierarchy {
    /// Where a group may be made: below the own group, when this process may write there and no systemd manages it.
    pub(super) fn place(&self, manager: Manager) -> Place {
        let own = &self.own;
        if manager == Manager::Systemd {
            match innermost_unit(&self.mount, own) {
                Some(unit) if is_delegated(unit) => {}
                _ => {
                    return Place::Nowhere(format!(
                        "the control group {own} belongs to systemd; \"systemd-run --scope -p Delegate=yes\" in front of \
                         unitward gives it one of its own"
                    ));
                }
            }
        }
        match rustix::fs::access(own.as_str(), Access::WRITE_OK) {
            Ok(()) => Place::Below(own.clone()),
            Err(errno) => Place::Nowhere(format!(
                "no control group can be made below {own}: {}",
                crate::message(errno)
            )),
        }
    }
}

/// Who manages the control groups of this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// systemd (sd_booted(3)).
    Systemd,
    /// Nobody, or a container manager that gave us ours.
    Other,
}

impl Manager {
    /// That of this system.
    pub(super) fn of_system() -> Self {
        if Path::new("/run/systemd/system").is_dir() {
            Self::Systemd
        } else {
            Self::Other
        }
    }
}

/// The directory of the innermost service or scope that a group belongs to.
fn innermost_unit<'a>(mount: &str, own: &'a str) -> Option<&'a str> {
    let mut directory = own;
    while directory.len() > mount.len() {
        if directory.ends_with(".service") || directory.ends_with(".scope") {
            return Some(directory);
        }
        directory = directory.rsplit_once('/')?.0;
    }
    None
}

/// Whether systemd gave a unit its own subtree, and no other manager has taken it over.
fn is_delegated(unit: &str) -> bool {
    let marked = ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut value = [0; 8];
        rustix::fs::getxattr(unit, *name, &mut value)
            .is_ok_and(|size| value.get(..size) == Some(b"1"))
    });
    marked && !Path::new(unit).join("init.scope").exists()
}

/// A mounted cgroup file system.
struct Mount {
    /// The group that is mounted.
    root: String,
    point: String,
    /// Whether it is of version 2.
    unified: bool,
    /// The options of the file system: of version 1 its controllers.
    options: Vec<String>,
}

impl Mount {
    /// A line of mountinfo (proc_pid_mountinfo(5)).
    fn parse(line: &str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let mut back = back.split(' ');
        let unified = match back.next()? {
            "cgroup2" => true,
            "cgroup" => false,
            _ => return None,
        };
        let mut front = front.split(' ').skip(3);
        Some(Self {
            root: unescaped(front.next()?),
            point: unescaped(front.next()?),
            unified,
            options: back.nth(1)?.split(',').map(str::to_owned).collect(),
        })
    }

    fn is_of(&self, controllers: &[String]) -> bool {
        self.unified == controllers.is_empty()
            && controllers
                .iter()
                .all(|controller| self.options.contains(controller))
    }

    /// The directory of a group; none when it is outside of what is mounted.
    fn directory(&self, group: &str) -> Option<String> {
        let below = match self.root.as_str() {
            "/" => group,
            root => group
                .strip_prefix(root)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))?,
        };
        // A group that was removed, or is outside of the namespace, cannot be found by its path.
        if below.ends_with(" (deleted)") || below.starts_with("/..") {
            return None;
        }
        Some(format!("{}{}", self.point, below.trim_end_matches('/')))
    }
}

/// Blanks and the like stand in mountinfo as `\040`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| first == b'\\');
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_unified_hierarchy_alone() {
        let found = Hierarchies::parse(
            "24 1 0:21 / /proc rw - proc proc rw\n\
             30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
            "0::/user.slice/user-1000.slice/session-2.scope\n",
        );
        let own = "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope";
        assert_eq!(found.unified.unwrap().own, own);
        assert!(found.legacy.is_empty());
    }

    #[test]
    fn both_versions_at_once() {
        let found = Hierarchies::parse(
            "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
             32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
             33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             34 30 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n",
            "9:name=systemd:/\n4:memory:/a b/c\n2:cpu,cpuacct:/x\n1:pids:/\n0::/\n",
        );
        assert_eq!(
            found.unified.as_ref().unwrap().own,
            "/sys/fs/cgroup/unified"
        );
        let own = |controller| found.legacy(controller).map(|found| found.own.as_str());
        assert_eq!(own("memory"), Some("/sys/fs/cgroup/memory/a b/c"));
        assert_eq!(own("cpuacct"), Some("/sys/fs/cgroup/cpu,cpuacct/x"));
        assert_eq!(own("name=systemd"), Some("/sys/fs/cgroup/systemd"));
        assert_eq!(own("pids"), None);
    }

    #[test]
    fn a_part_of_a_hierarchy_is_mounted_in_a_container() {
        let mount = "31 30 0:27 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        let found = Hierarchies::parse(mount, "0::/docker/ab/inner\n");
        assert_eq!(found.unified.unwrap().own, "/sys/fs/cgroup/inner");
        assert_eq!(Hierarchies::parse(mount, "0::/docker/abc\n").unified, None);
        assert_eq!(Hierarchies::parse(mount, "0::/../x\n").unified, None);
    }

    #[test]
    fn the_innermost_unit_is_the_one_that_counts() {
        let own = "/sys/fs/cgroup/user.slice/user@5.service/app.slice/a.scope/inner";
        let unit = innermost_unit("/sys/fs/cgroup", own);
        assert_eq!(unit, own.strip_suffix("/inner"));
        assert_eq!(
            innermost_unit("/sys/fs/cgroup", "/sys/fs/cgroup/init"),
            None
        );
    }

    #[test]
    fn escapes_of_mountinfo_are_undone() {
        assert_eq!(unescaped(r"/a\040b\134c\\"), r"/a b\c\\");
    }
}
