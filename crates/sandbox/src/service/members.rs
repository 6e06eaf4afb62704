//! The processes of a service: what descends from unitward, which adopts the orphans among them (PR_SET_CHILD_SUBREAPER).

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd as _;

use rustix::process::{Pid, PidfdFlags};

use crate::sys;

/// Every process and its parent, as far as /proc shows them.
fn parents() -> HashMap<i32, i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return HashMap::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect()
}

/// The parent of a process that has not ended.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may have blanks and brackets in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.next()?.parse().ok())?
}

/// The parent of a process.
pub(crate) fn parent(pid: Pid) -> Option<Pid> {
    parent_of(pid.as_raw_nonzero().get()).and_then(Pid::from_raw)
}

/// What descends from a process, without it and without what descends from those to leave out.
pub(crate) fn descendants(ancestor: Pid, without: &[Pid]) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for (pid, parent) in parents() {
        children.entry(parent).or_default().push(pid);
    }
    let mut seen: HashSet<i32> = without
        .iter()
        .map(|pid| pid.as_raw_nonzero().get())
        .collect();
    let mut found = Vec::new();
    let mut open = vec![ancestor.as_raw_nonzero().get()];
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if seen.insert(*child) {
                open.push(*child);
                found.extend(Pid::from_raw(*child));
            }
        }
    }
    found
}

/// Whether a process descends from another one.
pub(crate) fn descends(pid: Pid, ancestor: Pid) -> bool {
    /// More generations than any service has; a number that was used again cannot lead in circles.
    const MOST: usize = 4096;
    let mut at = pid.as_raw_nonzero().get();
    for _ in 0..MOST {
        match parent_of(at) {
            Some(parent) if parent == ancestor.as_raw_nonzero().get() => return true,
            Some(parent) if parent > 1 => at = parent,
            _ => return false,
        }
    }
    false
}

/// Sends a signal to a process that descends from another one, and to no other that has its number by now.
pub(crate) fn signal(pid: Pid, ancestor: Pid, number: u8) -> bool {
    let Ok(fd) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    descends(pid, ancestor) && sys::send_signal(fd.as_fd(), number).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_child_descends_from_this_process() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        let own = rustix::process::getpid();
        assert!(descends(pid, own));
        assert!(!descends(own, pid));
        assert!(descendants(own, &[]).contains(&pid));
        assert!(!descendants(own, &[pid]).contains(&pid));
        assert!(signal(pid, own, 9));
        child.wait().unwrap();
        assert!(!descendants(own, &[]).contains(&pid));
    }
}
