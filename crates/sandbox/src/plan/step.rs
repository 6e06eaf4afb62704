//! One step of a plan, and why it is there.

use unitward_settings::{Setting, Source};
use unitward_unit::Origin;

use super::Action;
use crate::Exit;

/// One thing that is done to a process before its program runs.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Who asked for it.
    pub cause: Cause,
    /// The exit status when it fails.
    pub exit: Exit,
    /// Which failures systemd passes over.
    pub tolerance: Tolerance,
}

/// The directive that asks for a step, and where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The directive; empty when every process gets the step.
    pub directive: &'static str,
    /// The assignment, where there is one.
    pub origin: Option<Origin>,
}

/// Which failures of a step are passed over, as systemd does. They stand in the enforcement report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tolerance {
    /// None: the process ends with the step's exit status.
    #[default]
    None,
    /// The lack of a privilege (EPERM, EACCES).
    Privilege,
    /// A path that is not there (ENOENT).
    Missing,
    /// Something that this kernel does not have (ENOSYS, EINVAL, EOPNOTSUPP, ENOENT), or the lack of a privilege.
    Unsupported,
    /// Any.
    All,
}

impl Cause {
    /// The step that every process gets.
    pub(crate) const ALWAYS: Self = Self {
        directive: "",
        origin: None,
    };

    /// A directive and its place.
    pub(crate) fn of<T>(directive: &'static str, setting: &Setting<T>) -> Self {
        let directive = match setting.source() {
            Source::Implied { by, .. } => by,
            _ => directive,
        };
        Self {
            directive,
            origin: setting.origin(),
        }
    }

    /// A directive and the place of one of its items.
    pub(crate) const fn at(directive: &'static str, origin: Origin) -> Self {
        Self {
            directive,
            origin: Some(origin),
        }
    }
}

impl Tolerance {
    /// Whether the process goes on after this error.
    pub(crate) fn covers(self, errno: rustix::io::Errno) -> bool {
        use rustix::io::Errno;
        let privilege = matches!(errno, Errno::PERM | Errno::ACCESS);
        match self {
            Self::None => false,
            Self::Privilege => privilege,
            Self::Missing => errno == Errno::NOENT,
            Self::Unsupported => {
                privilege
                    || matches!(
                        errno,
                        Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOENT
                    )
            }
            Self::All => true,
        }
    }
}
