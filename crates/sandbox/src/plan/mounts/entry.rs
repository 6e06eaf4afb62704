//! What shall be at a path.

use crate::plan::Cause;

/// One wish about a path in the tree of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where, seen from the root of the process.
    pub(super) path: String,
    pub(super) mode: Mode,
    /// Whether it is left out when there is nothing at the path, or at its source.
    pub(super) optional: bool,
    pub(super) read_only: bool,
    pub(super) no_exec: bool,
    pub(super) exec: bool,
    pub(super) no_suid: bool,
    pub(super) cause: Cause,
}

/// What is put at a path. Of two entries with one path the smaller mode stays (spec: the order of systemd).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// An empty object of the same kind that nobody may use.
    Inaccessible,
    /// Another part of the host's tree.
    Bind { source: String, recursive: bool },
    /// A directory that the service has for itself, made on the host before.
    PrivateTmp { source: String },
    /// A small /dev.
    PrivateDev,
    /// A file system of the kernel.
    Kernel {
        kind: &'static str,
        options: Vec<(&'static str, Option<String>)>,
    },
    /// What is there, read-only.
    ReadOnly,
    /// What is there, as writable as it is.
    ReadWrite,
    /// What is there, for its `exec` and `no_exec`.
    Exec,
    /// A new file system in memory.
    Tmpfs {
        options: Vec<(String, Option<String>)>,
        attributes: u64,
    },
    /// What is there, as writable as it is, because another setting would be of no use otherwise.
    ReadWriteImplicit,
}

impl Mode {
    /// Its place in the order of precedence.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Inaccessible => 1,
            Self::Bind {
                recursive: false, ..
            } => 4,
            Self::Bind {
                recursive: true, ..
            } => 5,
            Self::PrivateTmp { .. } => 6,
            Self::PrivateDev => 7,
            Self::Kernel { kind, .. } => match kind.as_bytes() {
                b"sysfs" => 10,
                b"proc" => 12,
                b"cgroup2" => 13,
                b"mqueue" => 21,
                _ => 23,
            },
            Self::ReadOnly => 14,
            Self::ReadWrite => 15,
            Self::Exec => 16,
            Self::Tmpfs { .. } => 17,
            Self::ReadWriteImplicit => 22,
        }
    }

    /// Whether something new is mounted, rather than attributes changed of what is there.
    pub(super) const fn is_structural(&self) -> bool {
        !matches!(
            self,
            Self::ReadOnly | Self::ReadWrite | Self::Exec | Self::ReadWriteImplicit
        )
    }

    /// Whether a missing path is made.
    pub(super) const fn makes_path(&self) -> bool {
        self.is_structural() && !matches!(self, Self::Inaccessible)
    }
}

impl Entry {
    pub(super) fn new(path: impl Into<String>, mode: Mode, cause: Cause) -> Self {
        let read_only = matches!(mode, Mode::ReadOnly | Mode::Inaccessible);
        let no_exec = matches!(mode, Mode::Inaccessible);
        Self {
            path: path.into(),
            mode,
            optional: false,
            read_only,
            no_exec,
            exec: false,
            no_suid: false,
            cause,
        }
    }

    pub(super) fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    pub(super) fn read_only(mut self, read_only: bool) -> Self {
        self.read_only |= read_only;
        self
    }

    /// Whether its own attributes have to be changed.
    pub(super) const fn has_attributes(&self) -> bool {
        self.read_only || self.no_exec || self.exec || self.no_suid
    }
}

/// Whether a path is another one or below it.
pub(super) fn is_below(path: &str, other: &str) -> bool {
    other == "/"
        || path
            .strip_prefix(other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
