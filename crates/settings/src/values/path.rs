//! Single paths, and what a path must look like.

use unitward_catalog::Version;

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// The longest path the kernel takes, with its final NUL byte.
const PATH_MAX: usize = 4096;

/// An optional absolute path; a bad one refuses the unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredPath(pub Option<String>);

/// An optional absolute path; a bad one is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionalPath(pub Option<String>);

/// An absolute path without repeated slashes, `.` parts and final slash; none when it is relative, has a `..`
/// part, or is too long. From 257 on, `..` at the very start is the root directory itself.
pub(crate) fn normalized(path: &str, version: Version) -> Option<String> {
    clean(path, version, Parents::Refused)
}

/// The same with `..` parts left as they are, as for programs.
pub(crate) fn simplified(path: &str, version: Version) -> Option<String> {
    clean(path, version, Parents::Kept)
}

/// What `..` parts are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parents {
    Refused,
    Kept,
}

fn clean(path: &str, version: Version, parents: Parents) -> Option<String> {
    if !path.starts_with('/') || path.len() >= PATH_MAX {
        return None;
    }
    let mut clean = String::with_capacity(path.len());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if clean.is_empty() && version >= Version::V257 => {}
            ".." if parents == Parents::Refused => return None,
            _ if part.len() > 255 => return None,
            _ => {
                clean.push('/');
                clean.push_str(part);
            }
        }
    }
    if clean.is_empty() {
        clean.push('/');
    }
    Some(clean)
}

/// What is expected where a path stands.
pub(crate) const PATH: &str = "an absolute path without ..";

impl Value for RequiredPath {
    const PARSER: &'static str = "path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let expanded = match cx.expand(text) {
            Ok(expanded) => expanded,
            Err(error) => return cx.refused(text, error),
        };
        match normalized(&expanded, cx.version) {
            Some(path) => {
                self.0 = Some(path);
                Assigned::Set
            }
            None => cx.refused(text, PATH),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

impl Value for OptionalPath {
    const PARSER: &'static str = "path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let expanded = match cx.expand(text) {
            Ok(expanded) => expanded,
            Err(error) => return cx.ignored(text, error),
        };
        match normalized(&expanded, cx.version) {
            Some(path) => {
                self.0 = Some(path);
                Assigned::Set
            }
            None => cx.ignored(text, PATH),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

/// A relative path in the same form; none when it is empty or absolute.
pub(crate) fn relative(path: &str, version: Version) -> Option<String> {
    if path.is_empty() || path.starts_with('/') || path.len() >= PATH_MAX {
        return None;
    }
    // `..` at the start leads out here.
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let clean = normalized(&format!("/{path}"), version)?;
    clean
        .strip_prefix('/')
        .filter(|clean| !clean.is_empty())
        .map(str::to_owned)
}

/// A path that may be relative.
pub(crate) fn either(path: &str, version: Version) -> Option<String> {
    normalized(path, version).or_else(|| relative(path, version))
}

/// Whether a clean path is, or is below, a file system of the kernel.
pub(crate) fn is_kernels(path: &str) -> bool {
    ["/dev", "/proc", "/sys"].iter().any(|top| {
        path.strip_prefix(top)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
