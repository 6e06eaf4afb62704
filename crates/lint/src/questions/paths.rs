//! Paths and what contains them.

/// How many paths of a list are looked at, which is more than any real unit has.
pub(crate) const PATHS_MAX: usize = 1000;

/// The directories of ProtectHome=.
pub(crate) const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// Whether a path is this directory or below it. Both are normalised.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    let directory = directory.strip_suffix('/').unwrap_or(directory);
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn whole_names_count() {
        assert!(is_within("/srv/a", "/srv") && is_within("/srv", "/srv") && is_within("/a", "/"));
        assert!(!is_within("/srvx", "/srv") && !is_within("/", "/srv"));
    }
}
