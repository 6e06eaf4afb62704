//! Which systemd is aimed at when nobody says.

use unitward_catalog::Version;

/// Where systemd keeps the library that carries its version in its name.
const FOLDERS: [&str; 4] = [
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/lib/x86_64-linux-gnu/systemd",
    "/usr/lib/aarch64-linux-gnu/systemd",
];

/// The version of the systemd that is installed here, by the name of its shared library; else the newest known.
pub(crate) fn of_host() -> Version {
    let names = FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let version = names.filter_map(|entry| {
        let name = entry.file_name();
        let number = name
            .to_str()?
            .strip_prefix("libsystemd-shared-")?
            .strip_suffix(".so")?
            .to_owned();
        number.parse::<Version>().ok()
    });
    version.max().unwrap_or(Version::NEWEST)
}
