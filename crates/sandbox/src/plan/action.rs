//! The closed list of what can be done to a process between fork and exec.

use std::ffi::CString;
use std::fmt;
use std::sync::Arc;

use rustix::thread::CpuSet;
use unitward_catalog::Capabilities;
use unitward_seccomp::Program;

use super::mounts::{LandlockRules, MountAction};
use super::observer::ObservedBy;
use crate::cgroup::GroupProgram;

/// One action of a process on itself. Paths are C strings, so that nothing is converted after the fork.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Set signal dispositions to their defaults and block none.
    ResetSignals {
        /// Whether SIGPIPE is ignored.
        ignore_sigpipe: bool,
    },
    /// Wait until somebody looks at what is done.
    AwaitObserver(ObservedBy),
    /// Begin a session (setsid(2)).
    NewSession,
    /// Move into a control group, by its `cgroup.procs` file.
    JoinControlGroup(CString),
    /// Put something on descriptor 0, 1 or 2.
    Stream {
        /// The descriptor.
        number: u8,
        /// What is put there.
        source: StreamSource,
    },
    /// Open a terminal, and make it the controlling one.
    Terminal(Terminal),
    /// Make the terminal on standard input the controlling one.
    ControlTerminal,
    /// Write a number or a word to a file of /proc about this process.
    WriteProc {
        /// The file.
        file: CString,
        /// What is written.
        text: CString,
    },
    /// Set the scheduling policy.
    Scheduler {
        /// SCHED_* of sched(7).
        policy: i32,
        /// The static priority.
        priority: i32,
        /// Whether children go back to the default.
        reset_on_fork: bool,
    },
    /// Set the nice level.
    Nice(i32),
    /// Set the processors to run on.
    CpuAffinity(Box<CpuSet>),
    /// Set the memory policy.
    MemoryPolicy {
        /// MPOL_* of set_mempolicy(2).
        mode: i32,
        /// The nodes, as a bit mask.
        nodes: Vec<u64>,
    },
    /// Set the priority of input and output.
    IoPriority {
        /// IOPRIO_CLASS_* of ioprio_set(2).
        class: u8,
        /// 0 (highest) to 7.
        level: u8,
    },
    /// Set the timer slack, in nanoseconds.
    TimerSlack(u64),
    /// Set the execution domain.
    Personality(u64),
    /// Merge equal pages of memory, or not.
    MemoryKsm(bool),
    /// Switch transparent huge pages off: all of them, or (1 << 1) but where advised.
    MemoryThp {
        /// Whether they are off.
        off: bool,
        /// The flags of PR_SET_THP_DISABLE.
        flags: u64,
    },
    /// Set the file mode creation mask.
    Umask(u16),
    /// Get a session keyring of its own.
    SessionKeyring {
        /// Whether the user's keyring is linked into it.
        link_user: bool,
        /// Its owner, when that is not root.
        owner: Option<(u32, u32)>,
    },
    /// Set a resource limit; a hard limit that may not be raised is left where it is.
    Limit {
        /// Which.
        resource: Resource,
        /// The soft limit; `u64::MAX` for none.
        soft: u64,
        /// The hard limit; `u64::MAX` for none.
        hard: u64,
    },
    /// Leave namespaces and get new ones (unshare(2)).
    Unshare(Namespaces),
    /// Enter a namespace by its file, which is opened before anything else changes.
    EnterNamespace {
        /// The file.
        file: CString,
        /// Its kind.
        kind: Namespaces,
        /// Which of the prepared descriptors holds it.
        slot: usize,
    },
    /// Open a namespace file while the host's view still holds.
    OpenNamespace {
        /// The file.
        file: CString,
        /// Which of the prepared descriptors will hold it.
        slot: usize,
    },
    /// Switch the loopback interface on.
    LoopbackUp,
    /// Change the mount tree.
    Mount(MountAction),
    /// Forbid access to files by Landlock.
    Landlock(LandlockRules),
    /// Set the host name.
    HostName(CString),
    /// Set the group and the supplementary groups.
    Groups {
        /// The group.
        gid: u32,
        /// The supplementary groups; none to leave them.
        supplementary: Option<Vec<u32>>,
    },
    /// Get a user namespace, whose maps the parent writes.
    UserNamespace(IdMaps),
    /// Wait for the parent to write the maps of the user namespace in which the process was made.
    AwaitIdMaps(IdMaps),
    /// Wait for the parent to attach a program to the control group, which would be in the way of the steps before.
    AttachProgram(GroupProgram),
    /// Take capabilities out of the bounding set, and out of the inheritable set with them.
    KeepBoundingSet(Capabilities),
    /// Make capabilities inheritable, and raise them in the ambient set.
    Ambient {
        /// The whole ambient set.
        set: Capabilities,
        /// Whether the inheritable set is changed first.
        inherit: bool,
    },
    /// Take capabilities into the permitted, effective and inheritable sets.
    GainCapabilities(Capabilities),
    /// Give capabilities up in all sets but the bounding set.
    DropCapabilities(Capabilities),
    /// Change the root directory (chroot(2)).
    ChangeRoot(CString),
    /// Keep permitted capabilities over the next change of the user.
    KeepCapabilities,
    /// Change the user.
    ChangeUser(u32),
    /// Change the working directory.
    WorkingDirectory(CString),
    /// Write a label for the next execve(2).
    ExecLabel {
        /// The attribute file of the security module.
        file: CString,
        /// The label.
        label: CString,
    },
    /// Set the secure bits.
    SecureBits(u32),
    /// Set no_new_privs.
    NoNewPrivileges,
    /// Let the kernel refuse memory that becomes executable.
    RefuseExecGain,
    /// Install a system call filter.
    Filter(Filter),
    /// Be killed when unitward ends (PR_SET_PDEATHSIG).
    DieWithParent,
    /// Lay out the descriptors that are passed on as 3 and up, and close all others.
    Descriptors,
    /// Become the program.
    Execute,
}

/// A system call filter, ready for the kernel.
#[derive(Clone)]
pub struct Filter(pub(crate) Arc<Program>);

/// What a standard stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamSource {
    /// The one that unitward itself has.
    Inherit,
    /// /dev/null.
    Null,
    /// A descriptor that the service has for it when it starts.
    Given(Given),
    /// Another stream of this process.
    Copy(u8),
    /// A file.
    File {
        /// Its path.
        path: CString,
        /// How it is opened.
        mode: FileMode,
        /// The file mode creation mask under which it is made.
        umask: u16,
    },
}

/// Descriptors that become standard streams.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Given {
    /// The text of `StandardInputText=` and `StandardInputData=`.
    Data,
    /// A stream to the journal.
    Journal,
    /// The socket that the service was started for.
    Socket,
    /// A descriptor of a socket unit or of `OpenFile=`, by its name.
    Named(String),
    /// The pseudo-terminal of `--pty`.
    PseudoTerminal,
}

/// A terminal, as `StandardInput=tty` and its like ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// The standard stream that it becomes.
    pub number: u8,
    /// Its device.
    pub path: CString,
    /// Whether it becomes the controlling terminal.
    pub controls: bool,
    /// What happens when it is that of another session.
    pub takeover: Takeover,
    /// Whether its modes are set to the usual ones.
    pub reset: bool,
    /// Whether it is taken from all who have it open.
    pub hang_up: bool,
    /// Rows and columns.
    pub size: (Option<u16>, Option<u16>),
}

/// What happens when a terminal is the controlling one of another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takeover {
    /// It is taken from it.
    Force,
    /// It is an error.
    Fail,
}

/// How a file that is a standard stream is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// To read.
    Read,
    /// To write, from the beginning.
    Write,
    /// To write at its end.
    Append,
    /// To write, emptied first.
    Truncate,
    /// To read and write.
    ReadWrite,
}

/// A resource, as setrlimit(2) numbers it.
pub type Resource = rustix::process::Resource;

/// Kinds of namespaces, as CLONE_NEW* bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Namespaces(pub u32);

/// The maps of a user namespace, in the form of /proc/PID/uid_map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdMaps {
    /// Users.
    pub users: String,
    /// Groups.
    pub groups: String,
    /// Whether setgroups(2) stays allowed.
    pub setgroups: bool,
}

/// A descriptor that is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedDescriptor {
    /// Its number in unitward.
    pub from: i32,
    /// Whether it is switched to non-blocking.
    pub non_blocking: bool,
}

impl Action {
    /// What to do when it has failed, as a sentence.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Mount(action) => action.advice(),
            _ => None,
        }
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({} instructions)", self.0.len())
    }
}
