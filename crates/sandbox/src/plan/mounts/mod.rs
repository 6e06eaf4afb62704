//! The mount tree: from settings to a list of mount actions.
//!
//! The tree is changed where it stands. Entries are taken in the order of their paths; each one's mount is attached as
//! it is, then copies are taken of the places below that keep what the entry is about to change, then the entry's
//! attributes are set for all below it at once, and then the copies are attached. So the number of calls depends on the
//! number of entries only, not on how much is mounted on the host.

mod action;
mod build;
mod collect;
mod devices;
mod entry;
mod inaccessible;
pub(crate) mod landlock;
mod needed;
mod options;
mod settle;
mod skeleton;
mod submounts;
mod tables;
mod tree;
mod view;

pub use action::{From, Instance, Missing, MountAction, Node, Place};
pub use landlock::LandlockRules;
pub use tree::{Content, TreeEntry};

pub(super) use needed::is_needed;

use unitward_settings::PrivateTmp;

use super::steps::Steps;
use super::{Action, Cause, Context, Step, Tolerance};
use crate::{Exit, Failure};
use build::{Builder, Root};
use entry::Source;
use options::tmpfs;
use view::View;

/// The slot of the root directory of the host.
pub(crate) const ROOT_SLOT: usize = super::namespaces::SLOTS;
/// The slots of the directories of `PrivateTmp=disconnected`.
const DISCONNECTED_TMP: usize = ROOT_SLOT + 1;
const DISCONNECTED_VAR_TMP: usize = ROOT_SLOT + 2;
/// The first slot that is free.
const FREE: usize = ROOT_SLOT + 3;

/// Adds the steps that build the mount tree of a process; gives the number of descriptors they pass among themselves, those
/// of named namespaces included, and the tree.
pub(super) fn plan(
    cx: &Context<'_>,
    steps: &mut Steps,
) -> Result<(usize, Vec<TreeEntry>), Failure> {
    if !is_needed(cx) || !has_mounts(cx) {
        return Ok((super::namespaces::SLOTS, Vec::new()));
    }
    let root = root_directory(cx);
    let mut view = View::of(root.unwrap_or("/"));
    for directory in cx.unit.places.directories() {
        view.expect(&directory.path);
    }
    let other = root.map(|path| Root {
        path,
        missing: skeleton::missing(&mut view),
    });
    let entries = collect::collect(cx, root);
    let settled = settle::settle(entries, &mut view);
    let root_cause = Cause::of("RootDirectory", &cx.settings.root_directory);
    let tree = tree::tree(root.map(|path| (path, root_cause)), &settled);
    let cause = needed::cause(cx);
    let mut builder = Builder::new(cx, FREE);
    builder.add(cause, MountAction::Isolate { root: ROOT_SLOT });
    // systemd goes on without mounts where it lacks the right to make them. Who has every right fails instead: a sandbox
    // is not left out because of an odd error.
    let may_lack = !cx.host.is_privileged() && !needed::is_required(cx);
    if let Some(first) = builder.steps.0.first_mut().filter(|_| may_lack) {
        first.tolerance = Tolerance::Unsupported;
    }
    if *cx.settings.private_tmp == PrivateTmp::Disconnected && cx.is_sandboxed() {
        disconnected_tmp(cx, &mut builder);
    }
    builder.build(other.as_ref(), settled);
    let slots = builder.slots;
    // Some for streams, for what is opened and closed along the way.
    let descriptors = u64::try_from(slots).unwrap_or(u64::MAX).saturating_add(64);
    if descriptors > 512 && !builder.steps.0.is_empty() {
        let step = Step {
            action: Action::Mount(MountAction::Descriptors(descriptors)),
            cause: Cause::ALWAYS,
            exit: Exit::NAMESPACE,
            tolerance: Tolerance::None,
        };
        builder.steps.0.insert(1, step);
    }
    steps.0.append(&mut builder.steps.0);
    Ok((slots, tree))
}

/// Whether mounts are tried: by those who may, and where systemd does not start a service without them.
fn has_mounts(cx: &Context<'_>) -> bool {
    cx.host.makes_namespaces() || needed::is_required(cx)
}

/// The root directory that a mount namespace changes to.
fn root_directory<'a>(cx: &Context<'a>) -> Option<&'a str> {
    let settings = cx.settings;
    if settings.root_directory_start_only.0 && cx.phase != super::Phase::Start {
        return None;
    }
    let root = settings.root_directory.0.as_deref();
    root.filter(|root| *root != "/")
}

/// The file system of `PrivateTmp=disconnected` and its two directories, kept apart from everything for the moment.
fn disconnected_tmp(cx: &Context<'_>, builder: &mut Builder<'_>) {
    let cause = Cause::of("PrivateTmp", &cx.settings.private_tmp);
    let options = tmpfs(options::PRIVATE_TMP, options::USUAL, "");
    let slot = builder.slot();
    builder.add(
        cause,
        MountAction::New {
            slot,
            kind: c"tmpfs".to_owned(),
            options: build::c_options(&options.data),
            attributes: options.attributes,
        },
    );
    for name in [c"tmp", c"var-tmp"] {
        builder.add(
            cause,
            MountAction::Make {
                folder: Place::root(slot),
                name: name.to_owned(),
                node: Node::Directory(0o1777),
                optional: false,
            },
        );
    }
    // Kernels before 6.15 copy only what is attached.
    builder.add(
        cause,
        MountAction::Attach {
            slot,
            at: Place::root(ROOT_SLOT),
            missing: Missing::Fails,
        },
    );
    for (path, copy) in [("tmp", DISCONNECTED_TMP), ("var-tmp", DISCONNECTED_VAR_TMP)] {
        builder.add(
            cause,
            MountAction::Copy {
                slot: copy,
                from: From::Tree(Place::below(slot, path)),
                recursive: true,
                missing: Missing::Fails,
            },
        );
    }
    builder.add(cause, MountAction::Release { slot });
}
