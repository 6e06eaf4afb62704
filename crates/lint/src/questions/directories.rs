//! The directories that systemd makes for a service of the system.

use unitward_settings::Settings;

use super::paths::PathSet;

/// Each directory, and whether it is read-only for the service.
pub(crate) fn all(settings: &Settings) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (top, directories) in [
        ("/run", &settings.runtime_directory),
        ("/var/lib", &settings.state_directory),
        ("/var/cache", &settings.cache_directory),
        ("/var/log", &settings.logs_directory),
        ("/etc", &settings.configuration_directory),
    ] {
        for (path, directory) in &directories.0 {
            let path = path.trim_end_matches('/');
            found.push((format!("{top}/{path}"), directory.read_only));
            for link in &directory.links {
                found.push((format!("{top}/{link}"), directory.read_only));
            }
        }
    }
    found
}

/// The directories as a set.
pub(crate) fn set(settings: &Settings) -> PathSet {
    let all = all(settings);
    all.iter().map(|(path, _)| path.as_str()).collect()
}
