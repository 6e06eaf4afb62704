//! The mount tree of the plan beside that of the process.

use unitward_sandbox::plan::{Content, TreeEntry};
use unitward_settings::{ProcSubset, ProtectHome, ProtectProc};

use super::{Court, Exceptions, Verdict};
use crate::mounts::{Mount, Mounts};

pub(super) fn judge(court: &mut Court<'_>) {
    let Some(process) = court.main_process() else {
        return;
    };
    let Some(mounts) = court.state.tree.as_ref() else {
        for entry in &process.tree {
            court.say(
                entry.cause.directive,
                Verdict::CannotTell,
                "its mounts cannot be read",
            );
        }
        return;
    };
    let is_own = court.state.shares("mnt") != Some(true);
    // A host that is read-only by itself protects nothing for this process alone.
    if !is_own && court.exceptions == Exceptions::Pass {
        for entry in process
            .tree
            .iter()
            .filter(|entry| !entry.cause.directive.is_empty())
        {
            let proof = "its mounts are those of the host";
            court.say(owner(entry), Verdict::NotInForce, proof);
        }
        return;
    }
    let open = open_mounts(&process.tree, mounts);
    for (at, entry) in process.tree.iter().enumerate() {
        let directive = owner(entry);
        if directive.is_empty() || is_of_group(&entry.path) {
            continue;
        }
        let Some(here) = mounts.of(&entry.path) else {
            let proof = format!("the mount of {} is not known", entry.path);
            court.say(directive, Verdict::CannotTell, proof);
            continue;
        };
        // Nothing but processes is there to be protected.
        if here.kind == "proc" && here.option("subset=pid") && entry.path != here.point {
            let proof = format!("there is no {}", entry.path);
            court.say(directive, Verdict::InForce, proof);
            continue;
        }
        let host = court
            .state
            .host_tree
            .as_ref()
            .and_then(|host| host.of(&entry.path));
        content(court, entry, here, host, is_own);
        attributes(court, entry, here);
        let inner = open.get(at).copied().flatten();
        if let Some(inner) = inner.filter(|_| court.exceptions == Exceptions::Count) {
            let proof = format!("{} below {} is not", inner, entry.path);
            let what = if entry.read_only == Some(true) {
                "read-only"
            } else {
                "noexec"
            };
            court.say(directive, Verdict::Weaker, format!("{proof} {what}"));
        }
    }
    listed(court, mounts);
    homes(court, mounts);
    if !mounts.is_complete {
        let proof = "it has more mounts than are read";
        for entry in process
            .tree
            .iter()
            .filter(|entry| !entry.cause.directive.is_empty())
        {
            court.say(owner(entry), Verdict::CannotTell, proof);
        }
    }
}

/// Paths that are listed, and that another setting restricts already.
fn listed(court: &mut Court<'_>, mounts: &Mounts) {
    let settings = court.settings;
    for (directive, list) in [
        ("ReadOnlyPaths", &settings.read_only_paths.0),
        ("InaccessiblePaths", &settings.inaccessible_paths.0),
        ("NoExecPaths", &settings.no_exec_paths.0),
        ("ReadWritePaths", &settings.read_write_paths.0),
    ] {
        if court.parts.contains_key(directive) {
            continue;
        }
        for item in list {
            let path = &item.value.path;
            let Some(here) = mounts.of(path) else {
                continue;
            };
            let (holds, how) = match directive {
                "ReadOnlyPaths" => (here.read_only, "read-only"),
                "NoExecPaths" => (here.no_exec, "noexec"),
                "ReadWritePaths" => (!here.read_only, "writable"),
                _ => (here.is_inaccessible(), "inaccessible"),
            };
            let not = if holds { "" } else { "not " };
            court.check(directive, holds, format!("{path} is {not}{how}"));
        }
    }
}

/// `ProtectHome=read-only` below a tree that is read-only already.
fn homes(court: &mut Court<'_>, mounts: &Mounts) {
    let is_set = *court.settings.protect_home == ProtectHome::ReadOnly;
    if !is_set || court.parts.contains_key("ProtectHome") {
        return;
    }
    for path in ["/home", "/root", "/run/user"] {
        if let Some(here) = mounts.of(path) {
            let how = if here.read_only {
                "read-only"
            } else {
                "writable"
            };
            court.check("ProtectHome", here.read_only, format!("{path} is {how}"));
        }
    }
}

/// For each entry that restricts all below it a mount that it misses.
fn open_mounts<'a>(tree: &[TreeEntry], mounts: &'a Mounts) -> Vec<Option<&'a str>> {
    let mut open = vec![None; tree.len()];
    for mount in mounts.visible() {
        // The innermost entry that the mount is below.
        let holders = tree
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.holds(&mount.point));
        let Some((at, entry)) = holders.max_by_key(|(_, entry)| entry.path.len()) else {
            continue;
        };
        let misses = entry.read_only == Some(true) && !mount.read_only
            || entry.no_exec == Some(true) && !mount.no_exec;
        if mount.point != entry.path
            && !is_of_group(&mount.point)
            && entry.content == Content::Same
            && misses
            && let Some(place) = open.get_mut(at)
        {
            *place = Some(&*mount.point);
        }
    }
    open
}

/// The directive that an entry belongs to: what DynamicUser= implies counts for itself.
fn owner(entry: &TreeEntry) -> &'static str {
    match (entry.cause.directive, entry.path.as_str()) {
        ("BindReadOnlyPaths", _) => "BindPaths",
        ("DynamicUser", "/tmp" | "/var/tmp") => "PrivateTmp",
        ("DynamicUser", "/home" | "/root" | "/run/user") => "ProtectHome",
        ("DynamicUser", "/") => "ProtectSystem",
        (directive, _) => directive,
    }
}

/// A file of the service's own control group that it may always write to, to hear of a lack of memory.
fn is_of_group(path: &str) -> bool {
    path.starts_with("/sys/fs/cgroup/") && path.ends_with(".pressure")
}

fn content(
    court: &mut Court<'_>,
    entry: &TreeEntry,
    here: &Mount,
    host: Option<&Mount>,
    is_own: bool,
) {
    let directive = owner(entry);
    let path = &entry.path;
    let is_mount = here.point == *path;
    let is_new = is_mount
        && is_own
        && host.is_none_or(|host| host.point != *path || !host.shows_the_same(here));
    match &entry.content {
        Content::Hidden => {
            let holds = is_mount && here.is_inaccessible();
            let how = if holds { "inaccessible" } else { "accessible" };
            court.check(directive, holds, format!("{path} is {how}"));
        }
        // The host's is kept where it is a mount.
        Content::Empty if path == "/run" => {}
        Content::Empty => {
            let holds = is_new;
            let proof = match holds {
                true => format!("{path} is a {} of its own", here.kind),
                false => format!("{path} is the host's"),
            };
            court.check(directive, holds, proof);
        }
        Content::Devices => {
            let holds = is_new && matches!(&*here.kind, "tmpfs" | "devtmpfs");
            let proof = match holds {
                true => format!("{path} is a {} of its own", here.kind),
                false => format!("{path} is the host's"),
            };
            court.check(directive, holds, proof);
        }
        Content::Kernel(kind) => {
            // A new instance of a kernel file system can be on the same device as the old one.
            let holds = is_mount && is_own && here.kind == *kind;
            if *kind == "proc" {
                proc_options(court, here, holds);
            } else {
                let how = if holds {
                    "mounted anew"
                } else {
                    "not mounted anew"
                };
                court.check(directive, holds, format!("{kind} at {path} is {how}"));
            }
        }
        Content::Bound(source) => {
            let source = source.trim_end_matches('/');
            let root = here.root.trim_end_matches('/');
            let holds = is_mount && is_own && source.ends_with(root);
            let proof = match holds {
                true => format!("{path} is {} of device {}", here.root, here.device),
                false if is_mount => {
                    format!("{path} shows {} of device {}", here.root, here.device)
                }
                false => format!("nothing is mounted at {path}"),
            };
            court.check(directive, holds, proof);
        }
        _ => {}
    }
}

fn proc_options(court: &mut Court<'_>, here: &Mount, is_there: bool) {
    let settings = court.settings;
    let hidden = match *settings.protect_proc {
        ProtectProc::Noaccess => Some(("hidepid=noaccess", "hidepid=1")),
        ProtectProc::Invisible => Some(("hidepid=invisible", "hidepid=2")),
        ProtectProc::Ptraceable => Some(("hidepid=ptraceable", "hidepid=4")),
        _ => None,
    };
    let proof = format!("/proc has the options {}", here.options);
    if let Some((name, number)) = hidden {
        let holds = is_there && (here.option(name) || here.option(number));
        court.check("ProtectProc", holds, proof.clone());
    }
    if *settings.proc_subset == ProcSubset::Pid {
        court.check("ProcSubset", is_there && here.option("subset=pid"), proof);
    }
    if settings.private_pids.0 {
        let proof = "/proc is mounted anew";
        court.say("PrivatePIDs", Verdict::InForce, proof);
    }
}

fn attributes(court: &mut Court<'_>, entry: &TreeEntry, here: &Mount) {
    let directive = owner(entry);
    let path = &entry.path;
    if entry.content == Content::Hidden {
        return;
    }
    match (entry.read_only, here.read_only) {
        (Some(true), true) => {
            court.say(directive, Verdict::InForce, format!("{path} is read-only"))
        }
        (Some(true), false) => {
            court.say(
                directive,
                Verdict::NotInForce,
                format!("{path} is writable"),
            );
        }
        (Some(false), true) if directive == "ReadWritePaths" => {
            court.say(directive, Verdict::Stronger, format!("{path} is read-only"));
        }
        (Some(false), false) if directive == "ReadWritePaths" => {
            court.say(directive, Verdict::InForce, format!("{path} is writable"));
        }
        _ => {}
    }
    match (entry.no_exec, here.no_exec) {
        (Some(true), true) => court.say(directive, Verdict::InForce, format!("{path} is noexec")),
        (Some(true), false) => {
            let proof = format!("programs in {path} can be executed");
            court.say(directive, Verdict::NotInForce, proof);
        }
        _ => {}
    }
}
