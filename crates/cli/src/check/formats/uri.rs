//! Paths as URIs (RFC 3986).

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// A path as a URI reference: relative where it is below a folder, else with the scheme `file`.
pub(super) fn reference(path: &Path, folder: &Path) -> String {
    let path = flat(&folder.join(path));
    match path.strip_prefix(folder) {
        Ok(below) => encode(below),
        Err(_) => format!("file://{}", encode(&path)),
    }
}

/// A path without `.` and `..`.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            other => flat.push(other),
        }
    }
    flat
}

fn encode(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                text.push(char::from(*byte));
            }
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("a b@c.service", "a%20b@c.service"),
            ("./sub/../x:y.service", "x%3Ay.service"),
            ("/home/me/units/é.service", "%C3%A9.service"),
            ("../x.service", "file:///home/me/x.service"),
            (
                "/etc/systemd/system/x\\x2dy.mount",
                "file:///etc/systemd/system/x%5Cx2dy.mount",
            ),
        ] {
            assert_eq!(
                reference(Path::new(path), Path::new("/home/me/units")),
                expected
            );
        }
    }
}
