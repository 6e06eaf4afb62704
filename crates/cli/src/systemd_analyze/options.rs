//! The long options of systemd-analyze, by version.

use unitward_catalog::Version;

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// Only behind `=`.
    Perhaps,
}

/// In the order in which systemd-analyze names them when an abbreviation fits several.
const OF_252: &[&str] = &[
    "help",
    "version",
    "quiet",
    "order",
    "require",
    "root",
    "image",
    "recursive-errors",
    "offline",
    "threshold",
    "security-policy",
    "system",
    "user",
    "global",
    "from-pattern",
    "to-pattern",
    "fuzz",
    "no-pager",
    "man",
    "generators",
    "host",
    "machine",
    "iterations",
    "base-time",
    "unit",
    "json",
    "profile",
];
const OF_257: &[&str] = &[
    "help",
    "version",
    "quiet",
    "order",
    "require",
    "root",
    "image",
    "image-policy",
    "recursive-errors",
    "offline",
    "threshold",
    "security-policy",
    "system",
    "user",
    "global",
    "from-pattern",
    "to-pattern",
    "fuzz",
    "no-pager",
    "man",
    "generators",
    "instance",
    "host",
    "machine",
    "iterations",
    "base-time",
    "unit",
    "json",
    "profile",
    "table",
    "no-legend",
    "tldr",
    "mask",
    "scale-svg",
    "detailed",
];
const OF_262: &[&str] = &[
    "help",
    "version",
    "quiet",
    "recursive-errors",
    "root",
    "image",
    "image-policy",
    "system",
    "user",
    "global",
    "order",
    "require",
    "from-pattern",
    "to-pattern",
    "fuzz",
    "no-pager",
    "host",
    "machine",
    "man",
    "generators",
    "instance",
    "offline",
    "threshold",
    "security-policy",
    "json",
    "iterations",
    "base-time",
    "profile",
    "unit",
    "table",
    "no-legend",
    "tldr",
    "mask",
    "scale-svg",
    "detailed",
    "drm-device",
    "debugger",
    "debugger-arguments",
];

/// The options of a version.
pub(super) fn long(version: Version) -> &'static [&'static str] {
    match version.reference() {
        Version::V252 => OF_252,
        Version::V257 => OF_257,
        _ => OF_262,
    }
}

/// The long option that a letter stands for.
pub(super) fn short(letter: char, version: Version) -> Option<&'static str> {
    let name = match letter {
        'h' => "help",
        'q' => "quiet",
        'm' => "mask",
        'H' => "host",
        'M' => "machine",
        'U' => "unit",
        'A' => "debugger-arguments",
        _ => return None,
    };
    long(version).contains(&name).then_some(name)
}

/// Whether an option takes a value.
pub(super) fn takes(name: &str) -> Takes {
    match name {
        "man" | "generators" => Takes::Perhaps,
        "help" | "version" | "quiet" | "order" | "require" | "system" | "user" | "global"
        | "no-pager" | "table" | "no-legend" | "tldr" | "mask" | "detailed" => Takes::Nothing,
        _ => Takes::Value,
    }
}
