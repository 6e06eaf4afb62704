//! What of a process's surroundings decides which files it finds.

use std::ffi::OsString;
use std::path::PathBuf;

/// What decides, besides the files, which of them are found.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// The value of `LD_LIBRARY_PATH`, empty when it is not set.
    pub library_path: OsString,
    /// The value of `LD_PRELOAD`, empty when it is not set.
    pub preload: OsString,
    /// The value of `PATH`, in which env(1) looks for the interpreters of scripts.
    pub path: OsString,
    /// The working directory, from which relative paths start.
    pub working_directory: PathBuf,
    /// Whether the loader trusts its environment.
    pub privilege: Privilege,
    /// The glibc-hwcaps directories that the processor is fit for, best first.
    pub levels: Vec<String>,
}

/// Whether execve(2) raises privileges, so that the loader runs in secure mode (AT_SECURE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// The same user and capabilities as before.
    Same,
    /// Set-user-ID, set-group-ID or file capabilities took effect: the environment is not trusted.
    Raised,
}

impl Default for SearchOptions {
    /// systemd's own environment for a system service, on this machine's processor.
    fn default() -> Self {
        Self {
            library_path: OsString::new(),
            preload: OsString::new(),
            path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            working_directory: "/".into(),
            privilege: Privilege::Same,
            levels: levels(),
        }
    }
}

/// The levels of the x86-64 psABI that this processor has. Other machines' are not known here:
/// their programs are taken to use the plain libraries.
#[cfg(target_arch = "x86_64")]
fn levels() -> Vec<String> {
    use std::arch::is_x86_feature_detected as has;

    let v2 = has!("cmpxchg16b")
        && has!("popcnt")
        && has!("sse3")
        && has!("ssse3")
        && has!("sse4.1")
        && has!("sse4.2");
    let v3 = v2
        && has!("avx")
        && has!("avx2")
        && has!("bmi1")
        && has!("bmi2")
        && has!("f16c")
        && has!("fma")
        && has!("lzcnt")
        && has!("movbe");
    let v4 = v3
        && has!("avx512f")
        && has!("avx512bw")
        && has!("avx512cd")
        && has!("avx512dq")
        && has!("avx512vl");
    let all = [(v4, "x86-64-v4"), (v3, "x86-64-v3"), (v2, "x86-64-v2")];
    all.into_iter()
        .filter(|level| level.0)
        .map(|level| level.1.to_owned())
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn levels() -> Vec<String> {
    Vec::new()
}
