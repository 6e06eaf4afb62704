//! What Landlock can do of the settings of paths for an ordinary user who can have no mount namespace (landlock(7)).
//!
//! Landlock forbids kinds of access everywhere and allows them below some places. So what is meant to stay forbidden is
//! left out: of a directory with a forbidden place below, everything else in it is allowed one by one.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::path::Path;

use super::collect;
use super::entry::{Entry, Mode, is_below};
use super::settle::{self, Found};
use super::view::View;
use crate::Exit;
use crate::plan::namespaces::c_string;
use crate::plan::steps::Steps;
use crate::plan::{Action, Cause, Context};

/// Kinds of access, as bits (LANDLOCK_ACCESS_FS_*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandlockRules {
    /// What is forbidden unless a rule allows it.
    pub(crate) forbidden: u64,
    /// What is allowed below a place.
    pub(crate) allowed: Vec<(CString, u64)>,
}

impl LandlockRules {
    /// What can be done with something that is no directory.
    pub(crate) const OF_FILES: u64 = EXECUTE | 1 << 1 | READ_FILE | TRUNCATE;
}

const EXECUTE: u64 = 1;
const READ_FILE: u64 = 1 << 2;
/// Writing to files, and removing and making all kinds of them.
const WRITE: u64 = 1 << 1 | 0x1ff0;
/// Moving files between directories, which a first version always forbids.
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;

/// A directory with more in it than this is not allowed one by one; nothing in it is allowed then.
const MOST: usize = 10_000;

/// Directives that name paths, which Landlock can keep in part.
const PATHS: [&str; 11] = [
    "ExecPaths",
    "InaccessiblePaths",
    "NoExecPaths",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectSystem",
    "ReadOnlyPaths",
    "ReadWritePaths",
];

/// Directives that only mounts can keep.
const MOUNTS: [&str; 9] = [
    "BindLogSockets",
    "BindPaths",
    "MountAPIVFS",
    "MountFlags",
    "PrivateDevices",
    "PrivateMounts",
    "PrivateTmp",
    "ProcSubset",
    "ProtectProc",
];

/// Says what holds without mounts, and adds the step that restricts the process.
pub(crate) fn plan(cx: &Context<'_>, steps: &mut Steps) {
    if super::has_mounts(cx) || !super::is_needed(cx) {
        return;
    }
    let mut view = View::of("/");
    let settled = settle::settle(collect::collect(cx, None), &mut view);
    for directive in MOUNTS {
        weaken(cx, directive, |cx| {
            let reason = "without a user namespace there is no mount namespace";
            cx.not_possible(directive, reason);
        });
    }
    let version = cx.host.landlock;
    for directive in PATHS {
        weaken(cx, directive, |cx| {
            match version {
            Some(_) => cx.partly(
                directive,
                "there is no user namespace, and so no mount; Landlock keeps files from being opened, changed and \
                 executed, not sockets from being connected to, names from being seen, nor modes from being set",
            ),
            None => cx.not_possible(
                directive,
                "there is neither a user namespace nor Landlock",
            ),
        }
        });
    }
    let present = settled
        .iter()
        .filter(|one| matches!(one.found, Found::There { .. } | Found::Perhaps));
    let entries: Vec<&Entry> = present.map(|one| &one.entry).collect();
    let Some((cause, rules)) = version.and_then(|version| rules(&entries, version)) else {
        return;
    };
    steps.push(Exit::NAMESPACE, cause, Action::NoNewPrivileges);
    steps.push(Exit::NAMESPACE, cause, Action::Landlock(rules));
}

fn weaken(cx: &Context<'_>, directive: &'static str, say: impl FnOnce(&Context<'_>)) {
    let is_set = cx.unit.report.borrow().has(directive);
    if is_set {
        say(cx);
    }
}

/// What an entry says about a kind of access.
type Verdict = fn(&Entry) -> Option<bool>;

/// The rules for entries, and whom to name for them; none when nothing is forbidden.
fn rules(entries: &[&Entry], version: u32) -> Option<(Cause, LandlockRules)> {
    let mut write = WRITE;
    for (since, access) in [(2, REFER), (3, TRUNCATE)] {
        if version >= since {
            write |= access;
        }
    }
    let classes: [(u64, Verdict); 3] = [(write, writes), (READ_FILE, reads), (EXECUTE, executes)];
    let mut cause = None;
    let mut forbidden = 0;
    let mut allowed: BTreeMap<String, u64> = BTreeMap::new();
    for (access, verdict) in classes {
        let verdicts: Vec<(&str, bool)> = entries
            .iter()
            .filter_map(|entry| Some((entry.path.as_str(), verdict(entry)?)))
            .collect();
        let first = entries.iter().find(|entry| verdict(entry) == Some(false));
        let Some(first) = first else {
            continue;
        };
        cause.get_or_insert(first.cause);
        forbidden |= access;
        let mut allow = |path: &str| *allowed.entry(path.to_owned()).or_default() |= access;
        let root = verdicts.iter().find(|(path, _)| *path == "/");
        walk(
            "/",
            root.is_none_or(|(_, allows)| *allows),
            &verdicts,
            &mut allow,
        );
    }
    let allowed = allowed
        .into_iter()
        .map(|(path, access)| (c_string(&path), access))
        .collect();
    Some((cause?, LandlockRules { forbidden, allowed }))
}

/// Allows what is allowed of a place and all below it.
fn walk(at: &str, allows: bool, verdicts: &[(&str, bool)], allow: &mut dyn FnMut(&str)) {
    let below: Vec<(&str, bool)> = verdicts
        .iter()
        .copied()
        .filter(|(path, _)| *path != at && is_below(path, at))
        .collect();
    if !allows {
        // The nearest of them; what is below those is theirs.
        for (path, verdict) in &below {
            let is_nearest = !below
                .iter()
                .any(|(other, _)| other != path && is_below(path, other));
            if is_nearest {
                walk(path, *verdict, &below, allow);
            }
        }
        return;
    }
    if below.iter().all(|(_, verdict)| *verdict) {
        return allow(at);
    }
    let Ok(entries) = fs::read_dir(at) else {
        return;
    };
    let names: Vec<_> = entries.flatten().take(MOST).collect();
    if names.len() == MOST {
        return;
    }
    for name in names {
        // What a link leads to has its own place.
        if name.file_type().is_ok_and(|kind| kind.is_symlink()) {
            continue;
        }
        let path = Path::new(at).join(name.file_name());
        let Some(path) = path.to_str() else {
            continue;
        };
        let own = below.iter().find(|(other, _)| *other == path);
        walk(path, own.is_none_or(|(_, verdict)| *verdict), &below, allow);
    }
}

fn writes(entry: &Entry) -> Option<bool> {
    match entry.mode {
        Mode::ReadWrite | Mode::ReadWriteImplicit => Some(true),
        _ if entry.is_read_only() || is_hidden(entry) => Some(false),
        _ => None,
    }
}

fn reads(entry: &Entry) -> Option<bool> {
    is_hidden(entry).then_some(false)
}

fn executes(entry: &Entry) -> Option<bool> {
    match entry.mode {
        _ if is_hidden(entry) => Some(false),
        _ if entry.is_exec() => Some(true),
        Mode::NoExec => Some(false),
        _ => None,
    }
}

/// Whether nothing of what is there is to be had.
fn is_hidden(entry: &Entry) -> bool {
    matches!(entry.mode, Mode::Inaccessible)
        || entry.mode == Mode::Tmpfs && entry.cause.directive == "ProtectHome"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(verdicts: &[(&str, bool)]) -> Vec<String> {
        let mut all = Vec::new();
        let root = verdicts.iter().find(|(path, _)| *path == "/");
        walk(
            "/",
            root.is_none_or(|(_, allows)| *allows),
            verdicts,
            &mut |path| {
                all.push(path.to_owned());
            },
        );
        all
    }

    #[test]
    fn what_is_allowed_below_something_forbidden_is_named() {
        let verdicts = [
            ("/", false),
            ("/dev", true),
            ("/dev/shm", false),
            ("/a/b", true),
        ];
        let all = allowed(&verdicts);
        assert!(all.contains(&"/a/b".to_owned()));
        assert!(all.contains(&"/dev/null".to_owned()));
        assert!(!all.iter().any(|path| path == "/" || path == "/dev"));
        assert!(!all.iter().any(|path| is_below(path, "/dev/shm")));
    }

    #[test]
    fn everything_besides_something_forbidden_is_named() {
        let all = allowed(&[("/usr", false), ("/usr/local", true)]);
        assert!(all.contains(&"/usr/local".to_owned()));
        assert!(all.contains(&"/etc".to_owned()));
        assert!(!all.contains(&"/usr".to_owned()));
        assert!(!all.contains(&"/usr/lib".to_owned()));
        assert_eq!(allowed(&[("/usr", true)]), ["/"]);
    }
}
