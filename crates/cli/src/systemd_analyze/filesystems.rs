//! `systemd-analyze filesystems`.

use std::collections::BTreeSet;

use unitward_catalog::Version;
use unitward_seccomp::{FilesystemGroup, filesystem_groups};

use super::Output;
use super::args::Call;
use super::groups;
use super::table::Style;

/// What this kernel has.
const KERNEL: &str = "/proc/filesystems";

/// Lists sets of file systems.
pub(super) fn filesystems(call: &Call, version: Version, style: Style, output: &mut Output) {
    if version < Version::V257 {
        return output.fail("Not compiled with libbpf support, sorry.");
    }
    let sets = filesystem_groups(version.number());
    let mut text = String::new();
    let names = call.words.get(1..).unwrap_or_default();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let Some(set) = sets.iter().find(|set| set.name == name) else {
            output.print(&text);
            return output.fail(format!("Filesystem set \"{name}\" not found."));
        };
        print(&mut text, set, style);
    }
    if !names.is_empty() {
        return output.print(&text);
    }
    for (at, set) in sets.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        print(&mut text, set, style);
    }
    if call.quiet {
        return output.print(&text);
    }
    ungrouped(&mut text, sets);
    match std::fs::read(KERNEL) {
        Err(error) => {
            text.push('\n');
            output.print(&text);
            output.notice(&format!(
                "# Not showing unlisted filesystems, couldn't retrieve kernel filesystem list: {}",
                crate::ui::reason(&error)
            ));
        }
        Ok(list) => {
            unlisted(&mut text, sets, &String::from_utf8_lossy(&list));
            output.print(&text);
        }
    }
}

fn print(text: &mut String, set: &FilesystemGroup, style: Style) {
    let members: Vec<String> = set
        .members
        .iter()
        .map(|(name, magic)| {
            if magic.is_empty() {
                (*name).to_owned()
            } else {
                format!("{name} (magic: {magic})")
            }
        })
        .collect();
    groups::group(
        text,
        set.name,
        set.description,
        members.iter().map(String::as_str),
        style,
    );
}

fn names_of(set: &FilesystemGroup) -> impl Iterator<Item = &'static str> {
    set.members
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.starts_with('@'))
}

/// What only `@known` holds, other names of members of the sets left out.
fn ungrouped(text: &mut String, sets: &[FilesystemGroup]) {
    let (known, others): (Vec<_>, Vec<_>) = sets.iter().partition(|set| set.name == "@known");
    let grouped: BTreeSet<&str> = others.into_iter().flat_map(names_of).collect();
    let known = known.into_iter().flat_map(|set| set.members);
    let names: BTreeSet<&str> = known
        .filter(|(name, magic)| {
            !name.starts_with('@')
                && !grouped.contains(name)
                && !main_name(magic).is_some_and(|main| grouped.contains(main))
        })
        .map(|(name, _)| *name)
        .collect();
    if !names.is_empty() {
        let heading =
            "Ungrouped filesystems (known but not included in any of the groups except @known)";
        groups::comment(text, heading, &names);
    }
}

/// The main name of a file system that has several, which stands behind its magic number: `0x4d44[vfat]`.
fn main_name(magic: &str) -> Option<&str> {
    magic.split_once('[')?.1.strip_suffix(']')
}

/// What the kernel has and no set holds.
fn unlisted(text: &mut String, sets: &[FilesystemGroup], list: &str) {
    let mut names: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(_, name)| name)
        .collect();
    sets.iter().flat_map(names_of).for_each(|name| {
        names.remove(name);
    });
    if !names.is_empty() {
        let heading = "Unlisted filesystems (available to the local kernel, but not included in any of the groups listed above)";
        groups::comment(text, heading, &names);
    }
}
