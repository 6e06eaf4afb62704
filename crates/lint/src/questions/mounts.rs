//! What settings make of paths.

use unitward_settings::{ProtectHome, ProtectSystem, Settings};

use super::paths::{HOMES, PATHS_MAX, is_within};
use crate::finding::Place;
use crate::subject::place;

/// A path that a setting makes read-only, or writable.
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) access: Access,
    /// The setting and its value, such as `ProtectSystem=strict`.
    pub(crate) name: String,
    pub(crate) place: Option<Place>,
}

/// What is permitted below a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// What strict leaves as it is.
pub(crate) const KEPT_BY_STRICT: [&str; 6] =
    ["/dev", "/proc", "/sys", "/home", "/root", "/run/user"];

/// The paths of ProtectSystem=, ProtectHome=, ReadOnlyPaths= and ReadWritePaths=, the first winning over later ones
/// with the same path.
pub(crate) fn entries(settings: &Settings) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |path: &str, access, name: &str, place: Option<Place>| {
        entries.push(Entry {
            path: path.to_owned(),
            access,
            name: name.to_owned(),
            place,
        });
    };
    let (system, paths): (_, &[&str]) = match *settings.protect_system {
        ProtectSystem::Strict => ("ProtectSystem=strict", &["/"]),
        ProtectSystem::Full => ("ProtectSystem=full", &["/usr", "/boot", "/efi", "/etc"]),
        ProtectSystem::Yes => ("ProtectSystem=yes", &["/usr", "/boot", "/efi"]),
        _ => ("", &[]),
    };
    for path in paths {
        add(
            path,
            Access::ReadOnly,
            system,
            place(&settings.protect_system),
        );
    }
    if *settings.protect_home == ProtectHome::ReadOnly {
        for path in HOMES {
            let place = place(&settings.protect_home);
            add(path, Access::ReadOnly, "ProtectHome=read-only", place);
        }
    }
    let other_root = has_other_root(settings);
    for (list, name, access) in [
        (
            &settings.read_only_paths,
            "ReadOnlyPaths=",
            Access::ReadOnly,
        ),
        (
            &settings.read_write_paths,
            "ReadWritePaths=",
            Access::ReadWrite,
        ),
    ] {
        for item in list.0.iter().take(PATHS_MAX) {
            // Without + it is a path of the host, and no other entry is.
            if other_root && !item.value.in_root {
                continue;
            }
            let path = &item.value.path;
            add(
                path,
                access,
                &format!("{name}{path}"),
                Some(item.origin.into()),
            );
        }
    }
    entries
}

/// Whether the tree that the service sees is another one than the host's, so that host paths say little.
pub(crate) fn has_other_root(settings: &Settings) -> bool {
    settings.root_directory.is_set()
        || settings.root_image.is_set()
        || settings.root_mstack.is_set()
        || !settings.mount_images.0.is_empty()
        || !settings.extension_images.0.is_empty()
}

/// Whether anything makes a path, or a part of it, read-only, or replaces it.
pub(crate) fn is_touched(settings: &Settings, entries: &[Entry], path: &str) -> bool {
    let path = physical(path);
    let path = path.as_str();
    let kept = KEPT_BY_STRICT.iter().any(|kept| is_within(path, kept));
    let listed = entries.iter().any(|entry| {
        let strict = entry.name == "ProtectSystem=strict";
        entry.access == Access::ReadOnly && is_within(path, &entry.path) && !(strict && kept)
    });
    let trees = [
        (*settings.protect_home != ProtectHome::No, &HOMES[..]),
        (settings.protect_kernel_tunables.0, &["/proc", "/sys"]),
        (settings.protect_kernel_logs.0, &["/dev/kmsg", "/proc/kmsg"]),
        (
            settings.protect_control_groups.is_set(),
            &["/sys/fs/cgroup"],
        ),
        (settings.protect_hostname.is_set(), &["/proc/sys"]),
        (settings.private_devices.0, &["/dev"]),
        (settings.private_network.0, &["/sys"]),
    ];
    let tree = trees
        .iter()
        .any(|(on, paths)| *on && paths.iter().any(|tree| is_within(path, tree)));
    let mut tmpfs = settings.temporary_file_system.0.iter().take(PATHS_MAX);
    let mut binds = settings.binds.0.iter().take(PATHS_MAX);
    listed
        || tree
        || tmpfs.any(|item| is_within(path, &item.value.path))
        || binds.any(|item| item.value.read_only && is_within(path, &item.value.destination))
}

/// Where a path leads on a system with merged /usr.
fn physical(path: &str) -> String {
    let merged = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
    match merged.iter().any(|link| is_within(path, link)) {
        true => format!("/usr{path}"),
        false => path.to_owned(),
    }
}
