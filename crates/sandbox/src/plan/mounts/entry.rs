//! Entries: what shall be at a path. Their order, and which of them count (systemd.exec(5), "Paths").

use std::cmp::Ordering;

use super::super::Cause;

/// What is made of a path. Of two entries for one path the smaller mode wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Inaccessible,
    Bind,
    BindRecursive,
    PrivateTmp,
    PrivateDev,
    BindDev,
    EmptyDir,
    PrivateSysfs,
    BindSysfs,
    Procfs,
    PrivateCgroup,
    ReadOnly,
    ReadWrite,
    NoExec,
    Exec,
    Tmpfs,
    Run,
    Mqueue,
    ReadWriteImplicit,
}

/// One entry of the mount tree.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where, seen by the service.
    pub(crate) path: String,
    pub(crate) mode: Mode,
    /// What is bound: a path of the host, or of an image that is mounted for a moment.
    pub(crate) source: Option<Source>,
    /// A missing path is no error.
    pub(crate) optional: bool,
    pub(crate) read_only: bool,
    pub(crate) no_exec: bool,
    pub(crate) exec: bool,
    /// Mount attributes (MOUNT_ATTR_*) besides those above: of a new file system, or to set on a bind.
    pub(crate) attributes: u64,
    /// Options of a new file system.
    pub(crate) options: Vec<(String, Option<String>)>,
    pub(crate) cause: Cause,
    /// How many symbolic links led here.
    pub(crate) followed: u8,
}

/// What is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A path of the host.
    Host(String),
    /// A directory that will be there when the process is made.
    Made(String),
    /// A slot that an earlier action has filled.
    Slot(usize),
}

impl Entry {
    pub(crate) fn new(path: impl Into<String>, mode: Mode, cause: Cause) -> Self {
        Self {
            path: path.into(),
            mode,
            source: None,
            optional: false,
            read_only: false,
            no_exec: false,
            exec: false,
            attributes: 0,
            options: Vec::new(),
            cause,
            followed: 0,
        }
    }

    pub(crate) fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only || matches!(self.mode, Mode::ReadOnly | Mode::Inaccessible)
    }

    pub(crate) fn is_no_exec(&self) -> bool {
        let kinds = matches!(
            self.mode,
            Mode::NoExec
                | Mode::Inaccessible
                | Mode::PrivateSysfs
                | Mode::BindSysfs
                | Mode::Procfs
                | Mode::PrivateCgroup
        );
        self.no_exec || kinds
    }

    pub(crate) fn is_exec(&self) -> bool {
        self.exec || self.mode == Mode::Exec
    }

    /// Whether it only changes how what is there can be used.
    pub(crate) fn is_attribute(&self) -> bool {
        matches!(
            self.mode,
            Mode::ReadOnly | Mode::ReadWrite | Mode::ReadWriteImplicit | Mode::NoExec | Mode::Exec
        )
    }

    /// Whether its path is made when it is missing.
    pub(crate) fn makes_path(&self) -> bool {
        !self.is_attribute() && self.mode != Mode::Inaccessible
    }

    /// Its place among others: folders before what is in them, then by mode.
    pub(crate) fn key(&self) -> Key {
        Key(self.path.clone(), self.mode)
    }

    /// Takes over what another entry for the same path says.
    fn absorb(&mut self, other: &Self) {
        self.read_only |= other.is_read_only();
        self.no_exec |= other.is_no_exec();
        self.exec |= other.is_exec();
    }
}

/// The order of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) String, pub(crate) Mode);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        by_part(&self.0, &other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Paths by their parts, so that all that is below a folder follows it.
fn by_part(a: &str, b: &str) -> Ordering {
    let weight = |byte: u8| if byte == b'/' { 0 } else { byte };
    // The root is above everything.
    let part = |path: &str| {
        path.strip_prefix('/')
            .unwrap_or(path)
            .to_owned()
            .into_bytes()
    };
    let (a, b) = (part(a), part(b));
    a.into_iter().map(weight).cmp(b.into_iter().map(weight))
}

/// Whether a path is another one, or below it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    match path.strip_prefix(folder.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// Sorts entries and drops those that do not count: all but the first for a path, all below an inaccessible one, and
/// those that say again what the entry above them says.
pub(crate) fn prune(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| by_part(&a.path, &b.path).then(a.mode.cmp(&b.mode)));
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match kept.last_mut() {
            Some(last) if last.path == entry.path => last.absorb(&entry),
            _ => kept.push(entry),
        }
    }
    let mut clear: Option<String> = None;
    kept.retain(|entry| {
        if clear
            .as_deref()
            .is_some_and(|clear| is_below(&entry.path, clear))
        {
            return false;
        }
        clear = (entry.mode == Mode::Inaccessible).then(|| entry.path.clone());
        true
    });
    let mut above: Vec<(String, Mode)> = Vec::new();
    kept.retain(|entry| {
        while above
            .last()
            .is_some_and(|(path, _)| !is_below(&entry.path, path))
        {
            above.pop();
        }
        let says_again = matches!(
            entry.mode,
            Mode::ReadOnly | Mode::ReadWrite | Mode::ReadWriteImplicit
        ) && above.last().is_some_and(|(_, mode)| *mode == entry.mode);
        if !says_again {
            above.push((entry.path.clone(), entry.mode));
        }
        !says_again
    });
    kept
}
