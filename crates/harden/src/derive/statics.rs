//! What programs need besides what they were seen to use, from their files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use unitward_elf::{
    Certainty, Program, Root, SearchOptions, WxEffect, closure, implicit_dependencies, wx_reasons,
};

use super::view::View;

/// What is known from files.
#[derive(Debug, Default)]
pub(super) struct Statics {
    /// Files that are executed or mapped as code, without links, with what needs them.
    pub(super) code: BTreeMap<String, String>,
    /// Files that are only read, with what for. Of a directory all that is in it.
    pub(super) read: BTreeMap<String, String>,
    /// Links on the way to these files.
    pub(super) links: BTreeMap<String, String>,
    /// Reasons against MemoryDenyWriteExecute=, as sentences.
    pub(super) writes_code: Vec<String>,
    /// Programs that the unit names and that were not seen to be executed.
    pub(super) unseen: BTreeSet<String>,
}

/// More programs than a service executes; one that executes more is a shell.
const PROGRAMS: usize = 64;

pub(super) fn collect(view: &View<'_>) -> Statics {
    let mut statics = Statics::default();
    let Ok(root) = Root::open(view.service.root) else {
        return statics;
    };
    let mut programs: BTreeSet<&str> = BTreeSet::new();
    for path in view.facts.programs.keys() {
        programs.insert(path);
    }
    for command in commands(view) {
        let found = root.resolve(Path::new(command)).ok();
        let found = found.and_then(|found| Some(found.path.to_str()?.to_owned()));
        let was_seen = [Some(command), found.as_deref()]
            .into_iter()
            .flatten()
            .any(|path| view.facts.programs.contains_key(path));
        if !was_seen {
            statics.unseen.insert(command.to_owned());
        }
        programs.insert(command);
    }
    for program in programs.into_iter().take(PROGRAMS) {
        one(&root, program, &mut statics);
    }
    statics
}

/// The programs that the unit's commands name.
fn commands<'a>(view: &View<'a>) -> impl Iterator<Item = &'a str> {
    let settings = view.settings();
    [
        &settings.exec_condition,
        &settings.exec_start_pre,
        &settings.exec_start,
        &settings.exec_start_post,
        &settings.exec_reload,
        &settings.exec_reload_post,
        &settings.exec_stop,
        &settings.exec_stop_post,
    ]
    .into_iter()
    .flat_map(|commands| &commands.0)
    .map(|command| command.path.as_str())
    .filter(|path| path.starts_with('/'))
}

fn one(root: &Root, path: &str, statics: &mut Statics) {
    let Ok(program) = Program::read(root, Path::new(path)) else {
        return;
    };
    let closure = closure(root, &program, &SearchOptions::default());
    for file in &closure.files {
        let needed_by = file.by.and_then(|by| closure.path(Some(by)));
        let why = match needed_by {
            Some(by) => format!("needed by {}", by.display()),
            None => "executed".to_owned(),
        };
        let place = file.located.path.to_string_lossy().into_owned();
        let files = if file.role.is_code() {
            &mut statics.code
        } else {
            &mut statics.read
        };
        files.entry(place).or_insert(why);
    }
    for link in closure.links() {
        statics.links.insert(
            link.path.to_string_lossy().into_owned(),
            link.target.to_string_lossy().into_owned(),
        );
    }
    for implicit in implicit_dependencies(root, &closure) {
        if implicit.certainty != Certainty::Likely {
            continue;
        }
        let by = closure.path(Some(implicit.by)).unwrap_or(Path::new(path));
        let why = format!("{} {}", by.display(), implicit.why);
        let place = implicit.located.path.to_string_lossy().into_owned();
        for link in &implicit.located.links {
            statics.links.insert(
                link.path.to_string_lossy().into_owned(),
                link.target.to_string_lossy().into_owned(),
            );
        }
        let is_module = place.contains(".so");
        let files = if is_module {
            &mut statics.code
        } else {
            &mut statics.read
        };
        files.entry(place).or_insert(why);
    }
    for reason in wx_reasons(&closure) {
        if reason.effect > WxEffect::FailsInUse {
            continue;
        }
        let sentence = format!(
            "{path} has {}: {}",
            reason.what,
            reason.why.trim_end_matches('.')
        );
        if !statics.writes_code.contains(&sentence) {
            statics.writes_code.push(sentence);
        }
    }
}
