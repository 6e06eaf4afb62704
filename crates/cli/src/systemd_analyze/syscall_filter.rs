//! `systemd-analyze syscall-filter`.

use std::collections::BTreeSet;
use std::io;

use unitward_catalog::Version;
use unitward_seccomp::{Sets, SyscallGroup};

use super::Output;
use super::args::Call;
use super::groups;
use super::table::Style;

/// Where the kernel lists the events of its system calls: tracefs, and where debugfs has it.
const EVENTS: [&str; 2] = [
    "/sys/kernel/tracing/available_events",
    "/sys/kernel/debug/tracing/available_events",
];
/// Events whose name is not that of a system call.
const RENAMED: [&str; 5] = ["newuname", "newfstat", "newstat", "newlstat", "sysctl"];

/// Lists sets of system calls.
pub(super) fn syscall_filter(call: &Call, version: Version, style: Style, output: &mut Output) {
    let sets = Sets::of(version.number());
    let mut text = String::new();
    let names = call.words.get(1..).unwrap_or_default();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let Some(set) = sets.group(name) else {
            output.print(&text);
            return output.fail(format!("Filter set \"{name}\" not found."));
        };
        print(&mut text, set, style);
    }
    if !names.is_empty() {
        return output.print(&text);
    }
    for (at, set) in sets.groups().iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        print(&mut text, set, style);
    }
    if call.quiet {
        return output.print(&text);
    }
    ungrouped(&mut text, sets);
    match kernel_calls() {
        Err(error) => {
            let reason = crate::ui::reason(&error);
            if error.kind() == io::ErrorKind::IsADirectory {
                output.error(&format!("Failed to read system call list: {reason}"));
            }
            text.push('\n');
            output.print(&text);
            output.notice(&format!(
                "# Not showing unlisted system calls, couldn't retrieve kernel system call list: {reason}"
            ));
        }
        Ok(events) => {
            unlisted(&mut text, sets, &events);
            output.print(&text);
        }
    }
}

fn print(text: &mut String, set: &SyscallGroup, style: Style) {
    groups::group(
        text,
        set.name,
        set.description,
        set.members.iter().copied(),
        style,
    );
}

fn calls_of(set: &SyscallGroup) -> impl Iterator<Item = &'static str> {
    set.members
        .iter()
        .copied()
        .filter(|member| !member.starts_with('@'))
}

/// What only `@known` holds.
fn ungrouped(text: &mut String, sets: Sets) {
    let mut names: BTreeSet<&str> = sets
        .group("@known")
        .into_iter()
        .flat_map(calls_of)
        .collect();
    for set in sets.groups().iter().filter(|set| set.name != "@known") {
        calls_of(set).for_each(|call| {
            names.remove(call);
        });
    }
    if !names.is_empty() {
        let heading =
            "Ungrouped System Calls (known but not included in any of the groups except @known)";
        groups::comment(text, heading, &names);
    }
}

/// What the kernel has and no set holds.
fn unlisted(text: &mut String, sets: Sets, events: &str) {
    let mut names: BTreeSet<&str> = events
        .split(['\n', '\r', '\0'])
        .filter_map(|line| line.strip_prefix("syscalls:sys_enter_"))
        .filter(|name| !RENAMED.contains(name))
        .collect();
    sets.groups().iter().flat_map(calls_of).for_each(|call| {
        names.remove(call);
    });
    if !names.is_empty() {
        let heading = "Unlisted System Calls (supported by the local kernel, but not included in any of the groups \
                       listed above)";
        groups::comment(text, heading, &names);
    }
}

fn kernel_calls() -> io::Result<String> {
    let [tracefs, debugfs] = EVENTS;
    let read = |path| std::fs::File::open(path);
    let mut file = read(tracefs).or_else(|_| read(debugfs))?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut file, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
