//! The directories of a search path taken together: which file is meant by a name.

use super::directory::{Directory, Entry, Target};
use super::file::Known;
use crate::name::UnitName;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// systemd follows a chain of names this far.
const NAMES_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct View {
    root: PathBuf,
    pub(super) dirs: Vec<Arc<Directory>>,
    /// For the file name of a main file, the names of the links to it.
    aliases: OnceLock<HashMap<Box<str>, Vec<Box<str>>>>,
}

/// A main file.
pub(super) struct Fragment {
    pub(super) path: PathBuf,
    pub(super) known: Known,
    pub(super) name: Box<str>,
}

enum Meaning {
    /// The link or file itself.
    File(Known),
    /// Another name to look up.
    Alias(String),
}

impl View {
    pub(super) fn new(root: &Path, dirs: Vec<Arc<Directory>>) -> Self {
        Self {
            root: root.into(),
            dirs,
            aliases: OnceLock::new(),
        }
    }

    /// The main file of a name; an instance falls back to its template.
    pub(super) fn fragment(&self, name: &UnitName) -> Option<Fragment> {
        let found = self.follow(name.as_str());
        match name.template() {
            // Not when a link was found that leads nowhere.
            Some(template) if found.is_none() => self.follow(template.as_str()),
            _ => found,
        }
    }

    fn follow(&self, name: &str) -> Option<Fragment> {
        let mut name = name.to_owned();
        for step in 0..NAMES_MAX {
            let mut found = self.meaning(&name);
            if found.is_none() && step > 0 {
                name = UnitName::parse(&name).ok()?.template()?.as_str().to_owned();
                found = self.meaning(&name);
            }
            match found? {
                (directory, Meaning::File(known)) => {
                    return Some(Fragment {
                        path: directory.path.join(&name),
                        known,
                        name: name.into(),
                    });
                }
                (_, Meaning::Alias(target)) => name = target,
            }
        }
        None
    }

    /// What the most important valid entry with this name means.
    fn meaning(&self, name: &str) -> Option<(&Directory, Meaning)> {
        self.dirs.iter().find_map(|directory| {
            let meaning = match directory.units.get(name)? {
                Entry::Regular => Meaning::File(Known::Regular),
                Entry::Link(target) => {
                    let target = target.get_or_init(|| directory.target(&self.root, name));
                    match self.inside(target) {
                        false => Meaning::File(Known::Link),
                        true if valid_alias(name, &target.name) => {
                            Meaning::Alias(target.name.clone())
                        }
                        true => return None,
                    }
                }
            };
            Some((&**directory, meaning))
        })
    }

    /// Whether a link stays in the search path.
    fn inside(&self, target: &Target) -> bool {
        self.dirs.iter().any(|directory| {
            directory.identity.is_some()
                && target.parent.starts_with(directory.canonical(&self.root))
        })
    }

    /// The names of a unit beside its own, sorted; `fragment` is the name of its main file.
    pub(super) fn names(&self, name: &UnitName, fragment: Option<&str>) -> BTreeSet<UnitName> {
        let aliases = self.aliases.get_or_init(|| self.index());
        let mut names = BTreeSet::new();
        names.extend((!name.is_template()).then(|| name.clone()));
        let template = name.template();
        let keys = [Some(name.as_str()), fragment];
        let found = keys
            .into_iter()
            .flatten()
            .filter_map(|key| aliases.get(key))
            .flatten();
        for alias in found.filter_map(|alias| UnitName::parse(alias).ok()) {
            if template.is_none() || !alias.is_template() {
                // Links from other instances lead to the same template.
                names.extend((alias.instance() == name.instance()).then_some(alias));
                continue;
            }
            let Ok(alias) = alias.with_instance(name.instance().unwrap_or_default()) else {
                continue;
            };
            let own = self.follow(alias.as_str());
            if own.is_none_or(|own| fragment.is_none_or(|fragment| *own.name == *fragment)) {
                names.insert(alias);
            }
        }
        names
    }

    fn index(&self) -> HashMap<Box<str>, Vec<Box<str>>> {
        let mut index: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        for directory in &self.dirs {
            for (name, entry) in directory.units.iter() {
                if !matches!(entry, Entry::Link(_)) {
                    continue;
                }
                let Some((_, Meaning::Alias(_))) = self.meaning(name) else {
                    continue;
                };
                if let Some(fragment) = self.follow(name) {
                    index.entry(fragment.name).or_default().push(name.into());
                }
            }
        }
        index
    }
}

/// Whether systemd takes a link for a second name of another unit.
fn valid_alias(source: &str, target: &str) -> bool {
    let (Ok(source), Ok(target)) = (UnitName::parse(source), UnitName::parse(target)) else {
        return false;
    };
    let kind = source.kind();
    if source == target || kind != target.kind() || !kind.may_have_aliases() {
        return false;
    }
    match (source.instance(), target.instance()) {
        (None, None) => true,
        (Some(_), Some("")) => kind.may_be_template(),
        (Some(source), Some(target)) => kind.may_be_template() && source == target,
        _ => false,
    }
}
