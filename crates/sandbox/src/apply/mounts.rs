//! Mount actions, taken by the child.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use rustix::process::{Resource, Rlimit};

use super::child::{keep, kept};
use super::prepared::Prepared;
use crate::plan::{From, Instance, Missing, MountAction, Namespaces, Node, Place, ROOT_SLOT};
use crate::sys::{self, MountAttributes};

pub(super) fn take(action: &MountAction, prepared: &Prepared) -> Result<(), Errno> {
    if let MountAction::Isolate { root } = action {
        return isolate(*root, prepared);
    }
    // No namespace, no changes: they would be the host's.
    if kept(prepared, ROOT_SLOT).is_err() {
        return Ok(());
    }
    match action {
        MountAction::Isolate { .. } => Ok(()),
        MountAction::Descriptors(count) => raise_limit(*count),
        MountAction::Copy {
            slot,
            from,
            recursive,
            missing,
        } => filled(prepared, *slot, *missing, || {
            copy(from, *recursive, prepared)
        }),
        MountAction::Keep { slot, at, missing } => {
            filled(prepared, *slot, *missing, || open(at, prepared))
        }
        MountAction::New {
            slot,
            kind,
            options,
            attributes,
        } => {
            keep(prepared, *slot, new(kind, options, *attributes)?);
            Ok(())
        }
        MountAction::Instance(instance) => place_instance(instance, prepared),
        MountAction::Attach { slot, at, missing } => {
            let Ok(mount) = kept(prepared, *slot) else {
                return Ok(());
            };
            match attach(mount, at, prepared) {
                Err(Errno::NOENT | Errno::NOTDIR) if *missing == Missing::Skips => {
                    drop(taken(prepared, *slot));
                    Ok(())
                }
                result => result,
            }
        }
        MountAction::Detach { folder, name, all } => detach(folder, name, *all, prepared),
        MountAction::Make {
            folder,
            name,
            node,
            optional,
        } => match make(folder, name, node, prepared) {
            Err(Errno::EXIST) => Ok(()),
            Err(_) if *optional => Ok(()),
            result => result,
        },
        MountAction::Attributes {
            slot,
            recursive,
            set,
            clear,
        } => match kept(prepared, *slot) {
            Ok(mount) => change(mount, *recursive, *set, *clear, 0),
            Err(_) => Ok(()),
        },
        MountAction::Propagation { slot, kind } => {
            change(kept(prepared, *slot)?, true, 0, 0, *kind)
        }
        MountAction::Release { slot } => match taken(prepared, *slot) {
            Some(mount) => {
                rustix::process::fchdir(&mount)?;
                rustix::mount::unmount(c".", UnmountFlags::DETACH)
            }
            None => Ok(()),
        },
        MountAction::ChangeRoot { slot } => change_root(kept(prepared, *slot)?),
        MountAction::Refuse { errno, .. } => Err(Errno::from_raw_os_error(*errno)),
    }
}

fn isolate(root: usize, prepared: &Prepared) -> Result<(), Errno> {
    sys::unshare(Namespaces::MOUNT.0)?;
    let slave = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change(c"/", slave)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(CWD, c"/", flags, Mode::empty())?;
    keep(prepared, root, fd);
    Ok(())
}

/// The limits of the service come later.
fn raise_limit(count: u64) -> Result<(), Errno> {
    let present = rustix::process::getrlimit(Resource::Nofile);
    if present.current.is_none_or(|current| current >= count) {
        return Ok(());
    }
    let higher = Rlimit {
        current: Some(count),
        maximum: present.maximum.map(|maximum| maximum.max(count)),
    };
    rustix::process::setrlimit(Resource::Nofile, higher)
}

fn filled(
    prepared: &Prepared,
    slot: usize,
    missing: Missing,
    fill: impl FnOnce() -> Result<OwnedFd, Errno>,
) -> Result<(), Errno> {
    match fill() {
        Ok(fd) => {
            keep(prepared, slot, fd);
            Ok(())
        }
        Err(Errno::NOENT | Errno::NOTDIR) if missing == Missing::Skips => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Opens a place as a path, without passing a symbolic link.
fn open(place: &Place, prepared: &Prepared) -> Result<OwnedFd, Errno> {
    let base = base(place, prepared)?;
    let path = if place.path.is_empty() {
        c"."
    } else {
        place.path.as_c_str()
    };
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat2(base, path, flags, Mode::empty(), resolve)
}

/// The mount that a place is below. An empty slot stands for something that was not there.
fn base<'a>(place: &Place, prepared: &'a Prepared) -> Result<BorrowedFd<'a>, Errno> {
    kept(prepared, place.base).map_err(|_| Errno::NOENT)
}

/// A place as a directory descriptor: the base itself needs no opening.
enum Opened<'a> {
    Base(BorrowedFd<'a>),
    Own(OwnedFd),
}

impl AsFd for Opened<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Base(fd) => *fd,
            Self::Own(fd) => fd.as_fd(),
        }
    }
}

fn opened<'a>(place: &Place, prepared: &'a Prepared) -> Result<Opened<'a>, Errno> {
    if place.path.is_empty() {
        base(place, prepared).map(Opened::Base)
    } else {
        open(place, prepared).map(Opened::Own)
    }
}

fn copy(from: &From, recursive: bool, prepared: &Prepared) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    match from {
        From::Host(path) => rustix::mount::open_tree(CWD, path.as_c_str(), flags),
        From::Tree(place) => copy_of(opened(place, prepared)?.as_fd(), flags),
    }
}

/// Flags for a copy with all that is mounted below.
fn whole() -> OpenTreeFlags {
    OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE
}

fn copy_of(fd: BorrowedFd<'_>, flags: OpenTreeFlags) -> Result<OwnedFd, Errno> {
    rustix::mount::open_tree(fd, c"", flags | OpenTreeFlags::AT_EMPTY_PATH)
}

fn new(
    kind: &CStr,
    options: &[(CString, Option<CString>)],
    attributes: u64,
) -> Result<OwnedFd, Errno> {
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (name, value) in options {
        match value {
            Some(value) => rustix::mount::fsconfig_set_string(
                context.as_fd(),
                name.as_c_str(),
                value.as_c_str(),
            )?,
            None => rustix::mount::fsconfig_set_flag(context.as_fd(), name.as_c_str())?,
        }
    }
    rustix::mount::fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::from_bits_retain(u32::try_from(attributes).unwrap_or(0));
    rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

fn attach(mount: BorrowedFd<'_>, at: &Place, prepared: &Prepared) -> Result<(), Errno> {
    attach_to(mount, opened(at, prepared)?.as_fd())
}

fn attach_to(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(mount, c"", target, c"", flags)
}

/// Unmounts a name in a folder. Mounts that came with a user namespace cannot be taken off: what is mounted next hides
/// them.
fn detach(folder: &Place, name: &CStr, all: bool, prepared: &Prepared) -> Result<(), Errno> {
    /// More mounts than this in one place are not looked for.
    const MOST: usize = 64;
    match opened(folder, prepared) {
        Ok(folder) => rustix::process::fchdir(folder.as_fd())?,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
        Err(errno) => return Err(errno),
    }
    for _ in 0..if all { MOST } else { 1 } {
        match rustix::mount::unmount(name, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn make(folder: &Place, name: &CStr, node: &Node, prepared: &Prepared) -> Result<(), Errno> {
    let folder = opened(folder, prepared)?;
    let folder = folder.as_fd();
    if let Node::Link(target) = node {
        return rustix::fs::symlinkat(target.as_c_str(), folder, name);
    }
    // The modes are exactly those of the plan, whatever the mask of the service is.
    let mask = rustix::process::umask(Mode::empty());
    let made = match node {
        Node::Directory(mode) => rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(*mode)),
        Node::File(mode) => {
            let mode = Mode::from_raw_mode(*mode);
            rustix::fs::mknodat(folder, name, FileType::RegularFile, mode, 0)
        }
        Node::Special {
            mode,
            device: (major, minor),
        } => rustix::fs::mknodat(
            folder,
            name,
            FileType::from_raw_mode(*mode),
            Mode::from_raw_mode(*mode),
            rustix::fs::makedev(*major, *minor),
        ),
        Node::Link(_) => Ok(()),
    };
    rustix::process::umask(mask);
    made
}

fn change(
    mount: BorrowedFd<'_>,
    recursive: bool,
    set: u64,
    clear: u64,
    propagation: u64,
) -> Result<(), Errno> {
    let attributes = MountAttributes {
        set,
        clear,
        propagation,
        user_namespace: None,
    };
    sys::set_mount_attributes(mount, c"", recursive, attributes)
}

fn taken(prepared: &Prepared, slot: usize) -> Option<OwnedFd> {
    let place = prepared.slots.get(slot)?;
    sys::own(place.replace(-1))
}

/// A new instance of a kernel file system, with the mounts that were below the old one.
fn place_instance(instance: &Instance, prepared: &Prepared) -> Result<(), Errno> {
    let attributes = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC | libc::MOUNT_ATTR_NODEV;
    let made = match new(&instance.kind, &instance.options, attributes) {
        // An option that this kernel does not have.
        Err(Errno::INVAL) if !instance.options.is_empty() => new(&instance.kind, &[], attributes),
        result => result,
    };
    let folder = opened(&instance.folder, prepared)?;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let open_below = |base: BorrowedFd<'_>, path: &CStr| {
        rustix::fs::openat2(
            base,
            path,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            resolve,
        )
    };
    let target = open_below(folder.as_fd(), &instance.name)?;
    let mount = match made {
        Ok(mount) => mount,
        Err(errno @ (Errno::PERM | Errno::ACCESS)) => {
            if let Some(host) = instance.fallback.as_ref().filter(|_| !instance.replaces) {
                let mount = rustix::mount::open_tree(CWD, host.as_c_str(), whole())?;
                attach_to(mount.as_fd(), target.as_fd())?;
                keep(prepared, instance.slot, mount);
            } else {
                keep(prepared, instance.slot, target);
            }
            // Passed over, and told.
            return Err(errno);
        }
        Err(errno) => return Err(errno),
    };
    let target = if instance.replaces {
        drop(target);
        detach(&instance.folder, &instance.name, true, prepared)?;
        open_below(folder.as_fd(), &instance.name)?
    } else {
        target
    };
    attach_to(mount.as_fd(), target.as_fd())?;
    for (path, slot) in &instance.covers {
        let Some(covered) = taken(prepared, *slot) else {
            continue;
        };
        let place = match open_below(mount.as_fd(), path) {
            Ok(place) => place,
            // What has no place any more, systemd does not keep either.
            Err(Errno::NOENT | Errno::NOTDIR) => continue,
            Err(errno) => return Err(errno),
        };
        if instance.detached {
            change(covered.as_fd(), true, 0, 0, libc::MS_PRIVATE)?;
        }
        attach_to(covered.as_fd(), place.as_fd())?;
    }
    keep(prepared, instance.slot, mount);
    Ok(())
}

/// The new root takes the place of the old one, which goes.
fn change_root(root: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::process::fchdir(root)?;
    match rustix::process::pivot_root(c".", c".") {
        Ok(()) => rustix::mount::unmount(c".", UnmountFlags::DETACH)?,
        // The very first root file system of the kernel cannot be moved.
        Err(Errno::INVAL) => rustix::process::chroot(c".")?,
        Err(errno) => return Err(errno),
    }
    rustix::process::chdir(c"/")
}
