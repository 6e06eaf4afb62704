//! How `syscall-filter` and `filesystems` print their sets.

use std::collections::BTreeSet;

use super::table::Style;

/// A set with its members as they are printed.
pub(super) fn group<'a>(
    out: &mut String,
    name: &str,
    description: &str,
    members: impl IntoIterator<Item = &'a str>,
    style: Style,
) {
    let (bold, end) = if style.colors {
        ("\x1b[0;1;39m", "\x1b[0m")
    } else {
        ("", "")
    };
    out.push_str(&format!("{bold}{name}{end}\n    # {description}\n"));
    for member in members {
        out.push_str("    ");
        out.push_str(member);
        out.push('\n');
    }
}

/// Names outside of all sets, as comments under a heading.
pub(super) fn comment(out: &mut String, heading: &str, names: &BTreeSet<&str>) {
    out.push_str(&format!("\n# {heading}:\n"));
    for name in names {
        out.push_str("#   ");
        out.push_str(name);
        out.push('\n');
    }
}
