//! `/dev` of `PrivateDevices=`.

use super::action::{Missing, MountAction, Node, Place};
use super::build::Builder;
use super::entry::Source;
use super::view;
use crate::plan::Cause;

/// Nodes that every service gets.
const NODES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Links into the service's own descriptors.
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// File systems of the host's `/dev` that come along, and whether they must be there.
const MOUNTS: [(&str, bool); 4] = [
    ("pts", true),
    ("shm", true),
    ("mqueue", false),
    ("hugepages", false),
];

/// What is bound from the host's `/dev`, by its name and slot. Slots are given out in the order of this list.
fn bound(builder: &Builder<'_>) -> Vec<(&'static str, bool)> {
    let mut list: Vec<_> = MOUNTS
        .into_iter()
        .filter(|(name, required)| *required || exists(name))
        .collect();
    if !builder.cx.host.makes_devices() {
        list.extend(
            NODES
                .into_iter()
                .filter(|name| exists(name))
                .map(|name| (name, true)),
        );
        if !ptmx_is_link() && exists("ptmx") {
            list.push(("ptmx", true));
        }
    }
    list
}

fn exists(name: &str) -> bool {
    matches!(
        view::host(&format!("/dev/{name}")),
        view::Node::There { .. }
    )
}

fn ptmx_is_link() -> bool {
    matches!(view::host("/dev/ptmx"), view::Node::Link(_))
}

/// Takes what will be bound.
pub(super) fn take_sources(builder: &mut Builder<'_>, cause: Cause) {
    builder.devices = builder.slots;
    for (name, _) in bound(builder) {
        let slot = builder.slot();
        let source = Source::Host(format!("/dev/{name}"));
        builder.copy(cause, slot, &source, false, Missing::Fails);
    }
}

/// Makes nodes, links and directories in the new file system.
pub(super) fn furnish(builder: &mut Builder<'_>, cause: Cause, slot: usize) {
    let root = || Place::root(slot);
    let makes = builder.cx.host.makes_devices();
    for (name, _) in MOUNTS {
        builder.make(cause, root(), name, Node::Directory(0o755), false);
    }
    let mut nodes: Vec<&str> = NODES.to_vec();
    if ptmx_is_link() {
        builder.make(
            cause,
            root(),
            "ptmx",
            Node::Link(c"pts/ptmx".to_owned()),
            false,
        );
    } else {
        nodes.push("ptmx");
    }
    let mut has_folder = false;
    for name in nodes {
        let Some((mode, (major, minor))) = view::device(&format!("/dev/{name}")) else {
            continue;
        };
        if !makes {
            builder.make(cause, root(), name, Node::File(0o600), false);
            continue;
        }
        let device = (major, minor);
        builder.make(cause, root(), name, Node::Special { mode, device }, false);
        if !has_folder {
            builder.make(cause, root(), "char", Node::Directory(0o755), false);
            has_folder = true;
        }
        let target = Node::Link(super::super::namespaces::c_string(&format!("../{name}")));
        let number = format!("{major}:{minor}");
        builder.make(cause, Place::below(slot, "char"), &number, target, false);
    }
    for (name, target) in LINKS {
        let node = Node::Link(super::super::namespaces::c_string(target));
        builder.make(cause, root(), name, node, false);
    }
    if view::host("/proc/kcore") != view::Node::Missing {
        builder.make(
            cause,
            root(),
            "core",
            Node::Link(c"/proc/kcore".to_owned()),
            false,
        );
    }
    let settings = builder.cx.settings;
    let other_root = settings
        .root_directory
        .0
        .as_deref()
        .is_some_and(|root| root != "/")
        || settings.root_image.0.is_some();
    if !other_root || settings.bind_log_sockets.0 == Some(true) {
        let target = Node::Link(c"/run/systemd/journal/dev-log".to_owned());
        builder.make(cause, root(), "log", target, false);
    }
}

/// Mounts what was taken from the host's `/dev`.
pub(super) fn attach_sources(builder: &mut Builder<'_>, cause: Cause, dev: usize) {
    let first = builder.devices;
    for (at, (name, _)) in bound(builder).into_iter().enumerate() {
        let at_place = Place::below(dev, name);
        builder.add(
            cause,
            MountAction::Attach {
                slot: first + at,
                at: at_place,
                missing: Missing::Fails,
            },
        );
    }
}
