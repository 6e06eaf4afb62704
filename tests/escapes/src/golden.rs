//! How the attempts ended under real systemd versions.
//!
//! `golden/systemd-VERSION.txt` has a line for each escape: its name, the verdict without the closing settings, the
//! verdict with them, separated by tabs. The `unitward-escapes` program writes these lines.

use crate::verdict::Verdict;

/// The versions that were recorded.
pub const VERSIONS: &[u32] = &[252, 257, 262];

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The escape's name.
    pub name: String,
    /// The verdict without the closing settings.
    pub without: Verdict,
    /// The verdict with them.
    pub with: Verdict,
}

/// What was recorded of a version; nothing for a version that is not among [`VERSIONS`].
#[must_use]
pub fn of_version(version: u32) -> Vec<Recorded> {
    let text = match version {
        252 => include_str!("../golden/systemd-252.txt"),
        257 => include_str!("../golden/systemd-257.txt"),
        262 => include_str!("../golden/systemd-262.txt"),
        _ => "",
    };
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Recorded> {
    let mut fields = text.split('\t');
    Some(Recorded {
        name: fields.next()?.to_owned(),
        without: Verdict::from_name(fields.next()?)?,
        with: Verdict::from_name(fields.next()?)?,
    })
}
