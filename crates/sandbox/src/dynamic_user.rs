//! Users that are there while a service runs (systemd.exec(5), "DynamicUser=").
//!
//! A number is taken by a lock on a file named after it, in systemd's own directory where systemd runs, so that neither
//! gives one away that the other has.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use crate::sys;

/// The numbers that systemd gives away (docs/UIDS-GIDS.md).
const FIRST: u32 = 61184;
const LAST: u32 = 65519;

/// Where unitward keeps what is there while it runs.
const OWN: &str = "/run/unitward";

/// How many numbers are tried, as by systemd.
const TRIES: usize = 100;

/// A user, and a group of the same number, that nobody else has. The number is free again when the value is dropped.
#[derive(Debug)]
pub(crate) struct DynamicUser {
    /// The number of both.
    pub(crate) id: u32,
    /// The name that the service knows it by. No database has it.
    pub(crate) name: String,
    path: PathBuf,
    /// Holds the lock.
    file: File,
}

impl DynamicUser {
    /// Takes a number for a name: that of the owner of one of these directories, which an earlier run may have left, or
    /// the one that the name always gets when it is free, or any other.
    ///
    /// # Errors
    ///
    /// When locks cannot be made, or no number is free.
    pub(crate) fn take(name: &str, directories: &[PathBuf]) -> Result<Self, Errno> {
        let locks = if Path::new("/run/systemd/system").is_dir() {
            PathBuf::from("/run/systemd/dynamic-uid")
        } else {
            Path::new(OWN).join("dynamic-uid")
        };
        let owners = directories.iter().filter_map(|directory| {
            let owner = std::fs::symlink_metadata(directory).ok()?;
            (owner.uid() == owner.gid()).then_some(owner.uid())
        });
        let always = std::iter::once(usual(name));
        let others = std::iter::repeat_with(any).flatten();
        let candidates = owners
            .filter(|id| (FIRST..=LAST).contains(id))
            .chain(always)
            .chain(others);
        for id in candidates.take(TRIES) {
            if let Some(user) = Self::lock(&locks, id, name)? {
                return Ok(user);
            }
        }
        Err(Errno::BUSY)
    }

    /// Takes a number, unless somebody has it.
    fn lock(locks: &Path, id: u32, name: &str) -> Result<Option<Self>, Errno> {
        let path = locks.join(id.to_string());
        // Again when the one that had it removed the file between the opening and the lock.
        for _ in 0..TRIES {
            std::fs::create_dir_all(locks).map_err(|error| errno(&error))?;
            let opened = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path);
            let mut file = match opened {
                // Somebody removed the empty directory meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                result => result.map_err(|error| errno(&error))?,
            };
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => return Ok(None),
                result => result?,
            }
            let is_there = file.metadata().is_ok_and(|held| {
                std::fs::symlink_metadata(&path).is_ok_and(|now| now.ino() == held.ino())
            });
            if !is_there {
                continue;
            }
            if sys::account_by_uid(id)?.is_some() || sys::has_group(id)? {
                let _ = std::fs::remove_file(&path);
                return Ok(None);
            }
            let name = name.to_owned();
            file.set_len(0).map_err(|error| errno(&error))?;
            writeln!(file, "{name}").map_err(|error| errno(&error))?;
            return Ok(Some(Self {
                id,
                name,
                path,
                file,
            }));
        }
        Ok(None)
    }
}

impl DynamicUser {
    /// Frees the number from a copy of the process that had it, when that process is gone.
    pub(crate) fn abandon(&self) {
        let Ok(file) = File::options().read(true).open(&self.path) else {
            return;
        };
        let lock = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        let now = std::fs::symlink_metadata(&self.path)
            .ok()
            .map(|now| now.ino());
        // Somebody else may have it by now.
        if lock.is_ok() && file.metadata().ok().map(|held| held.ino()) == now {
            let _ = std::fs::remove_file(&self.path);
            remove_empty(&self.path);
        }
    }
}

impl Drop for DynamicUser {
    fn drop(&mut self) {
        // Before the lock goes, so that nobody else has locked a file that is removed under it.
        let _ = std::fs::remove_file(&self.path);
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
        remove_empty(&self.path);
    }
}

/// Removes the directories above a lock that are unitward's own, when nothing is in them.
fn remove_empty(path: &Path) {
    let above = path.ancestors().skip(1);
    for directory in above.take_while(|directory| directory.starts_with(OWN)) {
        if std::fs::remove_dir(directory).is_err() {
            return;
        }
    }
}

/// The number that systemd tries first for a name.
fn usual(name: &str) -> u32 {
    /// The key of systemd's src/core/dynamic-user.c, so that directories that a service has with one have the right
    /// owner with the other.
    const KEY: [u64; 2] = [
        u64::from_le_bytes([0x37, 0x53, 0x7e, 0x31, 0xcf, 0xce, 0x48, 0xf5]),
        u64::from_le_bytes([0x8a, 0xbb, 0x39, 0x57, 0x8d, 0xd9, 0xec, 0x59]),
    ];
    in_range(siphash(KEY, name.as_bytes()) as u32)
}

/// A number by chance; none when there is no chance to be had.
fn any() -> Option<u32> {
    let mut bytes = [0; 4];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).ok()?;
    Some(in_range(u32::from_ne_bytes(bytes)))
}

const fn in_range(number: u32) -> u32 {
    FIRST + number % (LAST - FIRST + 1)
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012).
fn siphash([k0, k1]: [u64; 2], bytes: &[u8]) -> u64 {
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let last = u64::from_le_bytes(last) | (bytes.len() as u64) << 56;
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    for word in words.chain([last]) {
        v[3] ^= word;
        v = round(round(v));
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    let [a, b, c, d] = round(round(round(round(v))));
    a ^ b ^ c ^ d
}

fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
    a = a.wrapping_add(b);
    b = b.rotate_left(13) ^ a;
    a = a.rotate_left(32);
    c = c.wrapping_add(d);
    d = d.rotate_left(16) ^ c;
    a = a.wrapping_add(d);
    d = d.rotate_left(21) ^ a;
    c = c.wrapping_add(b);
    b = b.rotate_left(17) ^ c;
    c = c.rotate_left(32);
    [a, b, c, d]
}

fn errno(error: &std::io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::IO, Errno::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_name_gets_the_number_that_systemd_gives_it() {
        // Observed in systemd 257 and 262.
        assert_eq!(usual("s-dynu"), 63580);
        assert_eq!(usual("x-dynnnpno"), 62365);
    }

    #[test]
    fn a_number_is_had_once() {
        let locks = std::env::temp_dir().join(format!("dynamic-uid-{}", std::process::id()));
        std::fs::create_dir_all(&locks).unwrap();
        let id = usual("a-name-of-this-test");
        let first = DynamicUser::lock(&locks, id, "first").unwrap().unwrap();
        let path = locks.join(id.to_string());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\n");
        assert!(DynamicUser::lock(&locks, id, "second").unwrap().is_none());
        drop(first);
        assert!(!path.exists());
        assert!(DynamicUser::lock(&locks, id, "second").unwrap().is_some());
        std::fs::remove_dir_all(&locks).unwrap();
    }
}
