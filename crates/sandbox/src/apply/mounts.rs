//! Mount actions, taken by the child.

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};

use super::child::{keep, kept};
use super::prepared::Prepared;
use crate::plan::{MountAction, Namespaces};
use crate::sys::{self, MountAttributes};

pub(super) fn take(action: &MountAction, prepared: &Prepared) -> Result<(), Errno> {
    match action {
        MountAction::Isolate => {
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
