//! What another root directory must have (file-hierarchy(7)).

use super::action::Node;
use super::view::{self, View};
use crate::plan::namespaces::c_string;

/// Directories that another root directory must have.
const BASE: [(&str, u32); 8] = [
    ("root", 0o750),
    ("usr", 0o755),
    ("var", 0o755),
    ("etc", 0o755),
    ("proc", 0o555),
    ("sys", 0o555),
    ("dev", 0o555),
    ("run", 0o555),
];

/// Links that another root directory must have, when their target is there.
const BASE_LINKS: [(&str, &str); 4] = [
    ("bin", "usr/bin"),
    ("lib", "usr/lib"),
    ("sbin", "usr/sbin"),
    ("lib64", "usr/lib64"),
];

/// What another root directory lacks. It is made where that is possible.
pub(super) fn missing(view: &mut View) -> Vec<(&'static str, Node)> {
    let mut missing = Vec::new();
    for (name, target) in BASE_LINKS {
        let wanted = view.look(&format!("/{name}")) == view::Node::Missing
            && matches!(view.look(&format!("/{target}")), view::Node::There { .. });
        if wanted {
            view.link(&format!("/{name}"), target);
            missing.push((name, Node::Link(c_string(target))));
        }
    }
    for (name, mode) in BASE {
        let path = format!("/{name}");
        if view.look(&path) == view::Node::Missing {
            view.make(&path, libc::S_IFDIR | mode);
            missing.push((name, Node::Directory(mode)));
        }
    }
    missing
}
