//! A control group that was made: entering, watching, killing and removing it.

use std::collections::HashSet;
use std::io::{Error, ErrorKind};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FlockOperation, Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::plan::{Base, ControlGroupPlan, GroupAction, GroupStep};
use crate::plan::{Cause, Phase};
use crate::{Exit, Failure, sys};

/// How long a killed group may take to become empty.
const PATIENCE: Duration = Duration::from_secs(5);

/// The control group of a running service. It is removed when the value is dropped.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    /// Its directories, that of version 2 first.
    directories: Vec<String>,
    /// The directory of version 2, and those below it in which processes are made.
    homes: Vec<(String, OwnedFd)>,
    /// Where the kernel counts what it killed for lack of memory; a change can be waited for with POLLPRI.
    memory_events: Option<OwnedFd>,
    /// What is to be undone above it.
    base: Option<Base>,
    /// What could not be had, though it was planned, with the kernel's answer.
    pub(crate) unmet: Vec<(Cause, String)>,
    plan: ControlGroupPlan,
}

impl ControlGroupPlan {
    /// Makes the group.
    ///
    /// # Errors
    ///
    /// When a directory cannot be made, or a program or a rule that protects something cannot be put in place. What was
    /// made until then is removed.
    pub(crate) fn make(&self) -> Result<ControlGroup, Failure> {
        let mut group = ControlGroup {
            directories: Vec::new(),
            homes: Vec::new(),
            memory_events: None,
            base: None,
            unmet: Vec::new(),
            plan: self.clone(),
        };
        // Held until the group is there, so that nobody switches a controller off that is needed for it.
        let _lock = self.base.as_ref().and_then(|base| lock(&base.directory));
        for step in &self.steps {
            if let Err((exit, error)) = group.take(&step.action) {
                let tolerated = matches!(
                    step.action,
                    GroupAction::Enable { .. } | GroupAction::Set { .. } | GroupAction::Delegate(_)
                );
                if tolerated {
                    let reason = format!("cannot {}: {}", step.action, crate::message(error));
                    group.unmet.push((step.cause, reason));
                    continue;
                }
                return Err(failure(step, exit).with_errno(error));
            }
        }
        group.memory_events = self.unified.as_ref().and_then(|unified| {
            let path = format!("{unified}/memory.events");
            rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()
        });
        Ok(group)
    }
}

fn failure(step: &GroupStep, exit: Exit) -> Failure {
    Failure::new(exit, step.cause, step.action.to_string())
}

impl ControlGroup {
    fn take(&mut self, action: &GroupAction) -> Result<(), (Exit, Errno)> {
        let cgroup = |error| (Exit::CGROUP, errno(&error));
        match action {
            GroupAction::Make(path) => {
                make_directory(path).map_err(cgroup)?;
                // Only what was made here is emptied and removed in the end.
                let own = self
                    .plan
                    .unified
                    .as_ref()
                    .filter(|own| Path::new(path).starts_with(own));
                if own == Some(path) || self.plan.legacy.contains(path) {
                    self.directories.push(path.clone());
                }
                if own.is_some() {
                    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                    let fd = rustix::fs::open(path.as_str(), flags, Mode::empty())
                        .map_err(|errno| (Exit::CGROUP, errno))?;
                    self.homes.push((path.clone(), fd));
                }
                Ok(())
            }
            GroupAction::Enter(file) => {
                self.base.clone_from(&self.plan.base);
                write(file, "0\n").map_err(cgroup)
            }
            GroupAction::Enable {
                directory,
                controller,
            } => {
                self.base.clone_from(&self.plan.base);
                let file = format!("{directory}/cgroup.subtree_control");
                write(&file, &format!("+{controller}")).map_err(cgroup)
            }
            GroupAction::Set { file, text } | GroupAction::Restrict { file, text } => {
                write(file, text).map_err(cgroup)
            }
            GroupAction::Own { path, uid, gid } => {
                match std::os::unix::fs::lchown(path, Some(*uid), Some(*gid)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(cgroup(error)),
                    _ => Ok(()),
                }
            }
            GroupAction::Delegate(path) => {
                rustix::fs::setxattr(path.as_str(), "user.delegate", b"1", XattrFlags::empty())
                    .map_err(|errno| (Exit::CGROUP, errno))
            }
            GroupAction::Attach(program) => self
                .group()
                .and_then(|group| program.attach(group))
                .map_err(|errno| (Exit::BPF, errno)),
            GroupAction::AttachPinned { hook, path } => sys::pinned_bpf(path)
                .and_then(|program| sys::attach_bpf(self.group()?, program.as_fd(), hook.attach))
                .map_err(|errno| (Exit::BPF, errno)),
        }
    }

    /// The descriptor of the group itself.
    fn group(&self) -> Result<BorrowedFd<'_>, Errno> {
        let (_, group) = self.homes.first().ok_or(Errno::NOENT)?;
        Ok(group.as_fd())
    }

    /// The descriptor of the group in which a process of a phase is made; none where it has to join by itself.
    pub(crate) fn enter_descriptor(&self, phase: Phase) -> Option<BorrowedFd<'_>> {
        if !self.plan.born_in {
            return None;
        }
        let home = self.plan.home(phase)?;
        let (_, fd) = self.homes.iter().find(|(path, _)| *path == home)?;
        Some(fd.as_fd())
    }

    /// The processes of the group and of those below it.
    pub(crate) fn processes(&self) -> HashSet<Pid> {
        let mut found = HashSet::new();
        let Some(directory) = self.directories.first() else {
            return found;
        };
        for group in groups_below(directory) {
            let text = fs::read_to_string(format!("{group}/cgroup.procs")).unwrap_or_default();
            // A number of 0 stands for a process of another PID namespace, which has no number here.
            found.extend(
                text.lines()
                    .filter_map(|line| Pid::from_raw(line.parse().ok()?)),
            );
        }
        found
    }

    /// Whether no process is left in it.
    pub(crate) fn is_empty(&self) -> bool {
        if let Some(unified) = &self.plan.unified {
            return match fs::read_to_string(format!("{unified}/cgroup.events")) {
                Ok(text) => text.lines().any(|line| line == "populated 0"),
                Err(error) => error.kind() == ErrorKind::NotFound,
            };
        }
        self.processes().is_empty()
    }

    /// Waits until no process is left in it, or the time is over. Says whether none is left.
    pub(crate) fn wait_until_empty(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let events = self.events();
        loop {
            if self.is_empty() {
                return true;
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                return false;
            };
            match &events {
                Some(events) => {
                    // A change between the look above and this wait is not lost: the descriptor was open before.
                    let mut fds = [PollFd::new(events, PollFlags::PRI)];
                    let timeout = Timespec::try_from(left.min(Duration::from_millis(100)));
                    let _ = rustix::event::poll(&mut fds, timeout.ok().as_ref());
                }
                None => thread::sleep(left.min(Duration::from_millis(1))),
            }
        }
    }

    /// The file whose content changes when the group becomes empty, to be waited for with POLLPRI; none in hierarchies of
    /// version 1.
    pub(crate) fn events(&self) -> Option<OwnedFd> {
        let path = format!("{}/cgroup.events", self.plan.unified.as_ref()?);
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()
    }

    /// The file that changes when the kernel kills for lack of memory, to be waited for with POLLPRI.
    pub(crate) fn memory_events(&self) -> Option<BorrowedFd<'_>> {
        self.memory_events.as_ref().map(|events| events.as_fd())
    }

    /// Whether the kernel has killed a process of the group for lack of memory. Reading it ends the wait for a change.
    pub(crate) fn was_out_of_memory(&self) -> bool {
        if let Some(events) = &self.memory_events {
            let mut text = [0; 512];
            let size = rustix::io::pread(events, &mut text, 0).unwrap_or(0);
            return counts_kills(text.get(..size).unwrap_or_default());
        }
        self.plan.legacy.iter().any(|directory| {
            let text = fs::read(format!("{directory}/memory.oom_control"));
            text.is_ok_and(|text| counts_kills(&text))
        })
    }

    /// Kills every process of the group, those that are being made meanwhile as well.
    pub(crate) fn kill(&self) {
        if let Some(unified) = &self.plan.unified
            && write(&format!("{unified}/cgroup.kill"), "1").is_ok()
        {
            return;
        }
        // Linux before 5.14, or version 1: again until no new one turns up.
        let mut known = HashSet::new();
        loop {
            let present = self.processes();
            if present.is_subset(&known) {
                return;
            }
            for pid in present.difference(&known) {
                let _ = rustix::process::kill_process(*pid, Signal::KILL);
            }
            known.extend(present);
        }
    }

    /// Ends and removes the group from a copy of the process that made it, when that process is gone.
    pub(crate) fn abandon(&self) {
        if !self.directories.is_empty() && !self.is_empty() {
            self.kill();
            self.wait_until_empty(PATIENCE);
        }
        for directory in self.directories.iter().rev() {
            // There is nobody to tell.
            let _ = remove_tree(directory);
        }
        if let Some(base) = &self.base {
            let _ = restore(base);
        }
    }

    /// Removes the group, after killing what is left in it.
    ///
    /// # Errors
    ///
    /// When processes do not end, or a directory stays.
    pub(crate) fn remove(mut self) -> Result<(), Errno> {
        self.clean_up()
    }

    fn clean_up(&mut self) -> Result<(), Errno> {
        self.homes.clear();
        let mut first = None;
        if !self.directories.is_empty() && !self.is_empty() {
            self.kill();
            self.wait_until_empty(PATIENCE);
        }
        for directory in std::mem::take(&mut self.directories).iter().rev() {
            if let Err(error) = remove_tree(directory) {
                first.get_or_insert(error);
            }
        }
        if let Some(base) = self.base.take()
            && let Err(error) = restore(&base)
        {
            first.get_or_insert(error);
        }
        first.map_or(Ok(()), Err)
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // There is nobody to tell; `remove` is for those who want to know.
        let _ = self.clean_up();
    }
}

/// Whether a table of counters has a number of kills above 0.
fn counts_kills(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_prefix(b"oom_kill "))
        .any(|count| count != b"0")
}

/// Makes the directory of a group. One that was left behind by a process that is gone is taken away first.
fn make_directory(path: &str) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_dir(path)?;
            fs::create_dir(path)
        }
        result => result,
    }
}

/// Removes a group and those below it, deepest first. The kernel may count a process that has just ended for a moment.
fn remove_tree(directory: &str) -> Result<(), Errno> {
    let end = Instant::now() + PATIENCE;
    let mut groups = groups_below(directory);
    while let Some(group) = groups.pop() {
        loop {
            match fs::remove_dir(&group) {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) if errno(&error) == Errno::BUSY && Instant::now() < end => {
                    thread::sleep(Duration::from_micros(200));
                }
                Err(error) => return Err(errno(&error)),
            }
        }
    }
    Ok(())
}

/// A group and those below it, each before its own.
fn groups_below(directory: &str) -> Vec<String> {
    let mut groups = vec![directory.to_owned()];
    let mut at = 0;
    while let Some(group) = groups.get(at) {
        let below = below(group);
        groups.extend(below);
        at += 1;
    }
    groups
}

/// The groups directly below one.
fn below(directory: &str) -> Vec<String> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.path().into_os_string().into_string().ok())
        .collect()
}

/// Leaves the group above as it was.
fn restore(base: &Base) -> Result<(), Errno> {
    let directory = &base.directory;
    let _lock = lock(directory);
    // Where unitward alone was in the group, all below it is its own. Elsewhere others may have come to need the
    // controllers.
    let is_needed = base.shelter.is_none() && !below(directory).is_empty();
    if !is_needed {
        for controller in &base.controllers {
            write(
                &format!("{directory}/cgroup.subtree_control"),
                &format!("-{controller}"),
            )
            .map_err(|error| errno(&error))?;
        }
    }
    let Some(shelter) = &base.shelter else {
        return Ok(());
    };
    let processes = fs::read_to_string(format!("{shelter}/cgroup.procs")).unwrap_or_default();
    for process in processes.lines() {
        // One that has just ended is not there any more.
        let _ = write(&format!("{directory}/cgroup.procs"), process);
    }
    remove_tree(shelter)
}

/// A lock on a directory, as long as the descriptor is open; none where it cannot be had. Anybody can hold it, so it is
/// not waited for without end.
fn lock(directory: &str) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(directory, flags, Mode::empty()).ok()?;
    for _ in 0..200 {
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => thread::sleep(Duration::from_millis(1)),
            result => return result.is_ok().then_some(fd),
        }
    }
    None
}

/// Writes a control file with one call, which is what the kernel wants.
fn write(file: &str, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().write(true).open(file)?;
    file.write_all(text.as_bytes())
}

fn errno(error: &Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::IO, Errno::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::counts_kills;

    #[test]
    fn kills_are_counted_in_both_versions() {
        assert!(counts_kills(
            b"low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n"
        ));
        assert!(!counts_kills(
            b"low 0\nmax 9\noom 1\noom_kill 0\noom_group_kill 3\n"
        ));
        assert!(counts_kills(
            b"oom_kill_disable 0\nunder_oom 0\noom_kill 12\n"
        ));
        assert!(!counts_kills(b""));
    }
}
