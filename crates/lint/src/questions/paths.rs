//! Paths and what contains them.

use std::borrow::Cow;
use std::collections::HashSet;

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

/// The path on a system with merged `/usr`, and with `/run` in place of `/var/run`.
pub(crate) fn canonical(path: &str) -> Cow<'_, str> {
    for (old, new) in [
        ("/bin", "/usr/bin"),
        ("/sbin", "/usr/sbin"),
        ("/lib", "/usr/lib"),
        ("/lib32", "/usr/lib32"),
        ("/lib64", "/usr/lib64"),
        ("/var/run", "/run"),
        ("/var/lock", "/run/lock"),
    ] {
        if let Some(rest) = path.strip_prefix(old).filter(|_| is_within(path, old)) {
            return Cow::Owned(format!("{new}{rest}"));
        }
    }
    Cow::Borrowed(path)
}

/// A path and the directories above it, the nearest first.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| match path.rfind('/') {
        Some(0) if path.len() > 1 => Some("/"),
        Some(0) | None => None,
        Some(at) => path.get(..at),
    })
}

/// Paths that are asked for what is above and below them, however many they are.
#[derive(Default)]
pub(crate) struct PathSet {
    at: HashSet<String>,
    above: HashSet<String>,
}

impl<'p> FromIterator<&'p str> for PathSet {
    fn from_iter<I: IntoIterator<Item = &'p str>>(paths: I) -> Self {
        let mut set = Self::default();
        for path in paths {
            set.above.extend(above(path).map(str::to_owned));
            set.at.insert(path.to_owned());
        }
        set
    }
}

impl PathSet {
    /// Whether it has this very path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at.contains(path)
    }

    /// Whether it has this path or one above it.
    pub(crate) fn covers(&self, path: &str) -> bool {
        above(path).any(|path| self.at.contains(path))
    }

    /// Whether it has this path or one below it.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        self.above.contains(path)
    }
}

/// The absolute paths that a word of a command line names: the word itself, or what stands behind `=`, `:` or `,`
/// in it. Addresses such as `http://host/path` have none.
pub(crate) fn named(word: &str) -> impl Iterator<Item = &str> {
    let separators = |c: char| {
        matches!(
            c,
            '=' | ':' | ',' | ';' | '"' | '\'' | '<' | '>' | '|' | '&'
        ) || c.is_ascii_whitespace()
    };
    let pieces = word.split(separators);
    pieces.filter(|piece| piece.len() > 1 && piece.starts_with('/') && !piece.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::{canonical, is_within, named};

    #[test]
    fn whole_names_count() {
        assert!(is_within("/srv/a", "/srv") && is_within("/srv", "/srv") && is_within("/a", "/"));
        assert!(!is_within("/srvx", "/srv") && !is_within("/", "/srv"));
    }

    #[test]
    fn links_of_the_system_are_followed() {
        assert_eq!(canonical("/bin/sh"), "/usr/bin/sh");
        assert_eq!(canonical("/binary"), "/binary");
        assert_eq!(canonical("/var/run/x.pid"), "/run/x.pid");
    }

    #[test]
    fn words_name_paths() {
        let paths = |word| named(word).collect::<Vec<_>>();
        assert_eq!(paths("--data=/var/lib/x"), ["/var/lib/x"]);
        assert_eq!(paths("unix:/run/a,/run/b"), ["/run/a", "/run/b"]);
        assert_eq!(paths("echo x > /tmp/y"), ["/tmp/y"]);
        assert!(paths("http://example.org/x").is_empty() && paths("a/b").is_empty());
    }
}
