//! The mount tree that a process sees (proc_pid_mountinfo(5)).

use std::collections::{HashMap, HashSet};

use rustix::io::Errno;
use serde::Serialize;

use crate::target::Target;

/// A mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mount {
    #[serde(skip)]
    pub(crate) id: u32,
    #[serde(skip)]
    pub(crate) parent: u32,
    /// The device, `MAJOR:MINOR`.
    pub device: String,
    /// The directory of the file system that is mounted.
    pub root: String,
    /// Where, as the process sees it.
    pub point: String,
    /// The type of the file system.
    pub kind: String,
    /// Whether nothing can be written through it.
    pub read_only: bool,
    /// Whether programs are not executed from it.
    pub no_exec: bool,
    /// Whether set-user-ID bits do not count.
    pub no_suid: bool,
    /// Whether device nodes do not work.
    pub no_dev: bool,
    /// The options of the file system.
    pub options: String,
}

/// The mounts of a process, as its paths lead through them.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    list: Vec<Mount>,
    /// By the mount and the path that they are mounted on.
    children: HashMap<u32, HashMap<String, usize>>,
    /// Of each mount the topmost one of those that lie on it, itself where there is none.
    top: Vec<usize>,
    root: Option<usize>,
    /// Whether all mounts are known: of enormous trees only the beginning is read.
    pub is_complete: bool,
}

/// More of the text is not read: some hundred thousand mounts.
const TEXT_MAX: usize = 64 << 20;

impl Mounts {
    pub(crate) fn read(target: &Target) -> Result<Self, Errno> {
        let contents = target.read("mountinfo", TEXT_MAX)?;
        let mut mounts = Self::parse(&contents.bytes);
        mounts.is_complete = contents.is_complete;
        Ok(mounts)
    }

    pub(crate) fn parse(text: &[u8]) -> Self {
        let lines = text.split(|byte| *byte == b'\n');
        let list: Vec<Mount> = lines
            .filter_map(|line| Mount::parse(&String::from_utf8_lossy(line)))
            .collect();
        let ids: HashSet<u32> = list.iter().map(|mount| mount.id).collect();
        let mut children: HashMap<u32, HashMap<String, usize>> = HashMap::new();
        let mut root = None;
        for (at, mount) in list.iter().enumerate() {
            // The parent of the root lies outside of what the process can reach.
            if mount.point == "/" && (!ids.contains(&mount.parent) || mount.parent == mount.id) {
                root = Some(at);
            } else {
                let on = children.entry(mount.parent).or_default();
                on.insert(mount.point.clone(), at);
            }
        }
        let mut mounts = Self {
            top: (0..list.len()).collect(),
            list,
            children,
            root,
            is_complete: true,
        };
        mounts.stack();
        mounts
    }

    /// Finds what lies on top of each mount, each stack once, however high it is.
    fn stack(&mut self) {
        let mut is_done = vec![false; self.list.len()];
        for first in 0..self.list.len() {
            let mut chain = Vec::new();
            let mut at = first;
            while let Some(done) = is_done.get_mut(at).filter(|done| !**done) {
                *done = true;
                chain.push(at);
                let above = self.list.get(at).and_then(|mount| {
                    let on = self.children.get(&mount.id)?;
                    on.get(&mount.point).copied()
                });
                match above {
                    Some(above) => at = above,
                    None => break,
                }
            }
            let end = self.top.get(at).copied().unwrap_or(at);
            for one in chain {
                if let Some(top) = self.top.get_mut(one) {
                    *top = end;
                }
            }
        }
    }

    /// The mount that a path without symbolic links is in; none where the root directory is no mount.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&Mount> {
        let mut here = *self.top.get(self.root?)?;
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
        for end in ends.chain([path.len()]) {
            let part = path.get(..end).unwrap_or_default();
            if part.len() > 1 {
                let id = self.list.get(here)?.id;
                let next = self.children.get(&id).and_then(|on| on.get(part));
                here = next
                    .and_then(|next| self.top.get(*next))
                    .copied()
                    .unwrap_or(here);
            }
        }
        self.list.get(here)
    }

    /// The mounts that paths lead to: not those that others cover.
    pub fn visible(&self) -> impl Iterator<Item = &Mount> {
        self.list.iter().filter(|mount| {
            self.of(&mount.point)
                .is_some_and(|found| found.id == mount.id)
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let mut front = front.split(' ');
        let mut mount = Self {
            id: front.next()?.parse().ok()?,
            parent: front.next()?.parse().ok()?,
            device: front.next()?.to_owned(),
            root: unescaped(front.next()?),
            point: unescaped(front.next()?),
            ..Self::default()
        };
        let flags = front.next()?;
        let mut back = back.split(' ');
        mount.kind = back.next()?.to_owned();
        mount.options = back.nth(1)?.to_owned();
        let has = |flag: &str| flags.split(',').any(|word| word == flag);
        mount.read_only = has("ro") || mount.option("ro");
        mount.no_exec = has("noexec");
        mount.no_suid = has("nosuid");
        mount.no_dev = has("nodev");
        Some(mount)
    }

    /// Whether the file system has an option.
    #[must_use]
    pub fn option(&self, name: &str) -> bool {
        self.options.split(',').any(|word| word == name)
    }

    /// Whether it stands for something that nobody can use: one of the objects that systemd, or unitward in its place,
    /// keeps for this.
    #[must_use]
    pub fn is_inaccessible(&self) -> bool {
        const OBJECTS: [&str; 6] = ["/dir", "/reg", "/fifo", "/sock", "/chr", "/blk"];
        let own = self.kind == "tmpfs" && self.point != "/" && OBJECTS.contains(&&*self.root);
        let folder = self.root.rsplit_once('/').map_or("", |(folder, _)| folder);
        own || folder.ends_with("/inaccessible")
    }

    /// Whether it shows the same as another one.
    pub(crate) fn shows_the_same(&self, other: &Self) -> bool {
        self.device == other.device && self.root == other.root
    }
}

/// Blanks and the like stand in mountinfo as `\040`.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..3)
            .filter(|_| first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(code.unwrap_or(first));
        rest = match code {
            Some(_) => after.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const TREE: &str = "\
21 1 8:1 / / ro,relatime - ext4 /dev/sda1 rw\n\
22 21 0:20 / /proc rw,nosuid,nodev,noexec - proc proc rw,hidepid=invisible\n\
23 21 8:1 /var/lib/x /var/lib/x rw,relatime - ext4 /dev/sda1 rw\n\
24 21 0:30 / /tmp rw - tmpfs tmpfs rw\n\
25 24 0:31 / /tmp rw,noexec - tmpfs tmpfs ro\n\
26 21 0:25 /systemd/inaccessible/dir /home ro,nosuid - tmpfs tmpfs rw\n\
27 24 0:32 / /tmp/below rw - tmpfs tmpfs rw\n\
28 21 8:1 /a\\040b /srv/a\\040b\\134 rw - ext4 /dev/sda1 rw\n";

    fn at<'a>(mounts: &'a Mounts, path: &str) -> &'a str {
        &mounts.of(path).unwrap().device
    }

    #[test]
    fn paths_lead_through_what_was_mounted_last() {
        let mounts = Mounts::parse(TREE.as_bytes());
        assert_eq!(at(&mounts, "/"), "8:1");
        assert_eq!(at(&mounts, "/proc/sys/kernel"), "0:20");
        assert_eq!(at(&mounts, "/tmp"), "0:31");
        assert_eq!(at(&mounts, "/tmp/below"), "0:31", "it is covered");
        assert_eq!(at(&mounts, "/tmpfoo"), "8:1");
        assert!(mounts.of("/etc").unwrap().read_only);
        assert!(!mounts.of("/var/lib/x/y").unwrap().read_only);
        assert!(mounts.of("/var/lib").unwrap().read_only);
        assert!(mounts.of("/tmp/x").unwrap().read_only, "by the file system");
        assert!(mounts.of("/home/me").unwrap().is_inaccessible());
        assert_eq!(mounts.of("/srv/a b\\").unwrap().root, "/a b");
        assert_eq!(mounts.visible().count(), 6);
    }

    #[test]
    fn high_stacks_take_no_time() {
        let mut text = String::from("1 0 8:1 / / rw - ext4 x rw\n");
        for id in 2..100_000 {
            text += &format!("{id} {} 0:{id} / /m rw - tmpfs x rw\n", id - 1);
        }
        let mounts = Mounts::parse(text.as_bytes());
        assert_eq!(at(&mounts, "/m/below"), "0:99999");
        assert_eq!(mounts.visible().count(), 2);
    }

    #[test]
    fn a_root_that_is_no_mount_is_not_known() {
        let mounts = Mounts::parse(b"30 21 0:20 / /proc rw - proc proc rw\n");
        assert_eq!(mounts.of("/etc"), None);
        assert_eq!(Mounts::parse(b"").of("/"), None);
        assert_eq!(Mounts::parse(b"1 1 0:1 / /").len(), 0);
    }
}
