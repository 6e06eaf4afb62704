//! From wishes, sorted and resolved, to actions.

use std::collections::BTreeMap;

use unitward_settings::MountFlags;

use super::action::{MountAction, NodeKind};
use super::entry::{Entry, Mode, is_below};
use super::view::{Backing, Found, Kind, Resolved, View, look};
use super::{attribute, devices, merge, root_directory};
use crate::plan::namespaces::{SLOTS, c_string};
use crate::plan::steps::Steps;
use crate::plan::{Action, Cause, Context, Tolerance};
use crate::{Exit, Failure};

/// Where systemd keeps objects that nobody may use.
const INACCESSIBLE: &str = "/run/systemd/inaccessible";

/// More descriptors than this at once need a higher limit than the usual one.
const MANY: usize = 512;

/// Adds the actions; gives the number of slots.
pub(super) fn build(
    cx: &Context<'_>,
    entries: Vec<Entry>,
    steps: &mut Steps,
) -> Result<usize, Failure> {
    let mut builder = Builder {
        cx,
        steps,
        slots: SLOTS,
        sources: BTreeMap::new(),
        view: View::new(None),
    };
    builder.run(entries)?;
    Ok(builder.slots)
}

struct Builder<'a, 'b> {
    cx: &'a Context<'a>,
    steps: &'b mut Steps,
    slots: usize,
    /// The slots of what is mounted anew, by the path of its entry.
    sources: BTreeMap<String, usize>,
    view: View,
}

/// An entry with what is at its path, and what is below it.
struct Node {
    entry: Entry,
    found: Option<Found>,
    children: Vec<Node>,
}

impl Builder<'_, '_> {
    fn run(&mut self, entries: Vec<Entry>) -> Result<(), Failure> {
        // With nothing to mount it is the namespace itself that was asked for.
        let mut asked = entries.iter().map(|entry| entry.cause);
        let first = asked
            .find(|cause| !cause.directive.is_empty())
            .unwrap_or_else(|| Cause::of("PrivateMounts", &self.cx.settings.private_mounts));
        self.act(first, MountAction::Isolate);
        if entries.len() > MANY {
            self.act(first, MountAction::RaiseOpenFiles);
        }
        let root = root_directory(self.cx).map(str::to_owned);
        let new_root = entries
            .first()
            .filter(|entry| entry.path == "/" && entry.mode.is_structural());
        self.view = match (&root, new_root) {
            (_, Some(_)) => View::new(None),
            (root, None) => View::new(Some(root.as_deref().unwrap_or("/"))),
        };
        let entries = self.resolve(entries)?;
        self.make_sources(&entries)?;
        self.change_root(root.as_deref(), &entries);
        let tree = tree(entries);
        let is_private = !matches!(
            *self.cx.settings.mount_flags,
            MountFlags::Unset | MountFlags::Shared
        );
        for node in &tree {
            self.prepare(node);
        }
        let copies: Vec<Option<usize>> = tree.iter().map(|node| self.copy(node, false)).collect();
        for (node, copy) in tree.iter().zip(copies) {
            self.node(node, copy);
        }
        // MS_SLAVE and MS_PRIVATE of mount(2), or MS_SHARED as systemd leaves it.
        let propagation = match *self.cx.settings.mount_flags {
            MountFlags::Slave => 1 << 19,
            MountFlags::Private => 1 << 18,
            _ => 1 << 20,
        };
        let no_suid = self.cx.is_sandboxed() && self.cx.settings.no_new_privileges.0;
        let set = if no_suid { attribute::NOSUID } else { 0 };
        let cause = if is_private {
            Cause::of("MountFlags", &self.cx.settings.mount_flags)
        } else {
            first
        };
        self.attributes(cause, "/", true, (set, 0), propagation);
        Ok(())
    }

    /// Finds what is at each path. What is mounted is there for the paths below it.
    fn resolve(&mut self, entries: Vec<Entry>) -> Result<Vec<Node>, Failure> {
        let mut resolved: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut missing: Vec<(Entry, Failure)> = Vec::new();
        for mut entry in entries {
            let Resolved { path, found } = self.view.resolve(&entry.path);
            if found.is_none() && !entry.mode.makes_path() {
                if !entry.optional {
                    missing.push((entry.clone(), missing_path(&entry)));
                }
                continue;
            }
            if let Mode::Bind { source, .. } = &entry.mode {
                let host = View::new(Some("/")).resolve(source);
                if host.found.is_none() && !entry.optional {
                    return Err(missing_source(&entry, source));
                }
                if host.found.is_none() {
                    continue;
                }
                if let Mode::Bind { source, .. } = &mut entry.mode {
                    *source = host.path;
                }
            }
            entry.path = path;
            self.mount(&entry);
            resolved.push(entry);
        }
        // What was missing may be below something that was mounted later, at another name of the same place.
        for (entry, failure) in missing {
            let resolved_later = self.view.resolve(&entry.path);
            if resolved_later.found.is_none() {
                return Err(failure);
            }
            resolved.push(Entry {
                path: resolved_later.path,
                ..entry
            });
        }
        let merged = merge::merge(resolved);
        let base = root_directory(self.cx).unwrap_or("/");
        let found = |entry: &Entry| match entry.mode.is_structural() {
            true => View::new(Some(base)).resolve(&entry.path).found,
            false => self.view.resolve(&entry.path).found,
        };
        Ok(merged
            .into_iter()
            .map(|entry| Node {
                found: found(&entry),
                entry,
                children: Vec::new(),
            })
            .collect())
    }

    fn mount(&mut self, entry: &Entry) {
        let backing = match &entry.mode {
            Mode::Bind { source, .. } => Backing::Host(source.clone()),
            Mode::PrivateTmp { .. } | Mode::Tmpfs { .. } => Backing::Empty,
            // What is asked of /proc, /sys and /dev is asked of the host's: the new ones have the same, or less.
            Mode::Kernel { kind: "proc", .. } => Backing::Host("/proc".to_owned()),
            Mode::Kernel { kind: "sysfs", .. } => Backing::Host("/sys".to_owned()),
            Mode::PrivateDev => Backing::Empty,
            _ => return,
        };
        self.view.mount(&entry.path, backing);
        if entry.mode == Mode::PrivateDev {
            for (name, _) in devices::BOUND {
                let host = format!("/dev/{name}");
                if look(&host).is_some() {
                    self.view
                        .mount(&format!("{}/{name}", entry.path), Backing::Host(host));
                }
            }
        }
    }

    /// Opens and makes everything that is mounted anew, while the host's tree is still as it was.
    fn make_sources(&mut self, nodes: &[Node]) -> Result<(), Failure> {
        self.empty_objects(nodes);
        self.own_tmp(nodes);
        for Node { entry, .. } in nodes {
            let action = |slot: usize| -> Option<MountAction> {
                Some(match &entry.mode {
                    Mode::Bind { source, recursive } => MountAction::Copy {
                        slot,
                        path: c_string(source),
                        recursive: *recursive,
                    },
                    Mode::PrivateTmp { source } if !source.is_empty() => MountAction::Copy {
                        slot,
                        path: c_string(source),
                        recursive: false,
                    },
                    Mode::Tmpfs {
                        options,
                        attributes,
                    } => new(slot, "tmpfs", options, *attributes),
                    Mode::PrivateDev => {
                        let options = [
                            ("mode".to_owned(), Some("0755".to_owned())),
                            ("size".to_owned(), Some("4m".to_owned())),
                            ("nr_inodes".to_owned(), Some("64k".to_owned())),
                        ];
                        let attributes =
                            attribute::NOSUID | attribute::NOEXEC | attribute::STRICTATIME;
                        new(slot, "tmpfs", &options, attributes)
                    }
                    Mode::Kernel { kind, options } => {
                        let options: Vec<_> = options
                            .iter()
                            .map(|(name, value)| ((*name).to_owned(), value.clone()))
                            .collect();
                        let attributes = attribute::NOSUID | attribute::NODEV | attribute::NOEXEC;
                        new(slot, kind, &options, attributes)
                    }
                    _ => return None,
                })
            };
            if self.sources.contains_key(&entry.path) {
                continue;
            }
            if let Some(action) = action(self.slots) {
                self.act(entry.cause, action);
                self.sources.insert(entry.path.clone(), self.slots);
                self.slots += 1;
            }
            if entry.mode == Mode::PrivateDev {
                self.device_sources(entry);
            }
        }
        Ok(())
    }

    /// Objects of every kind that nobody may use: systemd's, where they are, else some of our own.
    fn empty_objects(&mut self, nodes: &[Node]) {
        let hidden: Vec<(&Entry, Kind)> = nodes
            .iter()
            .filter(|node| node.entry.mode == Mode::Inaccessible)
            .filter_map(|node| Some((&node.entry, node.found?.kind)))
            .collect();
        let Some((first, _)) = hidden.first() else {
            return;
        };
        let cause = first.cause;
        let theirs = look(&format!("{INACCESSIBLE}/dir")).is_some();
        let staging = staging();
        if !theirs {
            let slot = self.slot();
            let options = [("mode".to_owned(), Some("0755".to_owned()))];
            self.act(
                cause,
                new(
                    slot,
                    "tmpfs",
                    &options,
                    attribute::NOSUID | attribute::NODEV,
                ),
            );
            self.act(
                cause,
                MountAction::Attach {
                    slot,
                    path: c_string(staging),
                },
            );
            let kinds: std::collections::BTreeSet<&str> =
                hidden.iter().map(|(_, kind)| self.object(*kind)).collect();
            for name in kinds {
                let path = c_string(&format!("{staging}/{name}"));
                let kind = match name {
                    "dir" => {
                        self.act(cause, MountAction::Directory { path, mode: 0 });
                        continue;
                    }
                    "fifo" => NodeKind::Fifo,
                    "sock" => NodeKind::Socket,
                    "chr" => NodeKind::CharacterDevice(0, 0),
                    "blk" => NodeKind::BlockDevice(0, 0),
                    _ => NodeKind::File,
                };
                self.act(
                    cause,
                    MountAction::Node {
                        path,
                        kind,
                        mode: 0,
                    },
                );
            }
        }
        let folder = if theirs { INACCESSIBLE } else { staging };
        for (entry, kind) in &hidden {
            let slot = self.slot();
            let path = c_string(&format!("{folder}/{}", self.object(*kind)));
            self.act(
                entry.cause,
                MountAction::Copy {
                    slot,
                    path,
                    recursive: false,
                },
            );
            self.sources.insert(entry.path.clone(), slot);
        }
        if !theirs {
            self.act(
                cause,
                MountAction::Detach {
                    path: c_string(staging),
                },
            );
        }
    }

    /// The name of the object that hides something of a kind. Without privileges there are no devices.
    fn object(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Directory => "dir",
            Kind::Fifo => "fifo",
            Kind::Socket => "sock",
            Kind::CharacterDevice if self.cx.host.is_privileged() => "chr",
            Kind::BlockDevice if self.cx.host.is_privileged() => "blk",
            Kind::CharacterDevice | Kind::BlockDevice => "sock",
            _ => "reg",
        }
    }

    /// `PrivateTmp=disconnected`: one file system in memory for both directories.
    fn own_tmp(&mut self, nodes: &[Node]) {
        let own: Vec<&Entry> = nodes
            .iter()
            .map(|node| &node.entry)
            .filter(|entry| matches!(&entry.mode, Mode::PrivateTmp { source } if source.is_empty()))
            .collect();
        let Some(first) = own.first() else { return };
        let staging = staging();
        let slot = self.slot();
        let options = [
            ("mode".to_owned(), Some("0700".to_owned())),
            ("size".to_owned(), Some("10%".to_owned())),
            ("nr_inodes".to_owned(), Some("400k".to_owned())),
        ];
        let attributes = attribute::NODEV | attribute::STRICTATIME;
        self.act(first.cause, new(slot, "tmpfs", &options, attributes));
        self.act(
            first.cause,
            MountAction::Attach {
                slot,
                path: c_string(staging),
            },
        );
        for (at, entry) in own.iter().enumerate() {
            let path = c_string(&format!(
                "{staging}/{}",
                if at == 0 { "tmp" } else { "var-tmp" }
            ));
            self.act(
                entry.cause,
                MountAction::Directory {
                    path: path.clone(),
                    mode: 0o1777,
                },
            );
            let slot = self.slot();
            self.act(
                entry.cause,
                MountAction::Copy {
                    slot,
                    path,
                    recursive: false,
                },
            );
            self.sources.insert(entry.path.clone(), slot);
        }
        self.act(
            first.cause,
            MountAction::Detach {
                path: c_string(staging),
            },
        );
    }

    fn device_sources(&mut self, entry: &Entry) {
        for (name, _) in devices::BOUND {
            let path = format!("/dev/{name}");
            if look(&path).is_some() {
                let slot = self.slot();
                self.act(
                    entry.cause,
                    MountAction::Copy {
                        slot,
                        path: c_string(&path),
                        recursive: true,
                    },
                );
                self.sources.insert(format!("{}/{name}", entry.path), slot);
            }
        }
        if !self.cx.host.is_privileged() {
            for (name, _) in devices::nodes() {
                let slot = self.slot();
                let path = c_string(&format!("/dev/{name}"));
                self.act(
                    entry.cause,
                    MountAction::Copy {
                        slot,
                        path,
                        recursive: false,
                    },
                );
                self.sources.insert(format!("{}/{name}", entry.path), slot);
            }
        }
    }

    /// Another root directory comes before everything that is mounted in it.
    fn change_root(&mut self, root: Option<&str>, nodes: &[Node]) {
        let top = nodes
            .first()
            .map(|node| &node.entry)
            .filter(|entry| entry.path == "/" && entry.mode.is_structural());
        let cause = Cause::of("RootDirectory", &self.cx.settings.root_directory);
        let (slot, cause) = match (top, root) {
            (Some(top), _) => match self.sources.get("/") {
                Some(slot) => (*slot, top.cause),
                None => return,
            },
            (None, Some(root)) => {
                let slot = self.slot();
                self.act(
                    cause,
                    MountAction::Copy {
                        slot,
                        path: c_string(root),
                        recursive: true,
                    },
                );
                (slot, cause)
            }
            (None, None) => return,
        };
        let path = c_string(staging());
        self.act(
            cause,
            MountAction::Attach {
                slot,
                path: path.clone(),
            },
        );
        self.act(cause, MountAction::ChangeRoot { path });
    }

    /// Makes missing paths that something is mounted on, while what is above them can still be written.
    fn prepare(&mut self, node: &Node) {
        let Node { entry, found, .. } = node;
        if !entry.mode.makes_path() || entry.path == "/" {
            return;
        }
        let is_directory = match &entry.mode {
            Mode::Bind { source, .. } => {
                look(source).is_none_or(|found| found.kind == Kind::Directory)
            }
            _ => true,
        };
        if found.is_some() && self.is_there(&entry.path) {
            return;
        }
        let mut at = 0;
        while let Some(slash) = entry.path.get(at + 1..).and_then(|rest| rest.find('/')) {
            at += 1 + slash;
            let parent = entry.path.get(..at).unwrap_or_default();
            if !self.is_there(parent) {
                self.act(
                    entry.cause,
                    MountAction::Directory {
                        path: c_string(parent),
                        mode: 0o755,
                    },
                );
            }
        }
        let path = c_string(&entry.path);
        let action = if is_directory {
            MountAction::Directory { path, mode: 0o755 }
        } else {
            MountAction::Node {
                path,
                kind: NodeKind::File,
                mode: 0o644,
            }
        };
        self.act(entry.cause, action);
    }

    /// Whether a path is there before anything of the plan is mounted at it.
    fn is_there(&self, path: &str) -> bool {
        self.view.is_there_without(path)
    }

    /// Copies what an exception below a changed path keeps as it is; none when nothing has to be kept.
    fn copy(&mut self, node: &Node, changed: bool) -> Option<usize> {
        let is_mount = node.found.is_some_and(|found| found.is_mount);
        if node.entry.mode.is_structural() || !changed && is_mount {
            return None;
        }
        let slot = self.slot();
        let path = c_string(&node.entry.path);
        self.act(
            node.entry.cause,
            MountAction::Copy {
                slot,
                path,
                recursive: true,
            },
        );
        Some(slot)
    }

    fn node(&mut self, node: &Node, copy: Option<usize>) {
        let Node {
            entry,
            found,
            children,
        } = node;
        let cause = entry.cause;
        let path = c_string(&entry.path);
        if entry.path != "/" {
            if entry.mode.is_structural() {
                if let Some(slot) = self.sources.get(&entry.path).copied() {
                    self.act(
                        cause,
                        MountAction::Attach {
                            slot,
                            path: path.clone(),
                        },
                    );
                }
            } else if let Some(slot) = copy {
                if found.is_some_and(|found| found.is_mount) && self.cx.host.is_privileged() {
                    self.act(cause, MountAction::Detach { path: path.clone() });
                }
                self.act(cause, MountAction::Attach { slot, path });
            }
        }
        if entry.mode == Mode::PrivateDev {
            self.devices(entry);
        }
        for child in children {
            self.prepare(child);
        }
        let changed = entry.has_attributes();
        let copies: Vec<Option<usize>> = children
            .iter()
            .map(|child| self.copy(child, changed))
            .collect();
        if changed {
            let mut set = 0;
            set |= if entry.read_only {
                attribute::RDONLY
            } else {
                0
            };
            set |= if entry.no_exec { attribute::NOEXEC } else { 0 };
            set |= if entry.no_suid { attribute::NOSUID } else { 0 };
            let clear = if entry.exec { attribute::NOEXEC } else { 0 };
            let recursive = !matches!(entry.mode, Mode::Tmpfs { .. });
            self.attributes(cause, &entry.path, recursive, (set, clear), 0);
        }
        for (child, copy) in children.iter().zip(copies) {
            self.node(child, copy);
        }
        // Only now, since devices and what is mounted below have been put into it.
        if entry.mode == Mode::PrivateDev {
            self.attributes(cause, &entry.path, false, (attribute::RDONLY, 0), 0);
        }
    }

    /// Fills a private /dev.
    fn devices(&mut self, entry: &Entry) {
        let cause = entry.cause;
        let below = |name: &str| c_string(&format!("{}/{name}", entry.path));
        let privileged = self.cx.host.is_privileged();
        for (name, kind) in devices::nodes() {
            let kind = if privileged { kind } else { NodeKind::File };
            self.act(
                cause,
                MountAction::Node {
                    path: below(name),
                    kind,
                    mode: devices::MODE,
                },
            );
            if let Some(slot) = self.sources.get(&format!("{}/{name}", entry.path)).copied() {
                self.act(
                    cause,
                    MountAction::Attach {
                        slot,
                        path: below(name),
                    },
                );
            }
        }
        for (name, _) in devices::BOUND {
            if let Some(slot) = self.sources.get(&format!("{}/{name}", entry.path)).copied() {
                self.act(
                    cause,
                    MountAction::Directory {
                        path: below(name),
                        mode: 0o755,
                    },
                );
                self.act(
                    cause,
                    MountAction::Attach {
                        slot,
                        path: below(name),
                    },
                );
            }
        }
        for folder in ["char", "block"] {
            self.act(
                cause,
                MountAction::Directory {
                    path: below(folder),
                    mode: 0o755,
                },
            );
        }
        let with_log = root_directory(self.cx).is_none();
        for (name, target) in devices::links(with_log) {
            self.act(
                cause,
                MountAction::Link {
                    path: below(&name),
                    target: c_string(&target),
                },
            );
        }
    }

    fn attributes(
        &mut self,
        cause: Cause,
        path: &str,
        recursive: bool,
        (set, clear): (u64, u64),
        propagation: u64,
    ) {
        self.act(
            cause,
            MountAction::Attributes {
                path: c_string(path),
                recursive,
                set,
                clear,
                propagation,
            },
        );
    }

    fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    fn act(&mut self, cause: Cause, action: MountAction) {
        self.steps.tolerant(
            Exit::NAMESPACE,
            cause,
            Tolerance::None,
            Action::Mount(action),
        );
    }
}

/// Puts entries, which are sorted, below their parents.
fn tree(nodes: Vec<Node>) -> Vec<Node> {
    let mut roots: Vec<Node> = Vec::new();
    let mut open: Vec<Node> = Vec::new();
    let close = |open: &mut Vec<Node>, roots: &mut Vec<Node>| {
        if let Some(done) = open.pop() {
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => roots.push(done),
            }
        }
    };
    for node in nodes {
        while open
            .last()
            .is_some_and(|last| !is_below(&node.entry.path, &last.entry.path))
        {
            close(&mut open, &mut roots);
        }
        open.push(node);
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn new(
    slot: usize,
    kind: &str,
    options: &[(String, Option<String>)],
    attributes: u64,
) -> MountAction {
    // The name of the source is what /proc/self/mountinfo shows.
    let source = (c_string("source"), Some(c_string(kind)));
    let options = options
        .iter()
        .map(|(name, value)| (c_string(name), value.as_deref().map(c_string)));
    MountAction::New {
        slot,
        kind: c_string(kind),
        options: std::iter::once(source).chain(options).collect(),
        attributes,
    }
}

/// A directory to attach something to for a moment.
fn staging() -> &'static str {
    let places = ["/run", "/tmp", "/dev", "/proc"];
    let is_directory = |path: &&str| look(path).is_some_and(|found| found.kind == Kind::Directory);
    places
        .into_iter()
        .find(|path| is_directory(path))
        .unwrap_or("/")
}

fn missing_path(entry: &Entry) -> Failure {
    let path = &entry.path;
    let advice = match path
        .strip_prefix("/var/lib/")
        .filter(|_| entry.cause.directive == "ReadWritePaths")
    {
        Some(name) => format!("Create it, use StateDirectory={name}, or write -{path}."),
        None => format!("Create it, or write -{path} to go on without it."),
    };
    Failure::new(Exit::NAMESPACE, entry.cause, format!("find {path}"))
        .with_errno(rustix::io::Errno::NOENT)
        .with_advice(advice)
}

fn missing_source(entry: &Entry, source: &str) -> Failure {
    Failure::new(
        Exit::NAMESPACE,
        entry.cause,
        format!("find {source}, which is to appear at {}", entry.path),
    )
    .with_errno(rustix::io::Errno::NOENT)
    .with_advice(format!(
        "Create it, or write -{source}:{} to go on without it.",
        entry.path
    ))
}
