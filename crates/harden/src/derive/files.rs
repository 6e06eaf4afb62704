//! ProtectSystem=, ProtectHome=, PrivateTmp=, directories of its own, and paths that are writable or not there.

use std::collections::{BTreeMap, BTreeSet};

use unitward_observe::Use;
use unitward_settings::{MarkedPaths, PrivateTmp, ProtectHome, ProtectSystem};

use super::proposal::{Content, Line, Proposal, Weaker};
use super::view::{View, WRITES, is_below, some, told};
use super::writes::{self, HOMES, TEMPORARY, Writes, is_any};
use super::{Level, jail, text};

/// What has to be bound, with sentences.
#[derive(Debug, Default)]
pub(super) struct Binds {
    pub(super) writable: BTreeMap<String, Vec<String>>,
    pub(super) read_only: BTreeMap<String, Vec<String>>,
}

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let writes = writes::collect(view);
    let mut binds = Binds::default();
    temporary(view, &mut binds, proposal);
    if view.service.jail {
        return jail::derive(view, &writes, binds, proposal);
    }
    let mut writable: BTreeMap<String, Vec<String>> = writes.places.clone();
    let is_strict = system(view, &mut writable, proposal);
    home(view, &writes, &mut writable, &mut binds, proposal);
    if is_strict {
        own(view, &writes, &mut writable, proposal);
    }
    write(view, "ReadWritePaths", writable, "", proposal);
    write(view, "BindPaths", binds.writable, "", proposal);
    write(view, "BindReadOnlyPaths", binds.read_only, "", proposal);
    hide(view, proposal);
}

/// Sets ProtectSystem=; says whether the whole tree is read-only then.
fn system(
    view: &View<'_>,
    writable: &mut BTreeMap<String, Vec<String>>,
    proposal: &mut Proposal,
) -> bool {
    let present = *view.settings().protect_system;
    if present == ProtectSystem::Strict {
        writable.retain(|place, _| !is_covered(place, &view.settings().read_write_paths));
        return true;
    }
    if let Some(sentences) = writable.remove("/") {
        let reason = "Names in the root directory are changed, so that it has to be writable";
        proposal.leave("ProtectSystem", reason, sentences);
        writable.retain(|place, _| is_any(place, &["/usr", "/etc", "/boot", "/efi"]));
        if present != ProtectSystem::Full {
            let why = "Only places that are not of the operating system were written besides";
            proposal.set(
                view,
                Line::plain("ProtectSystem", "full", vec![why.to_owned()]),
            );
        }
        return false;
    }
    let why = match writable.is_empty() {
        true => "Nothing was written but to directories of its own and temporary files",
        false => "Nothing was written but to the places that are named here",
    };
    let line = Line::plain("ProtectSystem", "strict", vec![why.to_owned()]);
    proposal.set(view, line.or([Weaker::value("full"), Weaker::value("yes")]));
    writable.retain(|place, _| !is_covered(place, &view.settings().read_write_paths));
    true
}

fn is_covered(place: &str, paths: &MarkedPaths) -> bool {
    paths.0.iter().any(|item| is_below(place, &item.value.path))
}

/// Sets StateDirectory= and its like; what they cannot say stays writable.
fn own(
    view: &View<'_>,
    writes: &Writes,
    writable: &mut BTreeMap<String, Vec<String>>,
    proposal: &mut Proposal,
) {
    let settings = view.settings();
    for (own, names) in &writes.own {
        let present = match own.directive {
            "StateDirectory" => &settings.state_directory,
            "RuntimeDirectory" => &settings.runtime_directory,
            "CacheDirectory" => &settings.cache_directory,
            _ => &settings.logs_directory,
        };
        let mut words = BTreeSet::new();
        let mut evidence = Vec::new();
        let mut mode = None;
        for (name, sentences) in names {
            let place = format!("{}/{name}", own.place);
            let is_there = present.0.keys().any(|path| is_below(name, path));
            if is_there || is_covered(&place, &settings.read_write_paths) {
                continue;
            }
            let file = view.file(&place);
            let bits = file.map(|file| file.mode);
            // One mode holds for all of them, and for those that the unit has already.
            let differs = !present.0.is_empty() && bits.is_some_and(|bits| bits != 0o755)
                || mode.is_some() && bits.is_some() && mode != bits;
            if differs {
                writable
                    .entry(place)
                    .or_default()
                    .extend(sentences.iter().cloned());
                continue;
            }
            mode = mode.or(bits);
            words.insert(name.clone());
            evidence.extend(sentences.iter().cloned());
        }
        if words.is_empty() {
            continue;
        }
        let content = Content::Words {
            words,
            replaces: false,
            none: "",
        };
        let line = Line::of(own.directive, content, view.systemd(), some(evidence, 4));
        proposal.set(view, line);
        let is_handed = view
            .becomes
            .as_ref()
            .is_some_and(|one| one.handed.contains_key(own));
        if own.directive == "RuntimeDirectory" && is_handed {
            let why =
                "Whoever made the directory before finds it when the service is stopped".to_owned();
            proposal.set(
                view,
                Line::plain("RuntimeDirectoryPreserve", "yes", vec![why]),
            );
        }
        if let Some(mode) = mode.filter(|mode| *mode != 0o755) {
            let why = "The mode that the directory has";
            let line = Line::plain(own.mode, &format!("{mode:04o}"), vec![why.to_owned()]);
            proposal.set(view, line);
        }
    }
}

/// Sets PrivateTmp=, with what was there before bound into it.
fn temporary(view: &View<'_>, binds: &mut Binds, proposal: &mut Proposal) {
    if *view.settings().private_tmp != PrivateTmp::No {
        return;
    }
    let mut shared: BTreeMap<String, (bool, Vec<String>)> = BTreeMap::new();
    let mut count = 0_usize;
    for place in TEMPORARY {
        for (path, fact) in view.below(place) {
            let is_probe = fact.uses.iter().all(|one| *one == Use::Probe);
            let Some(name) = path
                .strip_prefix(place)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            if is_probe || fact.seen.successes() == 0 || path.ends_with(" (deleted)") {
                continue;
            }
            let top = format!("{place}/{}", name.split('/').next().unwrap_or_default());
            let is_own = view.facts.paths.get(&top).is_some_and(|fact| {
                fact.uses.contains(&Use::Create) && !fact.uses.contains(&Use::Bind)
            });
            if is_own {
                count += 1;
                continue;
            }
            let (is_written, sentences) = shared.entry(top).or_default();
            *is_written |= WRITES.iter().any(|one| fact.uses.contains(one));
            sentences.push(told(
                &format!("{path} was there before, or is for others"),
                &fact.seen,
            ));
        }
    }
    let is_bound = |(top, _): (&String, _)| view.file(top).is_none();
    let reason = "Files in /tmp or /var/tmp are shared with others";
    if shared.iter().any(|(top, more)| is_bound((top, more)))
        || view.level == Level::Safe && !shared.is_empty()
    {
        let evidence = shared.into_values().flat_map(|(_, sentences)| sentences);
        return proposal.leave("PrivateTmp", reason, evidence.collect());
    }
    let mut evidence = vec![match count {
        0 => "No temporary file was used together with others".to_owned(),
        count => format!("{count} temporary files were made and used by nobody else"),
    }];
    for (top, (is_written, sentences)) in shared {
        evidence.push(format!("{top} is bound into it"));
        let places = if is_written {
            &mut binds.writable
        } else {
            &mut binds.read_only
        };
        places.insert(top, sentences);
    }
    proposal.set(view, Line::plain("PrivateTmp", "yes", evidence));
}

/// Sets ProtectHome=, with what is used there bound into it.
fn home(
    view: &View<'_>,
    writes: &Writes,
    writable: &mut BTreeMap<String, Vec<String>>,
    binds: &mut Binds,
    proposal: &mut Proposal,
) {
    if *view.settings().protect_home != ProtectHome::No {
        if *view.settings().protect_home == ProtectHome::ReadOnly {
            writable.extend(writes.home.clone());
        }
        return;
    }
    let used = home_used(view);
    if used.is_empty() {
        let why = "No file in a home directory was used";
        let line = Line::plain("ProtectHome", "yes", vec![why.to_owned()]);
        return proposal.set(
            view,
            line.or([Weaker::value("tmpfs"), Weaker::value("read-only")]),
        );
    }
    let evidence: Vec<String> = used
        .values()
        .flat_map(|(_, all)| all.iter().cloned())
        .collect();
    let is_runtime = used.keys().any(|place| is_below(place, "/run/user"));
    if view.level == Level::Safe || is_runtime {
        if writes.home.is_empty() && !is_runtime {
            let line = Line::plain("ProtectHome", "read-only", some(evidence, 4));
            return proposal.set(view, line);
        }
        if is_runtime {
            let reason = "The runtime directory of a user is used";
            return proposal.leave("ProtectHome", reason, evidence);
        }
        writable.extend(writes.home.clone());
        let line = Line::plain("ProtectHome", "read-only", some(evidence, 4));
        return proposal.set(view, line);
    }
    for (place, (is_written, sentences)) in used {
        let places = if is_written {
            &mut binds.writable
        } else {
            &mut binds.read_only
        };
        places.insert(place, sentences);
    }
    let why = "Of home directories only what is bound here was used".to_owned();
    let line = Line::plain("ProtectHome", "tmpfs", vec![why]);
    proposal.set(view, line.or([Weaker::value("read-only")]));
}

/// The entries of home directories that are used: whether they are written, with sentences.
pub(super) fn home_used(view: &View<'_>) -> BTreeMap<String, (bool, Vec<String>)> {
    let mut used: BTreeMap<String, (bool, Vec<String>)> = BTreeMap::new();
    for home in HOMES {
        for (path, fact) in view.below(home) {
            let is_probe = fact.uses.iter().all(|one| *one == Use::Probe);
            let Some(place) = entry(view, home, path) else {
                continue;
            };
            if is_probe || fact.seen.successes() == 0 {
                continue;
            }
            let (is_written, sentences) = used.entry(place).or_default();
            *is_written |= WRITES.iter().any(|one| fact.uses.contains(one));
            sentences.push(told(&format!("{path} was used"), &fact.seen));
        }
    }
    for (path, why) in &view.statics().code {
        let home = HOMES.into_iter().find(|home| is_below(path, home));
        if let Some(place) = home.and_then(|home| entry(view, home, path)) {
            used.entry(place)
                .or_default()
                .1
                .push(format!("{path}: {why}"));
        }
    }
    used
}

/// The first directory or file below somebody's home that a path is in.
fn entry(view: &View<'_>, home: &str, path: &str) -> Option<String> {
    let rest = path.strip_prefix(home)?.strip_prefix('/')?;
    let depth = if home == "/root" { 1 } else { 2 };
    let parts: Vec<&str> = rest.split('/').take(depth).collect();
    let place = format!("{home}/{}", parts.join("/"));
    // Somebody's whole home is not given for having been looked at.
    (parts.len() == depth && view.file(&place).is_some()).then_some(place)
}

/// Writes a list of paths, one an assignment, with sentences.
pub(super) fn write(
    view: &View<'_>,
    name: &'static str,
    places: BTreeMap<String, Vec<String>>,
    mark: &str,
    proposal: &mut Proposal,
) {
    let is_bind = name.starts_with("Bind");
    let mut items = BTreeMap::new();
    let mut evidence = Vec::new();
    for (place, sentences) in places {
        let word = if is_bind {
            text::bind(&place)
        } else {
            text::path(&place)
        };
        let Some(word) = word else {
            proposal.suggestions.push(format!(
                "{place:?} is used, and cannot be written into a unit file."
            ));
            continue;
        };
        items.insert(mark_word(mark, &word), String::new());
        if writes::is_shared(&place) {
            evidence.push(format!("{place} belongs to all services"));
        }
        evidence.extend(some(sentences, 2));
    }
    if items.is_empty() {
        return;
    }
    let line = Line::of(
        name,
        Content::Items(items),
        view.systemd(),
        some(evidence, 12),
    );
    proposal.set(view, line);
}

/// A word with a mark in front, within its quotes.
pub(super) fn mark_word(mark: &str, word: &str) -> String {
    match word.strip_prefix('"') {
        Some(rest) => format!("\"{mark}{rest}"),
        None => format!("{mark}{word}"),
    }
}

/// Secrets and other services' places: who has no business there does not see them, even as root.
const SECRETS: [&str; 12] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/security/opasswd",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/boot",
    "/efi",
    "/var/spool/cron",
    "/run/systemd/private",
];

/// The same for what a careful level leaves in place.
const REMOTE: [&str; 12] = [
    "/etc/ssl/private",
    "/etc/pki/tls/private",
    "/etc/cron.d",
    "/run/dbus",
    "/run/docker.sock",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/lib/systemd",
    "/var/backups",
    "/mnt",
    "/media",
    "/lost+found",
];

fn hide(view: &View<'_>, proposal: &mut Proposal) {
    let lists: &[&[&str]] = match view.level {
        Level::Safe => &[&SECRETS],
        _ => &[&SECRETS, &REMOTE],
    };
    let logs_in = view.below("/etc/pam.d").next().is_some();
    let mut items = BTreeMap::new();
    for place in lists.iter().copied().flatten().copied() {
        let is_used = view.below(place).any(|(_, fact)| fact.seen.successes() > 0);
        let is_password = place.starts_with("/etc/shadow") || place.starts_with("/etc/gshadow");
        let is_hidden = is_covered(place, &view.settings().inaccessible_paths);
        if is_used || is_hidden || logs_in && is_password || view.file(place).is_none() {
            continue;
        }
        items.insert(format!("-{place}"), String::new());
    }
    if items.is_empty() {
        return;
    }
    let why = "Secrets and places of others that were not touched".to_owned();
    let line = Line::of(
        "InaccessiblePaths",
        Content::Items(items),
        view.systemd(),
        vec![why],
    );
    proposal.set(view, line);
}
