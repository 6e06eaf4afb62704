use std::fmt;

/// What stands above an error number (12 bits) in the number of a deferred action.
const DEFERRED_ERRNO: u16 = 0x8000;
const DEFERRED_KILL_PROCESS: u16 = 0x9000;
const DEFERRED_KILL_THREAD: u16 = 0xa000;
const DEFERRED_LOG: u16 = 0xb000;

/// What a filter answers to a call (seccomp(2), "Filter return values").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The process is killed as by SIGSYS.
    KillProcess,
    /// The thread is killed as by SIGSYS.
    KillThread,
    /// The thread gets SIGSYS, with this number in `si_errno`.
    Trap(u16),
    /// The call fails with this error number; with 0 it seems to succeed.
    Errno(u16),
    /// A supervisor decides.
    UserNotification,
    /// A tracer is told, with this number.
    Trace(u16),
    /// The call is logged and made.
    Log,
    /// The call is made.
    Allow,
}

impl Action {
    /// The largest error number that a call can return: the kernel takes larger ones for this one.
    pub const MAX_ERRNO: u16 = 4095;

    /// The action that the kernel takes for a filter's return value. An unknown action kills the process.
    pub const fn from_raw(value: u32) -> Action {
        let data = (value & 0xffff) as u16;
        match value & 0xffff_0000 {
            0x0000_0000 => Action::KillThread,
            0x0003_0000 => Action::Trap(data),
            0x0005_0000 if data > Action::MAX_ERRNO => Action::Errno(Action::MAX_ERRNO),
            0x0005_0000 => Action::Errno(data),
            0x7fc0_0000 => Action::UserNotification,
            0x7ff0_0000 => Action::Trace(data),
            0x7ffc_0000 => Action::Log,
            0x7fff_0000 => Action::Allow,
            _ => Action::KillProcess,
        }
    }

    /// The return value that asks for the action: `SECCOMP_RET_*` of `linux/seccomp.h` with the data.
    pub const fn raw(self) -> u32 {
        match self {
            Action::KillProcess => 0x8000_0000,
            Action::KillThread => 0x0000_0000,
            Action::Trap(data) => 0x0003_0000 | data as u32,
            Action::Errno(number) => 0x0005_0000 | number as u32,
            Action::UserNotification => 0x7fc0_0000,
            Action::Trace(data) => 0x7ff0_0000 | data as u32,
            Action::Log => 0x7ffc_0000,
            Action::Allow => 0x7fff_0000,
        }
    }

    /// The number that a tracer is told in place of this action ([`Program::deferred`](crate::Program::deferred)); none
    /// for what needs no tracer.
    pub(crate) const fn deferred(self) -> Option<u16> {
        match self {
            Action::Errno(number) => Some(DEFERRED_ERRNO | number & Action::MAX_ERRNO),
            Action::KillProcess => Some(DEFERRED_KILL_PROCESS),
            Action::KillThread => Some(DEFERRED_KILL_THREAD),
            Action::Log => Some(DEFERRED_LOG),
            _ => None,
        }
    }

    /// The action that a deferred one stands for, from the number that the tracer was told.
    #[must_use]
    pub const fn of_deferred(data: u16) -> Option<Action> {
        match data & !Action::MAX_ERRNO {
            DEFERRED_ERRNO => Some(Action::Errno(data & Action::MAX_ERRNO)),
            DEFERRED_KILL_PROCESS => Some(Action::KillProcess),
            DEFERRED_KILL_THREAD => Some(Action::KillThread),
            DEFERRED_LOG => Some(Action::Log),
            _ => None,
        }
    }

    /// Whether the action goes before the other one when filters disagree. Actions that differ by their
    /// data only are equally strict: there the filter that was installed last decides.
    pub const fn is_stricter_than(self, other: Action) -> bool {
        precedence(self.raw()) < precedence(other.raw())
    }

    /// The answer of two filters together, this one being of the older filter.
    #[must_use]
    pub const fn then(self, newer: Action) -> Action {
        if self.is_stricter_than(newer) {
            self
        } else {
            newer
        }
    }

    /// Whether the call is made.
    pub const fn permits(self) -> bool {
        matches!(self, Action::Allow | Action::Log)
    }
}

/// The kernel's order of return values: smaller goes first, the data does not count.
pub(crate) const fn precedence(value: u32) -> i32 {
    (value & 0xffff_0000).cast_signed()
}

impl fmt::Display for Action {
    /// In words: `kill process`, `EPERM`, `errno 4000`, `allow`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::KillProcess => f.pad("kill process"),
            Action::KillThread => f.pad("kill thread"),
            Action::Trap(data) => write!(f, "trap {data}"),
            Action::Errno(number) => match crate::Errno::name(*number, u16::MAX) {
                Some(name) => f.pad(name),
                None => write!(f, "errno {number}"),
            },
            Action::UserNotification => f.pad("user notification"),
            Action::Trace(data) => write!(f, "trace {data}"),
            Action::Log => f.pad("log"),
            Action::Allow => f.pad("allow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM_STRICT: [Action; 8] = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(7),
        Action::Errno(1),
        Action::UserNotification,
        Action::Trace(3),
        Action::Log,
        Action::Allow,
    ];

    #[test]
    fn values_lead_back_and_are_ordered() {
        for action in FROM_STRICT {
            assert_eq!(Action::from_raw(action.raw()), action);
        }
        assert!(FROM_STRICT.is_sorted_by(|a, b| a.is_stricter_than(*b)));
        assert!(!Action::Errno(1).is_stricter_than(Action::Errno(2)));
    }

    #[test]
    fn what_a_tracer_does_instead_is_told_in_twelve_bits_and_a_kind() {
        for action in [
            Action::KillProcess,
            Action::KillThread,
            Action::Errno(4095),
            Action::Log,
        ] {
            assert_eq!(
                action.deferred().and_then(Action::of_deferred),
                Some(action)
            );
        }
        assert_eq!(Action::Allow.deferred(), None);
        assert_eq!(Action::of_deferred(0), None);
    }

    #[test]
    fn values_that_the_kernel_changes() {
        assert_eq!(Action::from_raw(0x0005_ffff), Action::Errno(4095));
        assert_eq!(Action::from_raw(0x1234_0000), Action::KillProcess);
        assert_eq!(Action::from_raw(0x7fff_1234), Action::Allow);
    }

    #[test]
    fn of_equally_strict_filters_the_newer_decides() {
        assert_eq!(Action::Errno(1).then(Action::Errno(2)), Action::Errno(2));
        assert_eq!(Action::Errno(1).then(Action::Allow), Action::Errno(1));
        assert_eq!(Action::Log.then(Action::KillThread), Action::KillThread);
    }
}
