//! The smallest change that opens a path.

use std::path::Path;

use unitward_sandbox::plan::{Content, TreeEntry};
use unitward_settings::{Item, MarkedPath, MarkedPaths, PrivateTmp};

use super::access::Want;
use super::cause::Relaxation;
use super::off::off;
use super::subject::{Subject, exists};

/// Changes that let a path be used in spite of a place of the mount tree, the smallest one first.
pub(super) fn loosen(
    subject: &Subject<'_>,
    place: &TreeEntry,
    path: &str,
    want: Want,
) -> Vec<Relaxation> {
    let directive = place.cause.directive;
    if directive.is_empty() {
        return Vec::new();
    }
    let mut changes = Vec::new();
    let settings = subject.settings;
    let relisted = match directive {
        "ReadOnlyPaths" => relist("ReadOnlyPaths", &settings.read_only_paths, place),
        "InaccessiblePaths" => relist("InaccessiblePaths", &settings.inaccessible_paths, place),
        "NoExecPaths" => relist("NoExecPaths", &settings.no_exec_paths, place),
        "BindPaths" | "BindReadOnlyPaths" => writable_binds(subject, place),
        _ => None,
    };
    match &place.content {
        Content::Hidden => match (directive, settings.protect_home.word()) {
            ("ProtectHome", "yes") => {
                let change = Relaxation::of("ProtectHome", "tmpfs");
                if let Some((bind, target)) = bind(path, want) {
                    changes.push(change.and(bind, target));
                }
                if want == Want::Read || want == Want::Execute {
                    changes.push(Relaxation::of("ProtectHome", "read-only"));
                }
            }
            _ => changes.extend(relisted),
        },
        Content::Devices => {
            if exists(path) && path.starts_with("/dev/") {
                let rights = if want == Want::Read { "r" } else { "rw" };
                let change = Relaxation::of("BindPaths", path)
                    .and("DeviceAllow", format!("{path} {rights}"));
                changes.push(change);
            }
        }
        Content::Kernel(_) if want == Want::Read => {}
        _ if want == Want::Execute && place.no_exec == Some(true) => {
            changes.extend(executable(subject, place, path));
            changes.extend(relisted);
        }
        Content::Empty | Content::Bound(_) if relisted.is_none() && !is_inside(subject, path) => {
            if let Some((bind, target)) = bind(path, want) {
                changes.push(Relaxation::of(bind, target));
            }
            if place.read_only == Some(true) && want >= Want::Write {
                changes.extend(writable(subject, place, path, want));
            }
        }
        _ => {
            if want >= Want::Write {
                changes.extend(own_directory(subject, path).filter(|_| !exists(path)));
                changes.extend(own_temporary(subject, path, want));
                changes.extend(writable(subject, place, path, want));
            }
            changes.extend(relisted);
        }
    }
    changes.push(off(directive));
    changes
}

/// Whether the service sees the same at a path as the host.
fn is_inside(subject: &Subject<'_>, path: &str) -> bool {
    subject
        .on_host(path)
        .is_some_and(|real| real == path && exists(&real))
}

/// What makes a path of a read-only place writable.
fn writable(
    subject: &Subject<'_>,
    place: &TreeEntry,
    path: &str,
    want: Want,
) -> Option<Relaxation> {
    let target = target(subject, path, want)?;
    // A place that is read-only stays so, whatever another setting says of the same path.
    if target == place.path {
        return None;
    }
    Some(Relaxation::of("ReadWritePaths", escaped(&target)))
}

/// What has to be writable: the file when it is there and is written to, else the folder that it is made in.
fn target(subject: &Subject<'_>, path: &str, want: Want) -> Option<String> {
    let is_there = |path: &Path| {
        subject
            .on_host(&path.to_string_lossy())
            .is_some_and(|real| exists(&real))
    };
    let whole = Path::new(path);
    // Files come and go in a directory of the service's own.
    if let Some((folder, name)) = in_own_directory(path) {
        let own = format!("{folder}{name}");
        if own != path && is_there(Path::new(&own)) {
            return Some(own);
        }
    }
    let opened = want == Want::Write || want == Want::Create && whole.is_file();
    if opened && is_there(whole) {
        return Some(path.to_owned());
    }
    // A directory that something is to be made in stands for itself.
    let folder = whole.ancestors().skip(1).find(|folder| is_there(folder))?;
    Some(folder.to_string_lossy().into_owned())
}

/// A directory that systemd makes for the service, where the path is in one that is not there.
pub(super) fn own_directory(subject: &Subject<'_>, path: &str) -> Option<Relaxation> {
    let (folder, name) = in_own_directory(path)?;
    let (_, directive) = OWN.iter().find(|(known, _)| *known == folder)?;
    let own = format!("{folder}{name}");
    // A mere file in the folder is not what the directives are for, unless it has no suffix and the call makes
    // directories: then nothing tells them apart.
    let is_directory = own != path || !name.contains('.');
    let is_new = subject.on_host(&own).is_none_or(|real| !exists(&real));
    (is_directory && is_new).then(|| Relaxation::of(directive, escaped(name)))
}

/// Where directories that systemd makes are, and the directives for them.
const OWN: [(&str, &str); 4] = [
    ("/run/", "RuntimeDirectory"),
    ("/var/lib/", "StateDirectory"),
    ("/var/cache/", "CacheDirectory"),
    ("/var/log/", "LogsDirectory"),
];

/// The folder of such directories that a path is below, and the name in it.
fn in_own_directory(path: &str) -> Option<(&'static str, &str)> {
    OWN.iter().find_map(|(folder, _)| {
        let rest = path.strip_prefix(folder)?;
        let name = rest.split('/').next().filter(|name| !name.is_empty())?;
        Some((*folder, name))
    })
}

/// A directory for temporary files of the service's own, where it makes one.
fn own_temporary(subject: &Subject<'_>, path: &str, want: Want) -> Option<Relaxation> {
    let is_temporary = path.starts_with("/tmp/") || path.starts_with("/var/tmp/");
    let is_shared = *subject.settings.private_tmp == PrivateTmp::No;
    (want >= Want::Create && is_temporary && is_shared && !exists(path))
        .then(|| Relaxation::of("PrivateTmp", "yes"))
}

/// What lets a program be executed: it, its interpreter and its libraries.
fn executable(subject: &Subject<'_>, place: &TreeEntry, path: &str) -> Vec<Relaxation> {
    let mut files = super::start::files(subject, path);
    if !files.iter().any(|file| file == path) {
        files.insert(0, path.to_owned());
    }
    // Of its libraries only those in such a place.
    let is_no_exec = |file: &&String| {
        let decided = subject.places(file).find_map(|place| place.no_exec);
        *file == path || decided == Some(true)
    };
    let folders: std::collections::BTreeSet<String> = files
        .iter()
        .filter(is_no_exec)
        .map(|file| match file.rsplit_once('/') {
            Some((folder, name)) if name.contains(".so") && !folder.is_empty() => folder.to_owned(),
            _ => file.clone(),
        })
        .filter(|file| file != &place.path)
        .collect();
    let list: Vec<String> = folders.iter().map(|file| escaped(file)).collect();
    if list.is_empty() {
        return Vec::new();
    }
    vec![Relaxation::of("ExecPaths", list.join(" "))]
}

fn bind(path: &str, want: Want) -> Option<(&'static str, String)> {
    let whole = Path::new(path);
    // What is made, or given another name, needs its folder.
    let in_folder = want == Want::Entry || want == Want::Create && !whole.is_file();
    let there = whole
        .ancestors()
        .skip(usize::from(in_folder))
        .find(|path| path.symlink_metadata().is_ok())?
        .to_string_lossy()
        .into_owned();
    if there == "/" {
        return None;
    }
    let directive = if want >= Want::Write {
        "BindPaths"
    } else {
        "BindReadOnlyPaths"
    };
    Some((directive, escaped(&there)))
}

/// A list without what makes a place, which an empty assignment and one of the rest make.
fn relist(directive: &'static str, list: &MarkedPaths, place: &TreeEntry) -> Option<Relaxation> {
    let origin = place.cause.origin?;
    let is_it = |item: &Item<MarkedPath>| {
        item.origin == origin
            && (item.value.path == place.path || {
                // The place may be where a link leads to.
                std::fs::canonicalize(&item.value.path)
                    .is_ok_and(|real| real == Path::new(&place.path))
            })
    };
    if !list.0.iter().any(is_it) {
        return None;
    }
    let rest: Vec<String> = list
        .0
        .iter()
        .filter(|item| !is_it(item))
        .map(|item| {
            let MarkedPath {
                path,
                optional,
                in_root,
            } = &item.value;
            let minus = if *optional { "-" } else { "" };
            let plus = if *in_root { "+" } else { "" };
            format!("{minus}{plus}{}", escaped(path))
        })
        .collect();
    let change = Relaxation::of(directive, "");
    Some(if rest.is_empty() {
        change
    } else {
        change.and(directive, rest.join(" "))
    })
}

/// The binds again, with one of them writable.
fn writable_binds(subject: &Subject<'_>, place: &TreeEntry) -> Option<Relaxation> {
    let binds = &subject.settings.binds.0;
    let is_it = |destination: &str| destination.trim_end_matches('/') == place.path;
    if !binds
        .iter()
        .any(|item| item.value.read_only && is_it(&item.value.destination))
    {
        return None;
    }
    let mut change = Relaxation::of("BindPaths", "");
    for item in binds {
        let bind = &item.value;
        let directive = if bind.read_only && !is_it(&bind.destination) {
            "BindReadOnlyPaths"
        } else {
            "BindPaths"
        };
        let minus = if bind.optional { "-" } else { "" };
        let recursive = if bind.recursive { "" } else { ":norbind" };
        let value = format!(
            "{minus}{}:{}{recursive}",
            escaped(&bind.source),
            escaped(&bind.destination)
        );
        change = change.and(directive, value);
    }
    Some(change)
}

/// A path as a word of a unit file.
fn escaped(path: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('%', "%%");
    if path.contains([' ', '\t', '"', '\'']) {
        return format!("\"{}\"", path.replace('"', "\\\""));
    }
    path
}
