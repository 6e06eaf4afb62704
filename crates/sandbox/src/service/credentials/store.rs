//! The place where a service finds its credentials.

use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags};

use super::Credentials;

/// A directory with credentials, in memory where that can be mounted. It goes with the value.
#[derive(Debug)]
pub(in crate::service) struct Store {
    path: PathBuf,
    mounted: bool,
    /// Whether the directory above was made for it.
    alone: bool,
}

impl Store {
    /// Makes the directory, and a file of each credential that only its user can read.
    pub(super) fn make(
        path: &str,
        credentials: &Credentials,
        uid: Option<u32>,
    ) -> Result<Self, Errno> {
        let path = PathBuf::from(path);
        let alone = path.parent().is_some_and(|above| !above.exists());
        if let Some(above) = path.parent() {
            make_directory(above, 0o755)?;
        }
        let mut store = Self {
            path,
            mounted: false,
            alone: false,
        };
        // What an earlier run left when it was killed.
        store.remove();
        store.alone = alone;
        make_directory(&store.path, 0o700)?;
        store.mounted = mount(&store.path).is_ok();
        for (name, bytes) in credentials {
            write(&store.path.join(name), bytes, uid)?;
        }
        if let Some(uid) = uid {
            give(&store.path, uid)?;
        }
        rustix::fs::chmod(&store.path, Mode::from_raw_mode(0o500))?;
        if store.mounted {
            make_read_only(&store.path);
        }
        Ok(store)
    }

    /// Takes it away.
    pub(in crate::service) fn remove(&self) {
        // It may not be mounted, or not be there.
        let _ = rustix::mount::unmount(&self.path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
        let _ = std::fs::remove_dir_all(&self.path);
        if let Some(above) = self.path.parent().filter(|_| self.alone) {
            // Others may use it by now.
            let _ = rustix::fs::rmdir(above);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.remove();
    }
}

fn make_directory(path: &Path, mode: u32) -> Result<(), Errno> {
    match rustix::fs::mkdir(path, Mode::from_raw_mode(mode)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Mounts memory that is never written to a disk, where the kernel can do that (`noswap`, Linux 6.4).
fn mount(path: &Path) -> Result<(), Errno> {
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (name, value) in [("mode", "0700"), ("size", "1024k"), ("nr_inodes", "1024")] {
        rustix::mount::fsconfig_set_string(&context, name, value)?;
    }
    // Without it the memory may be swapped, as on older systems.
    let _ = rustix::mount::fsconfig_set_flag(&context, "noswap");
    rustix::mount::fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC
        | MountAttrFlags::MOUNT_ATTR_NOSYMFOLLOW;
    let mount = rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    rustix::mount::move_mount(
        &mount,
        "",
        CWD,
        path,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
}

fn make_read_only(path: &Path) {
    use std::os::unix::ffi::OsStrExt as _;
    let Ok(path) = std::ffi::CString::new(path.as_os_str().as_bytes()) else {
        return;
    };
    let change = crate::sys::MountAttributes {
        set: MountAttrFlags::MOUNT_ATTR_RDONLY.bits().into(),
        ..Default::default()
    };
    // The files are read-only already; this keeps their owner from changing that.
    let _ = crate::sys::set_mount_attributes(CWD, &path, false, change);
}

fn write(path: &Path, bytes: &[u8], uid: Option<u32>) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(0o400))?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = rustix::io::write(&fd, rest)?;
        rest = rest.get(count..).unwrap_or_default();
    }
    match uid {
        Some(uid) => give(path, uid),
        None => Ok(()),
    }
}

fn give(path: &Path, uid: u32) -> Result<(), Errno> {
    rustix::fs::chownat(
        CWD,
        path,
        Some(Uid::from_raw(uid)),
        None,
        AtFlags::SYMLINK_NOFOLLOW,
    )
}
