//! NoExecPaths= and ExecPaths=: what may be executed and mapped as code.

use std::collections::BTreeMap;

use unitward_observe::Use;

use super::Level;
use super::files::write;
use super::proposal::{Line, Proposal};
use super::view::{View, is_below, told};
use super::writes::{ancestors, parent};

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    if view.service.jail {
        let reason = "NoExecPaths=/ is a mount at / as well, which would undo the jail";
        return proposal.leave("NoExecPaths", reason, Vec::new());
    }
    if !settings.no_exec_paths.0.is_empty() || !settings.exec_paths.0.is_empty() {
        return;
    }
    let code = code(view);
    if code.is_empty() {
        let reason = "No program was seen, and none is named";
        return proposal.leave("NoExecPaths", reason, Vec::new());
    }
    let places = places(view, code);
    let why = "Nothing but what is named with ExecPaths= was executed or mapped as code";
    proposal.set(view, Line::plain("NoExecPaths", "/", vec![why.to_owned()]));
    let mark = if view.level == Level::Paranoid {
        "-"
    } else {
        ""
    };
    write(view, "ExecPaths", places, mark, proposal);
}

/// Files that are code, with a sentence each.
fn code(view: &View<'_>) -> BTreeMap<String, String> {
    let mut code = BTreeMap::new();
    for (path, seen) in &view.facts.programs {
        code.insert(path.clone(), told(&format!("{path} was executed"), seen));
    }
    for (path, fact) in view.used(&[Use::Execute, Use::MapExecutable]) {
        if fact.seen.successes() > 0 {
            code.entry(path.to_owned())
                .or_insert_with(|| told(&format!("{path} was mapped as code"), &fact.seen));
        }
    }
    for (path, why) in &view.statics().code {
        code.entry(path.clone())
            .or_insert_with(|| format!("Widened by {path}, {why}"));
    }
    code.retain(|path, _| {
        path.starts_with('/')
            && std::fs::metadata(view.outside(path)).is_ok_and(|file| file.is_file())
    });
    code
}

/// Where they are: exactly, or by directories.
fn places(view: &View<'_>, code: BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, sentence) in code {
        let place = match view.level {
            Level::Paranoid => path.as_str(),
            Level::Tight if is_library(&path) => parent(&path),
            Level::Tight => path.as_str(),
            Level::Safe => whole(&path),
        };
        places.entry(place.to_owned()).or_default().push(sentence);
    }
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (place, sentences) in places {
        let cover = ancestors(&place)
            .find(|above| kept.contains_key(*above))
            .map(str::to_owned);
        kept.entry(cover.unwrap_or(place))
            .or_default()
            .extend(sentences);
    }
    kept
}

/// Whether a file is one of several in a directory of libraries, which others join when it is brought up to date.
fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_object = name.ends_with(".so") || name.contains(".so.");
    is_object && parent(path) != "/"
}

/// The whole directory of a package's kind.
fn whole(path: &str) -> &str {
    const WHOLE: [&str; 8] = [
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/libexec",
        "/usr/local",
        "/opt",
    ];
    WHOLE
        .into_iter()
        .find(|place| is_below(path, place))
        .unwrap_or(parent(path))
}
