use std::fmt;

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
