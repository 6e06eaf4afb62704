//! A minimal Debian with systemd, set up with debootstrap and cached.
//!
//! The cache is `$XDG_CACHE_HOME/unitward/debian/RELEASE` (or below `~/.cache`); remove a folder to have it made anew.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

/// What a tree has beyond the minimum. systemd loads libbpf when a unit restricts sockets or interfaces, and goes on
/// without these settings when it is missing.
const PACKAGES: [&str; 2] = ["systemd", "libbpf1"];

/// Why there is no tree. Its text is a reason to skip a test.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Containers and debootstrap need root.
    #[error("setting up a Debian tree needs root")]
    NotRoot,
    /// There is nowhere to keep it.
    #[error("neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// debootstrap is not there.
    #[error("debootstrap is missing; `apt-get install debootstrap` brings it")]
    NoDebootstrap,
    /// debootstrap failed.
    #[error("debootstrap {release}: {last}")]
    Failed {
        /// The release.
        release: String,
        /// The last line of what it printed.
        last: String,
    },
    /// The cache cannot be used.
    #[error("{path}: {source}")]
    Cache {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The tree of a Debian release such as `trixie`, set up when it is not there yet (a minute or two).
///
/// # Errors
/// [`TreeError`].
pub fn tree(release: &str) -> Result<PathBuf, TreeError> {
    if !is_root() {
        return Err(TreeError::NotRoot);
    }
    let folder = cache()?.join("unitward/debian");
    let cache_error = |source| TreeError::Cache {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(cache_error)?;
    // Another test may be making the same tree.
    let lock = File::create(folder.join(format!("{release}.lock"))).map_err(cache_error)?;
    lock.lock().map_err(cache_error)?;
    let done = folder.join(release);
    if has_packages(&done) {
        return Ok(done);
    }
    let fresh = folder.join(format!("{release}.new"));
    for old in [&fresh, &done] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(cache_error)?;
        }
    }
    debootstrap(release, &fresh)?;
    fs::rename(&fresh, &done).map_err(cache_error)?;
    Ok(done)
}

fn has_packages(tree: &Path) -> bool {
    let text = fs::read_to_string(tree.join("var/lib/dpkg/status")).unwrap_or_default();
    let has = |name: &str| {
        text.lines()
            .any(|line| line.strip_prefix("Package: ") == Some(name))
    };
    PACKAGES.iter().all(|name| has(name))
}

/// The machine's own root directory, in place of a Debian tree where none can be set up: for what does not need the
/// systemd in it.
///
/// # Errors
/// [`TreeError::NotRoot`].
pub fn machine() -> Result<PathBuf, TreeError> {
    if is_root() {
        Ok(PathBuf::from("/"))
    } else {
        Err(TreeError::NotRoot)
    }
}

fn debootstrap(release: &str, folder: &Path) -> Result<(), TreeError> {
    let mut command = Command::new("debootstrap");
    command
        .arg("--variant=minbase")
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg(release)
        .arg(folder)
        .args(mirror())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    let output = command.output().map_err(|_| TreeError::NoDebootstrap)?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Err(TreeError::Failed {
        release: release.to_owned(),
        last: text.lines().last().unwrap_or_default().to_owned(),
    })
}

/// The mirror that apt of this machine uses for Debian itself, if it does.
fn mirror() -> Option<String> {
    let mut texts = vec![fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    for entry in fs::read_dir("/etc/apt/sources.list.d").ok()?.flatten() {
        texts.push(fs::read_to_string(entry.path()).unwrap_or_default());
    }
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    words
        .filter(|word| word.starts_with("http"))
        .find(|word| word.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
}

fn cache() -> Result<PathBuf, TreeError> {
    if let Some(path) = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let home = env::var_os("HOME").filter(|path| !path.is_empty());
    home.map(|home| PathBuf::from(home).join(".cache"))
        .ok_or(TreeError::NoCache)
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
}
