//! Objects of each type that nobody can use, to be mounted over what must not be used.

use super::action::{From, Missing, MountAction, Node, Place};
use super::build::{Builder, c_options};
use super::options::{self, tmpfs};
use super::view;
use super::{ROOT_SLOT, Source};
use crate::plan::{Cause, Context};

/// The object for a type of file.
fn name_of(mode: u32, privileged: bool) -> &'static str {
    match mode & libc::S_IFMT {
        libc::S_IFDIR => "dir",
        libc::S_IFREG => "reg",
        libc::S_IFIFO => "fifo",
        libc::S_IFSOCK => "sock",
        libc::S_IFCHR if privileged => "chr",
        libc::S_IFBLK if privileged => "blk",
        _ => "sock",
    }
}

/// Objects, as many as are needed: the manager's where there is one, or those of a file system of its own.
#[derive(Debug)]
pub(super) struct Objects {
    folder: String,
    is_made: bool,
    privileged: bool,
}

impl Objects {
    pub(super) fn new(cx: &Context<'_>) -> Self {
        let privileged = cx.host.is_privileged();
        let folder = if privileged {
            "/run/systemd/inaccessible".to_owned()
        } else {
            format!("/run/user/{}/systemd/inaccessible", cx.host.uid)
        };
        let all = ["dir", "reg", "fifo", "sock", "chr", "blk"];
        let there = all.iter().take(if privileged { 6 } else { 4 }).all(|name| {
            matches!(
                view::host(&format!("{folder}/{name}")),
                view::Node::There { .. }
            )
        });
        Self {
            folder,
            is_made: !there,
            privileged,
        }
    }

    /// Fills slots with the objects for these types of files.
    pub(super) fn fill(&self, wanted: &[(u32, usize, Cause)], builder: &mut Builder<'_>) {
        let Some((_, _, cause)) = wanted.first() else {
            return;
        };
        if !self.is_made {
            for (mode, slot, cause) in wanted {
                let name = name_of(*mode, self.privileged);
                let path = format!("{}/{name}", self.folder);
                builder.copy(*cause, *slot, &Source::Host(path), true, Missing::Fails);
            }
            return;
        }
        let attributes = options::USUAL | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
        let made = tmpfs(options::EMPTY, attributes, "");
        let store = builder.slot();
        builder.add(
            *cause,
            MountAction::New {
                slot: store,
                kind: c"tmpfs".to_owned(),
                options: c_options(&made.data),
                attributes: made.attributes,
            },
        );
        let mut names: Vec<&str> = wanted
            .iter()
            .map(|(mode, ..)| name_of(*mode, self.privileged))
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let special = |kind: u32| Node::Special {
                mode: kind,
                device: (0, 0),
            };
            let node = match name {
                "dir" => Node::Directory(0),
                "reg" => Node::File(0),
                "fifo" => special(libc::S_IFIFO),
                "sock" => special(libc::S_IFSOCK),
                "chr" => special(libc::S_IFCHR),
                _ => special(libc::S_IFBLK),
            };
            builder.make(*cause, Place::root(store), name, node, false);
        }
        builder.add(
            *cause,
            MountAction::Attach {
                slot: store,
                at: Place::root(ROOT_SLOT),
                missing: Missing::Fails,
            },
        );
        for (mode, slot, cause) in wanted {
            let name = name_of(*mode, self.privileged);
            builder.add(
                *cause,
                MountAction::Copy {
                    slot: *slot,
                    from: From::Tree(Place::below(store, name)),
                    recursive: false,
                    missing: Missing::Fails,
                },
            );
        }
        builder.add(*cause, MountAction::Release { slot: store });
    }
}
