//! What a service writes, and the places that have to be writable for it.

use std::collections::{BTreeMap, BTreeSet};

use unitward_observe::{Kind, PathFact, Use};

use super::Level;
use super::view::{View, WRITES, is_below, told};

/// Where a service writes.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Directories that systemd can make and hand over: the directive, the names, with sentences.
    pub(super) own: BTreeMap<&'static Own, BTreeMap<String, Vec<String>>>,
    /// Other places, with sentences.
    pub(super) places: BTreeMap<String, Vec<String>>,
    /// Places in home directories.
    pub(super) home: BTreeMap<String, Vec<String>>,
}

/// A directive for directories that systemd makes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Own {
    /// The place that they are in.
    pub(super) place: &'static str,
    /// The directive.
    pub(super) directive: &'static str,
    /// That of their mode.
    pub(super) mode: &'static str,
}

pub(super) static OWN: [Own; 4] = [
    Own {
        place: "/var/lib",
        directive: "StateDirectory",
        mode: "StateDirectoryMode",
    },
    Own {
        place: "/run",
        directive: "RuntimeDirectory",
        mode: "RuntimeDirectoryMode",
    },
    Own {
        place: "/var/cache",
        directive: "CacheDirectory",
        mode: "CacheDirectoryMode",
    },
    Own {
        place: "/var/log",
        directive: "LogsDirectory",
        mode: "LogsDirectoryMode",
    },
];

/// Home directories, as ProtectHome= understands them.
pub(super) const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// Temporary directories, as PrivateTmp= understands them.
pub(super) const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// What no setting here makes read-only.
const KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Directories of all services: a place in one of them is not widened to it.
const SHARED: [&str; 16] = [
    "/",
    "/etc",
    "/usr",
    "/var",
    "/run",
    "/var/lib",
    "/var/log",
    "/var/cache",
    "/var/spool",
    "/srv",
    "/opt",
    "/mnt",
    "/media",
    "/run/lock",
    "/boot",
    "/usr/local",
];

pub(super) fn is_any(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| is_below(path, place))
}

/// Whether a directory is everybody's.
pub(super) fn is_shared(path: &str) -> bool {
    SHARED.contains(&path)
}

pub(super) fn collect(view: &View<'_>) -> Writes {
    let mut writes = Writes::default();
    let made: BTreeSet<&str> = view
        .used(&[Use::Create])
        .filter(|(_, fact)| fact.kind == Some(Kind::Directory) || fact.kind.is_none())
        .map(|(path, _)| path)
        .collect();
    for (path, fact) in view.used(&WRITES) {
        if fact.seen.successes() == 0 || !path.starts_with('/') || path.ends_with(" (deleted)") {
            continue;
        }
        if is_any(path, &KERNEL) || is_any(path, &TEMPORARY) {
            continue;
        }
        let sentence = told(&format!("{path} was {}", what(fact)), &fact.seen);
        if let Some((own, name)) = own(view, path, &made) {
            let names = writes.own.entry(own).or_default();
            names.entry(name).or_default().push(sentence);
            continue;
        }
        let place = place(view, path, fact);
        let places = if is_any(path, &HOMES) {
            &mut writes.home
        } else {
            &mut writes.places
        };
        places.entry(place).or_default().push(sentence);
    }
    fold(view.level, &mut writes.places);
    fold(view.level, &mut writes.home);
    writes
}

/// How a path was written, in a word or two.
fn what(fact: &PathFact) -> String {
    let words: Vec<&str> = WRITES
        .iter()
        .filter(|one| fact.uses.contains(one))
        .map(|one| match one {
            Use::Write => "written",
            Use::Create => "made",
            Use::Remove => "removed",
            Use::Rename => "renamed",
            Use::Link => "linked",
            Use::Mode => "given a mode",
            Use::Owner => "given an owner",
            Use::Times => "given times",
            Use::Size => "cut",
            Use::Attribute => "given attributes",
            _ => "bound to a socket",
        })
        .take(3)
        .collect();
    words.join(", ")
}

/// The directory of its own that a path is in, where systemd would make it as it is.
fn own(view: &View<'_>, path: &str, made: &BTreeSet<&str>) -> Option<(&'static Own, String)> {
    let own = OWN.iter().find(|own| is_below(path, own.place))?;
    let rest = path.strip_prefix(own.place)?.strip_prefix('/')?;
    let (name, inside) = match rest.split_once('/') {
        Some((name, _)) => (name, true),
        None => (rest, false),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+@".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_plain) || view.settings().dynamic_user.0 {
        return None;
    }
    let directory = format!("{}/{name}", own.place);
    if is_any(&directory, &HOMES) || matches!(directory.as_str(), "/run/systemd" | "/run/lock") {
        return None;
    }
    let handed = view
        .becomes
        .as_ref()
        .and_then(|becomes| becomes.handed.get(own));
    if handed.is_some_and(|names| names.contains(name)) {
        return Some((own, name.to_owned()));
    }
    let file = view.file(&directory);
    let is_made = made.contains(directory.as_str());
    match file {
        Some(file) => {
            if !file.is_dir() {
                return None;
            }
            let (user, group) = (view.unit_user()?, view.unit_group()?);
            // systemd hands over all that is in it when the owner is another one.
            if (file.user, file.group) != (user, group) {
                return None;
            }
            // It removes a runtime directory when the service stops: only one that the service makes itself.
            if own.directive == "RuntimeDirectory" && !is_made {
                return None;
            }
            inside_or_made(inside, is_made).then_some((own, name.to_owned()))
        }
        // It was made, and is gone again.
        None => (is_made
            && inside_or_made(inside, is_made)
            && (inside || is_directory(view, &directory)))
        .then_some((own, name.to_owned())),
    }
}

const fn inside_or_made(inside: bool, is_made: bool) -> bool {
    inside || is_made
}

fn is_directory(view: &View<'_>, path: &str) -> bool {
    view.facts
        .paths
        .get(path)
        .is_some_and(|fact| fact.kind == Some(Kind::Directory))
        || view
            .facts
            .paths
            .range(format!("{path}/")..)
            .next()
            .is_some_and(|(next, _)| is_below(next, path))
}

/// What has to be writable for what was done to a path: itself, or the directory that it is in.
fn place(view: &View<'_>, path: &str, fact: &PathFact) -> String {
    const NAMES: [Use; 5] = [Use::Create, Use::Remove, Use::Rename, Use::Link, Use::Bind];
    let changes_names = NAMES.iter().any(|one| fact.uses.contains(one));
    let is_directory = view.file(path).is_some_and(|file| file.is_dir());
    // A log is made anew when it is rotated.
    let is_log = is_below(path, "/var/log") && view.level < Level::Paranoid;
    let wants_parent = changes_names || !is_directory && (view.level == Level::Safe || is_log);
    let mut place = if wants_parent { parent(path) } else { path };
    if place == path && is_shared(parent(path)) && !changes_names {
        return path.to_owned();
    }
    if is_shared(place) && !changes_names {
        return path.to_owned();
    }
    // Only what is there can be made writable before the service starts.
    while place != "/" && view.file(place).is_none() {
        place = parent(place);
    }
    place.to_owned()
}

pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// Leaves out what another place covers, and takes a directory for many files in it.
fn fold(level: Level, places: &mut BTreeMap<String, Vec<String>>) {
    const MANY: usize = 4;
    if level < Level::Paranoid {
        let mut of_parent: BTreeMap<String, usize> = BTreeMap::new();
        for place in places.keys() {
            *of_parent.entry(parent(place).to_owned()).or_default() += 1;
        }
        for (parent, count) in of_parent {
            if count > MANY && !is_shared(&parent) {
                places.entry(parent).or_default();
            }
        }
    }
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (place, sentences) in std::mem::take(places) {
        // In the order of names, what covers a place comes before it, though others may stand in between.
        let cover = ancestors(&place)
            .find(|above| kept.contains_key(*above))
            .map(str::to_owned);
        kept.entry(cover.unwrap_or(place))
            .or_default()
            .extend(sentences);
    }
    *places = kept;
}

/// The path and the directories above it, the nearest first.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        let now = next?;
        next = (now != "/").then(|| parent(now));
        Some(now)
    })
}
