//! A file system of its own, with nothing in it but what is needed: TemporaryFileSystem=/:ro and bind mounts.
//!
//! The recipe is that of the ArchWiki's page on sandboxing. ProtectSystem= and ProtectHome= would undo it, and say nothing
//! that it does not.

use std::collections::BTreeMap;

use unitward_observe::Use;

use super::Level;
use super::files::{self, Binds};
use super::proposal::{Line, Proposal};
use super::view::{View, WRITES, is_below, told};
use super::writes::{TEMPORARY, Writes, ancestors, is_any, is_shared, parent};

/// What is mounted by other settings.
const OTHERS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Files that programs read when they look up names, times and certificates, and that change.
const COMMON: [&str; 14] = [
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/ca-certificates",
    "/usr/share/zoneinfo",
    "/usr/lib/locale",
];

/// Sockets by which a service speaks to the system.
const SOCKETS: [&str; 4] = [
    "/run/systemd/journal/dev-log",
    "/run/systemd/journal/socket",
    "/run/systemd/journal/stdout",
    "/run/systemd/notify",
];

pub(super) fn derive(view: &View<'_>, writes: &Writes, binds: Binds, proposal: &mut Proposal) {
    let settings = view.settings();
    if !settings.temporary_file_system.0.is_empty() || settings.root_directory.0.is_some() {
        let reason = "The unit has a file system of its own already";
        return proposal.leave("TemporaryFileSystem", reason, Vec::new());
    }
    let why = "The service sees nothing but what is bound here".to_owned();
    proposal.set(view, Line::plain("TemporaryFileSystem", "/:ro", vec![why]));
    if settings.mount_api_vfs.0.is_none() {
        let why = "/proc, /sys and /dev are needed in it".to_owned();
        proposal.set(view, Line::plain("MountAPIVFS", "yes", vec![why]));
    }
    let mut writable = binds.writable;
    for (own, names) in &writes.own {
        for (name, sentences) in names {
            writable.insert(format!("{}/{name}", own.place), sentences.clone());
        }
    }
    for (place, sentences) in writes.places.iter().chain(&writes.home) {
        writable.insert(place.clone(), sentences.clone());
    }
    let mut read_only = read(view);
    read_only.extend(binds.read_only);
    read_only.retain(|place, _| !ancestors(place).any(|above| writable.contains_key(above)));
    cover(&mut writable);
    cover(&mut read_only);
    files::write(view, "BindReadOnlyPaths", read_only, "-", proposal);
    files::write(view, "BindPaths", writable, "", proposal);
}

/// What is read, executed or asked for, exactly or by directories.
fn read(view: &View<'_>) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |path: &str, sentence: String| {
        let is_elsewhere = is_any(path, &OTHERS) || is_any(path, &TEMPORARY) || path == "/";
        if is_elsewhere || std::fs::metadata(view.outside(path)).is_err() {
            return;
        }
        let place = place(view, path);
        places.entry(place.to_owned()).or_default().push(sentence);
    };
    for (path, fact) in &view.facts.paths {
        let is_probe = fact.uses.iter().all(|one| *one == Use::Probe);
        let is_directory = std::fs::metadata(view.outside(path)).is_ok_and(|file| file.is_dir());
        if fact.seen.successes() == 0 || is_probe && is_directory {
            continue;
        }
        // A directory that was only a step on the way, or in which something was made, is there by what is in it.
        let is_step = fact
            .uses
            .iter()
            .all(|one| matches!(one, Use::Probe | Use::WorkingDirectory) || WRITES.contains(one));
        if is_directory && (is_step || is_shared(path)) {
            continue;
        }
        add(path, told(&format!("{path} was used"), &fact.seen));
        for asked in &fact.asked_as {
            if asked.starts_with('/') && !asked.contains("/../") {
                add(asked, format!("{path} was asked for as {asked}"));
            }
        }
    }
    let statics = view.statics();
    for (path, why) in statics.code.iter().chain(&statics.read) {
        add(path, format!("Widened by {path}: {why}"));
    }
    for (path, target) in &statics.links {
        add(path, format!("Widened by the link {path} to {target}"));
    }
    if view.level < Level::Paranoid {
        for path in COMMON {
            add(path, format!("Widened by {path}, which libraries read"));
        }
    }
    for path in SOCKETS {
        add(path, format!("Widened by {path}, to which services write"));
    }
    for path in &statics.unseen {
        add(path, format!("Widened by {path}, which the unit names"));
    }
    fold(view.level, &mut places);
    places
}

/// The place to bind for a path.
fn place<'p>(view: &View<'_>, path: &'p str) -> &'p str {
    const WHOLE: [&str; 6] = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin"];
    if view.level == Level::Safe
        && let Some(place) = ancestors(path).find(|above| WHOLE.contains(above))
    {
        return place;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_library = name.ends_with(".so") || name.contains(".so.");
    if view.level < Level::Paranoid && is_library && !is_shared(parent(path)) {
        return parent(path);
    }
    path
}

/// Takes directories for many of their files.
fn fold(level: Level, places: &mut BTreeMap<String, Vec<String>>) {
    let most = match level {
        Level::Safe => 2,
        Level::Tight => 8,
        Level::Paranoid => 64,
    };
    // From the deepest up, so that directories of directories fold as well.
    for _ in 0..8 {
        let mut of_parent: BTreeMap<String, usize> = BTreeMap::new();
        for place in places.keys() {
            *of_parent.entry(parent(place).to_owned()).or_default() += 1;
        }
        let wide: Vec<String> = of_parent
            .into_iter()
            .filter(|(parent, count)| *count > most && !is_shared(parent) && !is_home(parent))
            .map(|(parent, _)| parent)
            .collect();
        if wide.is_empty() {
            break;
        }
        for parent in wide {
            places.entry(parent).or_default();
        }
        cover(places);
    }
}

fn is_home(path: &str) -> bool {
    path == "/root" || path == "/home" || parent(path) == "/home"
}

/// Leaves out what another place brings along.
fn cover(places: &mut BTreeMap<String, Vec<String>>) {
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (place, sentences) in std::mem::take(places) {
        let above = ancestors(&place)
            .find(|above| kept.contains_key(*above) && is_below(&place, above))
            .map(str::to_owned);
        kept.entry(above.unwrap_or(place))
            .or_default()
            .extend(sentences);
    }
    *places = kept;
}
