//! Names of programs and libraries, told apart from their versions.

/// What kind of file carries the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Program,
    Library,
}

/// Compares a file's name with a pattern and returns the version behind it, which may be empty.
///
/// A pattern is a name up to its version, or up to `.so`; a `*` at its end stands for anything.
pub(crate) fn version<'n>(kind: Kind, pattern: &str, name: &'n str) -> Option<&'n str> {
    if let Some(prefix) = pattern.strip_suffix('*') {
        return name.strip_prefix(prefix).map(|_| "");
    }
    let rest = name.strip_prefix(pattern)?;
    let version = match kind {
        Kind::Program => rest,
        Kind::Library => {
            let (version, number) = rest.split_once(".so")?;
            if !number.is_empty() && !number.starts_with('.') {
                return None;
            }
            version
        }
    };
    let is_version = version
        .bytes()
        .all(|it| it.is_ascii_digit() || it == b'.' || it == b'-');
    is_version.then(|| version.trim_matches(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        for (kind, pattern, name, expected) in [
            (Kind::Program, "python", "python3.11", Some("3.11")),
            (Kind::Program, "python", "python", Some("")),
            (Kind::Program, "python", "python3-config", None),
            (Kind::Program, "luajit", "luajit-2.1.0-", Some("2.1.0")),
            (Kind::Program, "qemu-*", "qemu-system-x86_64", Some("")),
            (
                Kind::Library,
                "libpython",
                "libpython3.11.so.1.0",
                Some("3.11"),
            ),
            (Kind::Library, "libcrypto", "libcrypto.so.3", Some("")),
            (Kind::Library, "libldap", "libldap-2.5.so.0", Some("2.5")),
            (Kind::Library, "libldap", "libldap.sox", None),
            (Kind::Library, "libssl", "libssl", None),
        ] {
            assert_eq!(version(kind, pattern, name), expected, "{pattern} {name}");
        }
    }
}
