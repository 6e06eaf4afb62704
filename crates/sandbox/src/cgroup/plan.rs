//! What is done to make a service's control group, as data.

use std::ffi::CString;
use std::fmt;

use super::bpf::{GroupProgram, Hook};
use crate::plan::{Cause, Phase};

/// The control group of a service: where it is, and how it comes to be.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ControlGroupPlan {
    /// Its directory in the hierarchy of version 2, where there is one that can be used.
    pub unified: Option<String>,
    /// Its directories in hierarchies of version 1.
    pub legacy: Vec<String>,
    /// What is done before the first process, in order.
    pub steps: Vec<GroupStep>,
    /// Variables that tell the service about its group.
    pub environment: Vec<(String, String)>,
    /// The files of the group in which the service can wait for a lack of resources.
    pub(crate) watched: Vec<WatchedFile>,
    /// The program that restricts file systems, attached by the processes when they need no others any more.
    pub(crate) file_systems: Option<(Cause, GroupProgram)>,
    /// The group of the service's own processes below it, where they are not directly in it.
    pub(super) subgroup: Option<String>,
    /// That of commands that are run beside them.
    pub(super) control: Option<String>,
    /// Whether the kernel can make processes in the group (CLONE_INTO_CGROUP, Linux 5.7).
    pub(super) born_in: bool,
    /// What is undone at the end above the group.
    pub(super) base: Option<Base>,
}

/// A file of the group that the service may write to, whatever protects the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchedFile {
    /// Where the service finds it.
    pub(crate) path: String,
    /// Where it is for unitward.
    pub(crate) source: String,
}

/// One thing that is done for a group, and who asked for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupStep {
    /// What is done.
    pub action: GroupAction,
    /// Who asked for it.
    pub cause: Cause,
}

/// The closed list of what can be done for a group.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GroupAction {
    /// Make a directory.
    Make(String),
    /// Move this process into a group, by its `cgroup.procs` file.
    Enter(String),
    /// Switch a controller on for the groups below one.
    Enable {
        /// The directory of the group.
        directory: String,
        /// The controller.
        controller: &'static str,
    },
    /// Write to a file; where the kernel refuses, the service does without, as under systemd.
    Set {
        /// The file.
        file: String,
        /// What is written.
        text: String,
    },
    /// Write to a file that protects something.
    Restrict {
        /// The file.
        file: String,
        /// What is written.
        text: String,
    },
    /// Give a file or a directory to a user; what is not there is passed over.
    Own {
        /// The path.
        path: String,
        /// The user.
        uid: u32,
        /// The group.
        gid: u32,
    },
    /// Mark a group as managed by the service (the attribute `user.delegate`).
    Delegate(String),
    /// Attach a program.
    Attach(GroupProgram),
    /// Attach a program that was pinned in the BPF file system.
    AttachPinned {
        /// Where it is run.
        hook: Hook,
        /// Its path.
        path: CString,
    },
}

/// The group below which the service's is made, when controllers are switched on in it for the time.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// Its directory.
    pub(super) directory: String,
    /// The controllers that were off before.
    pub(super) controllers: Vec<&'static str>,
    /// Where unitward is meanwhile, when it has to leave the group for that.
    pub(super) shelter: Option<String>,
}

impl ControlGroupPlan {
    /// Whether the service has a control group of its own.
    #[must_use]
    pub const fn is_possible(&self) -> bool {
        self.unified.is_some() || !self.legacy.is_empty()
    }

    /// The `cgroup.procs` files by which a process of a phase moves itself into the group, in order.
    pub(crate) fn joins(&self, phase: Phase) -> Vec<String> {
        let unified = if self.born_in { None } else { self.home(phase) };
        let legacy = self.legacy.iter().cloned();
        unified
            .into_iter()
            .chain(legacy)
            .map(|directory| format!("{directory}/cgroup.procs"))
            .collect()
    }

    /// The directory in the hierarchy of version 2 that a process of a phase belongs to.
    pub(super) fn home(&self, phase: Phase) -> Option<String> {
        let unified = self.unified.as_ref()?;
        // Commands that run beside the service's own processes stay out of the group that these manage.
        let beside = matches!(
            phase,
            Phase::StartPost | Phase::Reload | Phase::ReloadPost | Phase::Stop | Phase::StopPost
        );
        let below = if beside && self.control.is_some() {
            &self.control
        } else {
            &self.subgroup
        };
        Some(match below {
            Some(name) => format!("{unified}/{name}"),
            None => unified.clone(),
        })
    }
}

impl GroupAction {
    /// A stable name of the kind of action, for programs that read plans.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Make(_) => "make",
            Self::Enter(_) => "enter",
            Self::Enable { .. } => "enable",
            Self::Set { .. } => "set",
            Self::Restrict { .. } => "restrict",
            Self::Own { .. } => "own",
            Self::Delegate(_) => "delegate",
            Self::Attach(_) => "attach",
            Self::AttachPinned { .. } => "attach-pinned",
        }
    }
}

impl fmt::Display for GroupAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make(path) => write!(f, "make the control group {path}"),
            Self::Enter(path) => write!(f, "move unitward into the control group of {path}"),
            Self::Enable {
                directory,
                controller,
            } => {
                write!(f, "switch the controller {controller} on below {directory}")
            }
            Self::Set { file, text } | Self::Restrict { file, text } => {
                write!(f, "write {:?} to {file}", text.trim_end())
            }
            Self::Own { path, uid, gid } => write!(f, "give {path} to {uid}:{gid}"),
            Self::Delegate(path) => write!(f, "mark {path} as delegated"),
            Self::Attach(program) => write!(f, "attach {program}"),
            Self::AttachPinned { hook, path } => write!(
                f,
                "attach the program {} to {}",
                path.to_string_lossy(),
                hook.name
            ),
        }
    }
}
