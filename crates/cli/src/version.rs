//! Which systemd is aimed at when nobody says.

use std::ffi::OsStr;
use std::path::Path;

use unitward_catalog::Version;

use crate::args::Source;

/// Where systemd keeps the library that carries its version in its name.
const FOLDERS: [&str; 10] = [
    "usr/lib/x86_64-linux-gnu/systemd",
    "usr/lib/systemd",
    "usr/lib64/systemd",
    "lib/systemd",
    "usr/lib/aarch64-linux-gnu/systemd",
    "usr/lib/arm-linux-gnueabihf/systemd",
    "usr/lib/riscv64-linux-gnu/systemd",
    "usr/lib/s390x-linux-gnu/systemd",
    "usr/lib/powerpc64le-linux-gnu/systemd",
    "run/current-system/systemd/lib/systemd",
];

/// The version of the systemd that is installed below a root directory, by the name of its shared library; else the
/// newest known. The first folder that has one decides.
pub(crate) fn installed(root: &Path) -> Version {
    let newest = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).ok()?.flatten();
        entries
            .filter_map(|entry| of_library(&entry.file_name()))
            .max()
    };
    FOLDERS
        .into_iter()
        .find_map(newest)
        .unwrap_or(Version::NEWEST)
}

/// The version that is asked for, else that of this machine.
pub(crate) fn or_host(asked: Option<Version>) -> Version {
    asked.unwrap_or_else(|| installed(Path::new("/")))
}

/// The version that a call asks for, else that of the system it looks at.
pub(crate) fn of_source(source: &Source) -> Version {
    let root = source.root.as_deref().unwrap_or(Path::new("/"));
    source.version.unwrap_or_else(|| installed(root))
}

/// `libsystemd-shared-257.so`, `libsystemd-shared-257.7-1.fc42.so`.
fn of_library(name: &OsStr) -> Option<Version> {
    let version = name.to_str()?.strip_prefix("libsystemd-shared-")?;
    version.strip_suffix(".so")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_names_the_version() {
        for (name, version) in [
            ("libsystemd-shared-252.so", Some(252)),
            ("libsystemd-shared-257.7-1.fc42.so", Some(257)),
            ("libsystemd-shared-252-46.el9.so", Some(252)),
            ("libsystemd-core-257.so", None),
            ("libsystemd-shared-.so", None),
        ] {
            let found = of_library(OsStr::new(name)).map(Version::number);
            assert_eq!(found, version, "{name}");
        }
    }
}
