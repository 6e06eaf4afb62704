//! Options of file systems in memory: mount attributes in words, and the rest for the file system (mount(8)).

/// Options of a tmpfs: those of the file system, MOUNT_ATTR_* bits, and whether it becomes read-only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TmpfsOptions {
    pub(super) data: Vec<(String, Option<String>)>,
    pub(super) attributes: u64,
    pub(super) read_only: bool,
}

/// What a word does to attributes: bits to clear, bits to set.
const WORDS: &[(&str, u64, u64)] = &[
    ("rw", libc::MOUNT_ATTR_RDONLY, 0),
    ("ro", 0, libc::MOUNT_ATTR_RDONLY),
    ("suid", libc::MOUNT_ATTR_NOSUID, 0),
    ("nosuid", 0, libc::MOUNT_ATTR_NOSUID),
    ("dev", libc::MOUNT_ATTR_NODEV, 0),
    ("nodev", 0, libc::MOUNT_ATTR_NODEV),
    ("exec", libc::MOUNT_ATTR_NOEXEC, 0),
    ("noexec", 0, libc::MOUNT_ATTR_NOEXEC),
    ("atime", libc::MOUNT_ATTR__ATIME, 0),
    ("noatime", libc::MOUNT_ATTR__ATIME, libc::MOUNT_ATTR_NOATIME),
    ("relatime", libc::MOUNT_ATTR__ATIME, 0),
    ("norelatime", 0, 0),
    (
        "strictatime",
        libc::MOUNT_ATTR__ATIME,
        libc::MOUNT_ATTR_STRICTATIME,
    ),
    ("nostrictatime", libc::MOUNT_ATTR__ATIME, 0),
    ("diratime", libc::MOUNT_ATTR_NODIRATIME, 0),
    ("nodiratime", 0, libc::MOUNT_ATTR_NODIRATIME),
    ("nosymfollow", 0, libc::MOUNT_ATTR_NOSYMFOLLOW),
    ("defaults", 0, 0),
];

/// What every temporary file system has, by the kind of its limits, and what is written behind it.
pub(super) fn tmpfs(usual: &str, attributes: u64, written: &str) -> TmpfsOptions {
    let mut options = TmpfsOptions {
        data: vec![("source".to_owned(), Some("tmpfs".to_owned()))],
        attributes,
        read_only: false,
    };
    for word in usual.split(',').chain(written.split(',')) {
        let word = word.trim();
        if word.is_empty() {
            continue;
        }
        if let Some((_, clear, set)) = WORDS.iter().find(|(known, ..)| *known == word) {
            options.attributes = options.attributes & !clear | set;
            continue;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        options.data.retain(|(known, _)| known != name);
        options.data.push((name.to_owned(), value));
    }
    // Read-only only when everything in it has been made.
    options.read_only = options.attributes & libc::MOUNT_ATTR_RDONLY != 0;
    options.attributes &= !libc::MOUNT_ATTR_RDONLY;
    options
}

/// nodev and strictatime, as systemd mounts them.
pub(super) const USUAL: u64 = libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_STRICTATIME;

/// Limits of `TemporaryFileSystem=`.
pub(super) const TEMPORARY: &str = "mode=0755,size=10%,nr_inodes=400k";
/// Limits of the file system of `PrivateTmp=disconnected`.
pub(super) const PRIVATE_TMP: &str = "mode=0700,size=10%,nr_inodes=400k";
/// Limits of empty directories.
pub(super) const EMPTY: &str = "mode=0755,size=4m,nr_inodes=1k";
/// Limits of `/root` under `ProtectHome=tmpfs`.
pub(super) const EMPTY_ROOT: &str = "mode=0700,size=4m,nr_inodes=1k";
/// Limits of `/run` under `MountAPIVFS=`.
pub(super) const RUN: &str = "mode=0755,size=20%,nr_inodes=800k";
/// Limits of `/dev` under `PrivateDevices=`.
pub(super) const DEV: &str = "mode=0755,size=4m,nr_inodes=64k";
