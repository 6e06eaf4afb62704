//! A file system of its own, with nothing in it but what is needed: TemporaryFileSystem=/:ro and bind mounts.
//!
//! The recipe is that of the ArchWiki's page on sandboxing. Of all that is mounted at one path, systemd keeps one thing:
//! `ProtectSystem=strict` and `NoExecPaths=/`, which are mounts at `/` as well, undo the jail without a word (observed in
//! 252). `ProtectHome=yes` does not.

use std::collections::BTreeMap;

use unitward_observe::Use;
use unitward_settings::{Item, MarkedPath, ProtectHome, ProtectSystem};

use super::Level;
use super::files::{self, Binds};
use super::proposal::{Content, Line, Proposal, Value};
use super::view::{View, WRITES, is_below, told};
use super::writes::{HOMES, TEMPORARY, Writes, ancestors, is_any, is_shared, parent};

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
    unmake(view, proposal);
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
    let is_home = |place: &String| is_any(place, &HOMES);
    if writable.keys().chain(read_only.keys()).any(is_home) {
        let reason = "Of home directories only what is bound into the jail is there";
        proposal.leave("ProtectHome", reason, Vec::new());
    } else if *settings.protect_home != ProtectHome::Yes {
        let why = "No file in a home directory was used".to_owned();
        proposal.set(view, Line::plain("ProtectHome", "yes", vec![why]));
    }
    let code = view.statics().code.keys().chain(view.facts.programs.keys());
    let code: Vec<&String> = code.collect();
    let data: BTreeMap<String, Vec<String>> = writable
        .keys()
        .filter(|place| !code.iter().any(|path| is_below(path, place)))
        .map(|place| (place.clone(), Vec::new()))
        .collect();
    files::write(view, "BindReadOnlyPaths", read_only, "-", proposal);
    files::write(view, "BindPaths", writable, "", proposal);
    let before = proposal.lines.len();
    files::write(view, "NoExecPaths", data, "-", proposal);
    if let Some(line) = proposal.lines.get_mut(before) {
        line.evidence = vec!["What is written is not executed".to_owned()];
    }
}

/// Takes back what would undo the jail.
fn unmake(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    let reason = "It is a mount at / as well, which would undo the jail; nothing is writable in that but what is bound so";
    proposal.leave("ProtectSystem", reason, Vec::new());
    if *settings.protect_system != ProtectSystem::No {
        let why = "What the unit says would undo the jail, in which nothing is writable but what is bound so";
        proposal.set(
            view,
            Line::plain("ProtectSystem", "no", vec![why.to_owned()]),
        );
    }
    let is_at_root = |item: &Item<MarkedPath>| item.value.path == "/";
    if settings.no_exec_paths.0.iter().any(is_at_root) {
        for name in ["NoExecPaths", "ExecPaths"] {
            let why = "What the unit says would undo the jail".to_owned();
            let mut line = Line::plain(name, "", vec![why]);
            line.value = Value::one("");
            line.content = Content::Plain;
            proposal.set(view, line);
        }
    }
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
    for path in &statics.unseen {
        add(path, format!("Widened by {path}, which the unit names"));
    }
    fold(view.level, &mut places);
    // They may be missing where the recording was made.
    for path in SOCKETS {
        let text = format!("Widened by {path}, to which services write");
        places.entry(path.to_owned()).or_default().push(text);
    }
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
    // Data and configuration come in directories: what was not asked for yet is beside what was.
    let is_data =
        !is_any(path, &["/usr", "/run"]) && !is_any(path, &WHOLE) && !is_any(path, &HOMES);
    let is_directory = std::fs::metadata(view.outside(path)).is_ok_and(|file| file.is_dir());
    if view.level < Level::Paranoid
        && (is_library || is_data && !is_directory)
        && !is_shared(parent(path))
    {
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
