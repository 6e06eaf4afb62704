//! Directories of the host that a unit has for itself while it runs.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use unitward_settings::{PrivateTmp, Settings};

use crate::{Cause, Exit, Failure};

/// The paths, chosen while planning; [`Places::make`] makes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The directories behind /tmp and /var/tmp.
    private_tmp: Vec<String>,
    cause: Cause,
    credentials: Option<String>,
}

impl Places {
    /// Chooses the paths of a unit.
    pub(crate) fn choose(settings: &Settings) -> Self {
        let mut places = Self {
            cause: Cause::of("PrivateTmp", &settings.private_tmp),
            ..Self::default()
        };
        if *settings.private_tmp == PrivateTmp::Connected {
            let boot =
                std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
            let boot = boot.trim().replace('-', "");
            let unit = settings.unit.as_str();
            for above in ["/tmp", "/var/tmp"] {
                places.private_tmp.push(format!(
                    "{above}/systemd-private-{boot}-{unit}-{}",
                    random()
                ));
            }
        }
        let has_credentials = !settings.load_credential.0.is_empty()
            || !settings.load_credential_encrypted.0.is_empty()
            || !settings.set_credential.0.is_empty()
            || !settings.set_credential_encrypted.0.is_empty()
            || !settings.import_credential.0.is_empty();
        if has_credentials {
            places.credentials = Some(format!("/run/credentials/{}", settings.unit.as_str()));
        }
        places
    }

    /// What is behind /tmp and /var/tmp.
    pub(crate) fn private_tmp(&self) -> impl Iterator<Item = String> {
        self.private_tmp.iter().map(|outer| format!("{outer}/tmp"))
    }

    /// The directory of the unit's credentials, when it has some.
    pub(crate) fn credentials(&self) -> Option<&String> {
        self.credentials.as_ref()
    }

    /// Makes the directories; they go when the value that is given is dropped.
    pub(crate) fn make(&self) -> Result<Made, Failure> {
        let mut made = Made(Vec::new());
        for outer in &self.private_tmp {
            let inner = format!("{outer}/tmp");
            let result = directory(Path::new(outer), 0o700).map(|()| made.0.push(outer.into()));
            result
                .and_then(|()| directory(Path::new(&inner), 0o1777))
                .map_err(|error| {
                    let errno = error
                        .raw_os_error()
                        .map_or(Errno::IO, Errno::from_raw_os_error);
                    Failure::new(Exit::NAMESPACE, self.cause, format!("make {inner}"))
                        .with_errno(errno)
                })?;
        }
        Ok(made)
    }
}

/// Directories that were made, and that go with this value.
#[derive(Debug)]
pub(crate) struct Made(Vec<PathBuf>);

impl Made {
    /// Removes the directories.
    pub(crate) fn remove(&self) {
        for path in &self.0 {
            // What cannot be removed is in the way of nobody: its name is never used again.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Makes a directory with a mode that the umask does not change.
fn directory(path: &Path, mode: u32) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode)).inspect_err(|_| {
        // Nobody has seen it yet.
        let _ = std::fs::remove_dir(path);
    })
}

/// Six letters and digits that nobody can guess.
fn random() -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0; 8];
    // Without random numbers the name may be taken, and then making the directory fails.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    let mut number = u64::from_ne_bytes(bytes);
    let mut text = String::new();
    for _ in 0..6 {
        let at = usize::try_from(number % 62).unwrap_or(0);
        text.extend(LETTERS.get(at).map(|letter| char::from(*letter)));
        number /= 62;
    }
    text
}
