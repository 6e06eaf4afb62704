//! From settled entries to actions.

use std::ffi::{CStr, CString};

use rustix::io::Errno;

use super::action::{From, Instance, Missing, MountAction, Node, Place};
use super::entry::{Entry, Mode, Source, is_below};
use super::inaccessible::Objects;
use super::settle::{Found, Settled, is_mount};
use super::{ROOT_SLOT, devices, submounts};
use crate::Exit;
use crate::plan::namespaces::c_string;
use crate::plan::steps::Steps;
use crate::plan::{Action, Cause, Context, Tolerance};

/// Collects actions, and gives out slots.
pub(super) struct Builder<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) steps: Steps,
    pub(super) slots: usize,
    /// The first of the slots with what is bound from the host's `/dev`.
    pub(super) devices: usize,
}

/// Another root directory.
pub(super) struct Root<'a> {
    /// Its path on the host.
    pub(super) path: &'a str,
    /// What it lacks.
    pub(super) missing: Vec<(&'static str, Node)>,
}

/// Attributes that an entry sets on its mount and on all below it, and those it takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    set: u64,
    clear: u64,
}

impl Change {
    fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether a mount with this change of its own is as it should be after the change of what is above it.
    fn bears(self, above: Self) -> bool {
        above.set & !self.set == 0 && above.clear & !(self.clear | self.set) == 0
    }
}

/// An entry on its way: its slot, what it changes, and where in the tree it hangs.
struct Placed {
    settled: Settled,
    slot: usize,
    change: Change,
    /// The entry above it; none for the root directory.
    above: Option<usize>,
    /// A copy of what is mounted where it is going to be mounted itself.
    beneath: Option<usize>,
    /// Copies of what is mounted below the host's instance of a kernel file system.
    covers: Vec<(CString, usize)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(cx: &'a Context<'a>, slots: usize) -> Self {
        Self {
            cx,
            steps: Steps::default(),
            slots,
            devices: slots,
        }
    }

    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    pub(super) fn add(&mut self, cause: Cause, action: MountAction) {
        self.steps
            .push(Exit::NAMESPACE, cause, Action::Mount(action));
    }

    pub(super) fn make(
        &mut self,
        cause: Cause,
        folder: Place,
        name: &str,
        node: Node,
        optional: bool,
    ) {
        let action = MountAction::Make {
            folder,
            name: c_string(name),
            node,
            optional,
        };
        self.add(cause, action);
    }

    /// Fills a slot with a copy of what is to be bound.
    pub(super) fn copy(
        &mut self,
        cause: Cause,
        slot: usize,
        source: &Source,
        recursive: bool,
        missing: Missing,
    ) {
        let (Source::Host(path) | Source::Made(path)) = source else {
            return;
        };
        let from = From::Host(c_string(path));
        let action = MountAction::Copy {
            slot,
            from,
            recursive,
            missing,
        };
        self.add(cause, action);
    }

    /// Adds the actions for all entries.
    pub(super) fn build(&mut self, root: Option<&Root<'_>>, settled: Vec<Settled>) {
        let mut all = self.placed(settled);
        if self.refuse(&all) {
            return;
        }
        if root.is_none() && all.first().is_none_or(|one| !makes_root(one)) {
            self.take_what_is_hidden(&mut all);
        }
        self.take_sources(&mut all);
        let base = self.root(root, &all);
        let children = children(&all);
        let top = match all.first() {
            Some(first) if first.settled.entry.path == "/" => first.change,
            _ => Change::default(),
        };
        let skip = usize::from(all.first().is_some_and(|one| one.settled.entry.path == "/"));
        self.prepare(base, "/", top, &children.top, &mut all);
        self.attributes(base, all.first().filter(|_| skip == 1));
        for at in skip..all.len() {
            self.place(at, base, &all);
            let Some(one) = all.get(at) else { break };
            let (slot, path, change) = (one.slot, one.settled.entry.path.clone(), one.change);
            let below = children.of.get(at).cloned().unwrap_or_default();
            self.prepare(slot, &path, change, &below, &mut all);
            self.attributes(slot, all.get(at));
        }
        if base != ROOT_SLOT {
            let cause = all
                .first()
                .filter(|_| skip == 1 && root.is_none())
                .map_or_else(
                    || Cause::of("RootDirectory", &self.cx.settings.root_directory),
                    |first| first.settled.entry.cause,
                );
            self.add(cause, MountAction::ChangeRoot { slot: base });
        }
        self.propagation(base);
    }

    fn placed(&mut self, settled: Vec<Settled>) -> Vec<Placed> {
        let nosuid = self.cx.settings.no_new_privileges.0
            && self.cx.is_sandboxed()
            && !self
                .cx
                .host
                .modules
                .iter()
                .any(|module| module == "selinux");
        let mut above: Vec<usize> = Vec::new();
        let mut all: Vec<Placed> = Vec::with_capacity(settled.len());
        for settled in settled {
            let entry = &settled.entry;
            while let Some(last) = above.last().and_then(|at| all.get(*at)) {
                if is_below(&entry.path, &last.settled.entry.path) {
                    break;
                }
                above.pop();
            }
            let slot = match entry.source {
                Some(Source::Slot(slot)) => slot,
                _ => self.slot(),
            };
            let change = change(entry, nosuid);
            above.push(all.len());
            let folder = above.iter().rev().nth(1).copied();
            all.push(Placed {
                settled,
                slot,
                change,
                above: folder,
                beneath: None,
                covers: Vec::new(),
            });
        }
        all
    }

    /// Whether something is missing: the steps then say so, and end there.
    fn refuse(&mut self, all: &[Placed]) -> bool {
        for one in all {
            let entry = &one.settled.entry;
            let (path, errno) = match (one.settled.found, &entry.source) {
                (Found::Missing(errno), _) => (&entry.path, errno),
                (Found::SourceMissing(errno), Some(Source::Host(source))) => (source, errno),
                _ => continue,
            };
            let action = MountAction::Refuse {
                path: path.clone(),
                errno: errno.raw_os_error(),
                advice: advice(entry, path, errno),
            };
            self.add(entry.cause, action);
            return true;
        }
        false
    }

    /// Copies what will be mounted over, so that it stays as it is when what is around it changes.
    fn take_what_is_hidden(&mut self, all: &mut [Placed]) {
        for at in 0..all.len() {
            let Some(one) = all.get(at) else { return };
            let entry = &one.settled.entry;
            if !is_mount(one.settled.found) || !stacks(entry.mode) {
                continue;
            }
            let Some(above) = one.above.and_then(|above| all.get(above)) else {
                continue;
            };
            // Below another new mount it is not the host's.
            let mut folder = Some(above);
            while let Some(one) = folder.filter(|one| one.settled.entry.is_attribute()) {
                folder = one.above.and_then(|above| all.get(above));
            }
            if above.change.is_none() || folder.is_some() {
                continue;
            }
            let path = inside(&entry.path, "/").to_owned();
            let cause = entry.cause;
            let slot = self.slot();
            let action = MountAction::Copy {
                slot,
                from: From::Tree(Place::below(ROOT_SLOT, &path)),
                recursive: true,
                missing: Missing::Skips,
            };
            self.add(cause, action);
            if let Some(one) = all.get_mut(at) {
                one.beneath = Some(slot);
            }
        }
    }

    /// Takes what is bound from the tree as it is, before anything changes.
    fn take_sources(&mut self, all: &mut [Placed]) {
        let mut wanted = Vec::new();
        for one in all.iter_mut() {
            let entry = &one.settled.entry;
            if entry.mode == Mode::Inaccessible {
                if let Found::There { mode, .. } = one.settled.found {
                    wanted.push((mode, one.slot, entry.cause));
                } else {
                    // Found out later whether it is there, it can only be a file or a directory of the kernel's.
                    wanted.push((libc::S_IFREG, one.slot, entry.cause));
                }
            } else if let Some(source) = &entry.source
                && !stays(one)
            {
                let missing = if entry.optional {
                    Missing::Skips
                } else {
                    Missing::Fails
                };
                let recursive = entry.mode != Mode::Bind;
                self.copy(entry.cause, one.slot, source, recursive, missing);
            }
        }
        for one in all.iter_mut() {
            let entry = &one.settled.entry;
            let cause = entry.cause;
            let Some((_, host)) = kernel_file_system(entry.mode) else {
                continue;
            };
            for below in submounts::below(host) {
                let slot = self.slot();
                let source = Source::Host(format!("{host}/{below}"));
                self.copy(cause, slot, &source, true, Missing::Skips);
                one.covers.push((c_string(&below), slot));
            }
        }
        if !wanted.is_empty() {
            Objects::new(self.cx).fill(&wanted, self);
        }
        for one in all.iter() {
            if one.settled.entry.mode == Mode::PrivateDev {
                devices::take_sources(self, one.settled.entry.cause);
            }
        }
    }

    /// The root directory: the present one, another one, or a new file system.
    fn root(&mut self, root: Option<&Root<'_>>, all: &[Placed]) -> usize {
        let first = all.first().filter(|one| makes_root(one));
        let attach = |slot| MountAction::Attach {
            slot,
            at: Place::root(ROOT_SLOT),
            missing: Missing::Fails,
        };
        if let Some(first) = first {
            let (slot, cause) = (first.slot, first.settled.entry.cause);
            let entry = first.settled.entry.clone();
            self.new_file_system(&entry, slot);
            self.add(cause, attach(slot));
            return slot;
        }
        let Some(root) = root else {
            return ROOT_SLOT;
        };
        let cause = Cause::of("RootDirectory", &self.cx.settings.root_directory);
        let slot = self.slot();
        let source = Source::Host(root.path.to_owned());
        self.copy(cause, slot, &source, true, Missing::Fails);
        self.add(cause, attach(slot));
        for (name, node) in &root.missing {
            self.make(cause, Place::root(slot), name, node.clone(), true);
        }
        slot
    }

    /// What has to be done below a mount before its attributes change: missing places for what will be mounted are made,
    /// and copies are taken of what shall stay as it is.
    fn prepare(
        &mut self,
        base: usize,
        folder: &str,
        above: Change,
        children: &[usize],
        all: &mut [Placed],
    ) {
        for at in children {
            let Some(one) = all.get(*at) else { continue };
            let entry = one.settled.entry.clone();
            match one.settled.found {
                Found::Made { directory, there } => {
                    self.make_path(&entry, base, folder, directory, there);
                }
                Found::Perhaps if entry.makes_path() => {
                    self.make_path(
                        &entry,
                        base,
                        folder,
                        true,
                        folder.trim_end_matches('/').len(),
                    );
                }
                _ => {}
            }
        }
        for at in children {
            let beneath = self.slots;
            let Some(one) = all.get_mut(*at) else {
                continue;
            };
            let entry = &one.settled.entry;
            let mounted = is_mount(one.settled.found);
            let slot = if stays(one) {
                if mounted && one.change.bears(above) {
                    continue;
                }
                one.slot
            } else if mounted && one.beneath.is_none() && stacks(entry.mode) && !above.is_none() {
                one.beneath = Some(beneath);
                self.slots += 1;
                beneath
            } else {
                continue;
            };
            let missing = if entry.optional {
                Missing::Skips
            } else {
                Missing::Fails
            };
            let action = MountAction::Copy {
                slot,
                from: From::Tree(Place::below(base, inside(&entry.path, folder))),
                recursive: true,
                missing,
            };
            let cause = entry.cause;
            self.add(cause, action);
        }
    }

    /// Makes what is missing of a path.
    fn make_path(
        &mut self,
        entry: &Entry,
        base: usize,
        folder: &str,
        directory: bool,
        there: usize,
    ) {
        let mut above = entry.path.get(..there).unwrap_or_default().to_owned();
        let rest = entry.path.get(there..).unwrap_or_default();
        let mut parts = rest.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(name) = parts.next() {
            let node = if parts.peek().is_some() || directory {
                Node::Directory(0o755)
            } else {
                Node::File(0o644)
            };
            let place = Place::below(base, inside(&above, folder));
            self.make(entry.cause, place, name, node, false);
            above = format!("{above}/{name}");
        }
    }

    /// Mounts an entry.
    fn place(&mut self, at: usize, root: usize, all: &[Placed]) {
        let Some(one) = all.get(at) else { return };
        let entry = &one.settled.entry;
        let (base, folder, above) = match one.above.and_then(|above| all.get(above)) {
            Some(above) if above.settled.entry.path != "/" => {
                (above.slot, above.settled.entry.path.as_str(), above.change)
            }
            Some(above) => (root, "/", above.change),
            None => (root, "/", Change::default()),
        };
        let path = inside(&entry.path, folder);
        let place = Place::below(base, path);
        let mounted = is_mount(one.settled.found);
        let missing = if entry.optional {
            Missing::Skips
        } else {
            Missing::Fails
        };
        if stays(one) {
            if mounted && one.change.bears(above) {
                let slot = one.slot;
                return self.add(
                    entry.cause,
                    MountAction::Keep {
                        slot,
                        at: place,
                        missing,
                    },
                );
            }
            if mounted {
                self.detach(entry.cause, base, path, false);
            }
            return self.attach(entry.cause, one.slot, place, missing);
        }
        if kernel_file_system(entry.mode).is_some() {
            return self.instance(one, base, path, mounted);
        }
        if mounted && !stacks(entry.mode) {
            self.detach(entry.cause, base, path, true);
        }
        if let Some(beneath) = one.beneath {
            self.detach(entry.cause, base, path, false);
            self.attach(entry.cause, beneath, place.clone(), missing);
        }
        self.new_file_system(entry, one.slot);
        self.attach(entry.cause, one.slot, place, missing);
        if entry.mode == Mode::PrivateDev {
            devices::attach_sources(self, entry.cause, one.slot);
        }
    }

    /// Makes the file system of an entry that has one, with what belongs into it.
    fn new_file_system(&mut self, entry: &Entry, slot: usize) {
        let kind = match entry.mode {
            Mode::Tmpfs | Mode::Run | Mode::EmptyDir | Mode::PrivateDev => c"tmpfs",
            Mode::Mqueue => c"mqueue",
            _ => return,
        };
        let action = MountAction::New {
            slot,
            kind: kind.to_owned(),
            options: c_options(&entry.options),
            attributes: entry.attributes,
        };
        self.add(entry.cause, action);
        if entry.mode == Mode::PrivateDev {
            devices::furnish(self, entry.cause, slot);
        }
    }

    fn instance(&mut self, one: &Placed, base: usize, path: &str, replaces: bool) {
        let entry = &one.settled.entry;
        let Some((kind, host)) = kernel_file_system(entry.mode) else {
            return;
        };
        let (folder, name) = split(path);
        let instance = Instance {
            slot: one.slot,
            kind: kind.to_owned(),
            options: c_options(&entry.options),
            folder: Place::below(base, folder),
            name: c_string(name),
            replaces,
            covers: one.covers.clone(),
            detached: self.cx.at_least(258),
            fallback: Some(c_string(host)),
        };
        let tolerance = match self.cx.host.is_privileged() {
            true => Tolerance::None,
            false => Tolerance::Privilege,
        };
        self.steps.tolerant(
            Exit::NAMESPACE,
            entry.cause,
            tolerance,
            Action::Mount(MountAction::Instance(Box::new(instance))),
        );
    }

    fn attach(&mut self, cause: Cause, slot: usize, at: Place, missing: Missing) {
        self.add(cause, MountAction::Attach { slot, at, missing });
    }

    fn detach(&mut self, cause: Cause, base: usize, path: &str, all: bool) {
        let (folder, name) = split(path);
        let action = MountAction::Detach {
            folder: Place::below(base, folder),
            name: c_string(name),
            all,
        };
        self.add(cause, action);
    }

    /// Sets the attributes of an entry.
    fn attributes(&mut self, slot: usize, one: Option<&Placed>) {
        let Some(one) = one else { return };
        let entry = &one.settled.entry;
        if !one.change.is_none() {
            let action = MountAction::Attributes {
                slot,
                recursive: !matches!(entry.mode, Mode::Tmpfs | Mode::EmptyDir),
                set: one.change.set,
                clear: one.change.clear,
            };
            self.add(entry.cause, action);
        }
        if entry.mode == Mode::PrivateDev {
            let action = MountAction::Attributes {
                slot,
                recursive: false,
                set: libc::MOUNT_ATTR_RDONLY,
                clear: 0,
            };
            self.add(entry.cause, action);
        }
    }

    fn propagation(&mut self, slot: usize) {
        use unitward_settings::MountFlags;
        let setting = &self.cx.settings.mount_flags;
        let kind = match **setting {
            MountFlags::Slave => libc::MS_SLAVE,
            MountFlags::Private => libc::MS_PRIVATE,
            _ => libc::MS_SHARED,
        };
        let cause = if setting.is_set() {
            Cause::of("MountFlags", setting)
        } else {
            super::needed::cause(self.cx)
        };
        self.add(cause, MountAction::Propagation { slot, kind });
    }
}

/// The direct children of each entry, and of the root directory.
struct Children {
    top: Vec<usize>,
    of: Vec<Vec<usize>>,
}

fn children(all: &[Placed]) -> Children {
    let mut children = Children {
        top: Vec::new(),
        of: vec![Vec::new(); all.len()],
    };
    for (at, one) in all.iter().enumerate() {
        if one.settled.entry.path == "/" {
            continue;
        }
        match one.above {
            Some(above)
                if all
                    .get(above)
                    .is_some_and(|one| one.settled.entry.path != "/") =>
            {
                if let Some(list) = children.of.get_mut(above) {
                    list.push(at);
                }
            }
            _ => children.top.push(at),
        }
    }
    children
}

fn change(entry: &Entry, nosuid: bool) -> Change {
    let mut change = Change::default();
    if entry.is_read_only() && entry.mode != Mode::PrivateDev {
        change.set |= libc::MOUNT_ATTR_RDONLY;
    }
    if entry.is_no_exec() {
        change.set |= libc::MOUNT_ATTR_NOEXEC;
    } else if entry.is_exec() {
        change.clear |= libc::MOUNT_ATTR_NOEXEC;
    }
    if nosuid {
        change.set |= libc::MOUNT_ATTR_NOSUID;
    }
    // A new file system has its attributes from the start.
    if entry.source.is_some() {
        change.set |= entry.attributes;
    }
    change
}

/// The file system that an entry makes a new instance of, and where the host has it.
fn kernel_file_system(mode: Mode) -> Option<(&'static CStr, &'static str)> {
    match mode {
        Mode::Procfs => Some((c"proc", "/proc")),
        Mode::PrivateSysfs => Some((c"sysfs", "/sys")),
        Mode::PrivateCgroup => Some((c"cgroup2", "/sys/fs/cgroup")),
        _ => None,
    }
}

/// Whether an entry makes another root directory.
fn makes_root(one: &Placed) -> bool {
    one.settled.entry.path == "/" && !one.settled.entry.is_attribute()
}

/// Whether an entry keeps what is there.
fn stays(one: &Placed) -> bool {
    let entry = &one.settled.entry;
    entry.is_attribute()
        || matches!(entry.mode, Mode::BindDev | Mode::BindSysfs | Mode::Run)
            && is_mount(one.settled.found)
}

/// Whether an entry is mounted over what is mounted there already, and not in its place.
fn stacks(mode: Mode) -> bool {
    matches!(mode, Mode::Bind | Mode::BindRecursive | Mode::PrivateTmp)
}

/// The path below a folder, without slash at its beginning.
fn inside<'p>(path: &'p str, folder: &str) -> &'p str {
    path.get(folder.trim_end_matches('/').len()..)
        .unwrap_or_default()
        .trim_start_matches('/')
}

/// A relative path without its last part, and that part.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Options for the kernel.
pub(super) fn c_options(options: &[(String, Option<String>)]) -> Vec<(CString, Option<CString>)> {
    options
        .iter()
        .map(|(name, value)| (c_string(name), value.as_deref().map(c_string)))
        .collect()
}

/// What to do about something missing.
fn advice(entry: &Entry, path: &str, errno: Errno) -> String {
    if errno == Errno::LOOP {
        return format!("Name what {path} leads to, without the chain of symbolic links.");
    }
    if errno != Errno::NOENT {
        return format!("Make {path} accessible, or leave it out.");
    }
    let directory = match path {
        path if path.starts_with("/var/lib/") => Some(("StateDirectory", "/var/lib/")),
        path if path.starts_with("/var/cache/") => Some(("CacheDirectory", "/var/cache/")),
        path if path.starts_with("/var/log/") => Some(("LogsDirectory", "/var/log/")),
        path if path.starts_with("/etc/") => None,
        path if path.starts_with("/run/") => Some(("RuntimeDirectory", "/run/")),
        _ => None,
    };
    let marked = matches!(
        entry.cause.directive,
        "ReadWritePaths"
            | "ReadOnlyPaths"
            | "InaccessiblePaths"
            | "ExecPaths"
            | "NoExecPaths"
            | "BindPaths"
            | "BindReadOnlyPaths"
    );
    match directory {
        Some((directive, folder)) if entry.cause.directive == "ReadWritePaths" => {
            let name = path.strip_prefix(folder).unwrap_or(path);
            format!("Create it, use {directive}={name}, or write -{path}.")
        }
        _ if marked => format!("Create it, or write -{path}."),
        _ => "Create it, or leave this setting out.".to_owned(),
    }
}
