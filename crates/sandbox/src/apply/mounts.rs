//! Mount actions, taken by the child.

use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};

use rustix::process::{Resource, Rlimit};

use super::child::{keep, kept};
use super::prepared::Prepared;
use crate::plan::{MountAction, Namespaces, NodeKind};
use crate::sys::{self, MountAttributes};

pub(super) fn take(action: &MountAction, prepared: &Prepared) -> Result<(), Errno> {
    match action {
        MountAction::RaiseOpenFiles => {
            let limit = rustix::process::getrlimit(Resource::Nofile);
            let raised = Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            };
            rustix::process::setrlimit(Resource::Nofile, raised)
        }
        MountAction::ChangeRoot { path } => {
            rustix::process::chdir(path.as_c_str())?;
            rustix::process::pivot_root(c".", c".")?;
            rustix::mount::unmount(c".", UnmountFlags::DETACH)?;
            rustix::process::chdir(c"/")
        }
        MountAction::Directory { path, mode } => there_is_fine(rustix::fs::mkdirat(
            CWD,
            path.as_c_str(),
            Mode::from_raw_mode(*mode),
        )),
        MountAction::Node { path, kind, mode } => {
            let (kind, device) = match kind {
                NodeKind::File => (FileType::RegularFile, 0),
                NodeKind::Fifo => (FileType::Fifo, 0),
                NodeKind::Socket => (FileType::Socket, 0),
                NodeKind::CharacterDevice(major, minor) => (
                    FileType::CharacterDevice,
                    rustix::fs::makedev(*major, *minor),
                ),
                NodeKind::BlockDevice(major, minor) => {
                    (FileType::BlockDevice, rustix::fs::makedev(*major, *minor))
                }
            };
            let mode = Mode::from_raw_mode(*mode);
            there_is_fine(rustix::fs::mknodat(
                CWD,
                path.as_c_str(),
                kind,
                mode,
                device,
            ))
        }
        MountAction::Link { path, target } => there_is_fine(rustix::fs::symlinkat(
            target.as_c_str(),
            CWD,
            path.as_c_str(),
        )),
        MountAction::Isolate => {
            // Modes of what is made are meant as they are; the unit's own mask is set later.
            rustix::process::umask(Mode::empty());
            sys::unshare(Namespaces::MOUNT.0)?;
            let slave = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
            rustix::mount::mount_change(c"/", slave)
        }
        MountAction::Copy {
            slot,
            path,
            recursive,
        } => {
            let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
            if *recursive {
                flags |= OpenTreeFlags::AT_RECURSIVE;
            }
            let fd = rustix::mount::open_tree(CWD, path.as_c_str(), flags)?;
            keep(prepared, *slot, fd);
            Ok(())
        }
        MountAction::New {
            slot,
            kind,
            options,
            attributes,
        } => {
            let context = rustix::mount::fsopen(kind.as_c_str(), FsOpenFlags::FSOPEN_CLOEXEC)?;
            for (name, value) in options {
                match value {
                    Some(value) => {
                        rustix::mount::fsconfig_set_string(
                            &context,
                            name.as_c_str(),
                            value.as_c_str(),
                        )?;
                    }
                    None => rustix::mount::fsconfig_set_flag(&context, name.as_c_str())?,
                }
            }
            rustix::mount::fsconfig_create(&context)?;
            let attributes =
                MountAttrFlags::from_bits_retain(u32::try_from(*attributes).unwrap_or(0));
            let fd = rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
            keep(prepared, *slot, fd);
            Ok(())
        }
        MountAction::Attach { slot, path } => {
            let fd = kept(prepared, *slot)?;
            let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
            rustix::mount::move_mount(fd, c"", CWD, path.as_c_str(), flags)
        }
        MountAction::Detach { path } => rustix::mount::unmount(
            path.as_c_str(),
            UnmountFlags::DETACH | UnmountFlags::NOFOLLOW,
        ),
        MountAction::Attributes {
            path,
            recursive,
            set,
            clear,
            propagation,
        } => {
            let attributes = MountAttributes {
                set: *set,
                clear: *clear,
                propagation: *propagation,
                user_namespace: None,
            };
            sys::set_mount_attributes(CWD, path, *recursive, attributes)
        }
    }
}

fn there_is_fine(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::EXIST) => Ok(()),
        result => result,
    }
}
