//! From a name or path to a unit.

use super::directory::Directory;
use super::drop_in::DropInDir;
use super::file::{Content, Role, SourceFile, read};
use super::view::View;
use super::{DROP_INS_MAX, LoadError, LoadErrorKind, LoadState, SearchPath, UNIT_MAX, Unit};
use crate::name::UnitName;
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How to load.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The instance that a template is loaded as: systemd-analyze 252 takes `i`, 257 and 262 `test_instance`.
    pub instance: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            instance: "test_instance".into(),
        }
    }
}

impl Options {
    /// With this instance for templates.
    pub fn with_instance(instance: impl Into<String>) -> Self {
        Self {
            instance: instance.into(),
        }
    }
}

/// Loads units. Every directory is listed at most once; changes made later are not seen.
#[derive(Debug)]
pub struct Loader {
    path: SearchPath,
    options: Options,
    base: OnceLock<Arc<View>>,
    views: RwLock<HashMap<PathBuf, Arc<View>>>,
    drop_ins: RwLock<HashMap<PathBuf, Arc<DropInDir>>>,
}

impl Loader {
    /// A loader for this search path. Nothing is read yet.
    pub fn new(path: SearchPath, options: Options) -> Self {
        Self {
            path,
            options,
            base: OnceLock::new(),
            views: RwLock::default(),
            drop_ins: RwLock::default(),
        }
    }

    /// The search path.
    pub fn search_path(&self) -> &SearchPath {
        &self.path
    }

    /// Loads a unit by name. A template is loaded as the instance of the options.
    pub fn load(&self, name: &UnitName) -> Unit {
        self.load_from(self.base(), name, None)
    }

    /// Loads a unit by path: its folder counts as the most important one of the search path, and the file is then looked up
    /// by its name.
    ///
    /// # Errors
    /// When the file is not named like a unit.
    pub fn load_path(&self, path: &Path) -> Result<Unit, LoadError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = UnitName::parse(&name)
            .map_err(|error| LoadError::new(path, LoadErrorKind::Name(error)))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let view = self.view(folder);
        let mut unit = self.load_from(&view, &name, None);
        if unit.state == LoadState::NotFound {
            // Something is there that is no file, which systemd does not see.
            if let Ok(metadata) = std::fs::metadata(path) {
                if !metadata.is_file() {
                    let error = LoadError::new(path, LoadErrorKind::NotAFile);
                    unit.state = LoadState::Error(error);
                }
            } else if let Some(error) = view.dirs.first().and_then(|dir| dir.error.clone()) {
                unit.state = LoadState::Error(error);
            }
        }
        Ok(unit)
    }

    /// Loads a unit from text, such as standard input. `path` is what messages show. Drop-ins on the search path count.
    pub fn load_text(&self, name: &UnitName, path: &Path, text: impl Into<Vec<u8>>) -> Unit {
        let text = text.into();
        self.load_from(self.base(), name, Some((path, text)))
    }

    /// The names of all units on the search path that have execution settings, sorted.
    pub fn units(&self) -> Vec<UnitName> {
        let names = self
            .base()
            .dirs
            .iter()
            .flat_map(|directory| directory.units.iter().map(|(name, _)| name));
        let mut names: Vec<UnitName> = names
            .filter_map(|name| UnitName::parse(name).ok())
            .filter(|name| name.kind().has_execution_settings())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn base(&self) -> &Arc<View> {
        self.base.get_or_init(|| {
            let root = self.path.root();
            let mut seen = HashSet::new();
            let mut dirs = Vec::new();
            for path in self.path.dirs() {
                let directory = Directory::read(root, path);
                let present = directory.identity.is_some() || directory.error.is_some();
                if present
                    && directory
                        .identity
                        .is_none_or(|identity| seen.insert(identity))
                {
                    dirs.push(Arc::new(directory));
                }
            }
            Arc::new(View::new(root, dirs))
        })
    }

    /// The search path with `folder` in front.
    fn view(&self, folder: &Path) -> Arc<View> {
        let base = self.base();
        if base.dirs.first().is_some_and(|first| first.path == folder) {
            return base.clone();
        }
        let known = self
            .views
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(folder)
            .cloned();
        if let Some(view) = known {
            return view;
        }
        let root = self.path.root();
        let first = Directory::read(root, folder);
        let others = base
            .dirs
            .iter()
            .filter(|dir| dir.identity != first.identity)
            .cloned();
        let others: Vec<_> = others.collect();
        let dirs = std::iter::once(Arc::new(first)).chain(others).collect();
        let view = Arc::new(View::new(root, dirs));
        let mut views = self.views.write().unwrap_or_else(PoisonError::into_inner);
        views.entry(folder.into()).or_insert(view).clone()
    }

    fn load_from(&self, view: &View, name: &UnitName, text: Option<(&Path, Vec<u8>)>) -> Unit {
        let name = match name.is_template() {
            true => name
                .with_instance(&self.options.instance)
                .unwrap_or_else(|_| name.clone()),
            false => name.clone(),
        };
        let mut files = Vec::new();
        let mut skipped = Vec::new();
        let (fragment, content) = match text {
            Some((path, text)) => {
                let content = match text.is_empty() {
                    true => Content::Null,
                    false => Content::Text(text),
                };
                (
                    Some((path.to_path_buf(), name.as_str().into())),
                    Ok(content),
                )
            }
            None => match view.fragment(&name) {
                Some(found) => {
                    let content = read(self.path.root(), &found.path, found.known);
                    (Some((found.path, found.name)), content)
                }
                None => (None, Ok(Content::Null)),
            },
        };
        let fragment_name: Option<&str> = fragment.as_ref().map(|(_, name)| &**name);
        let id = main_name(&name, fragment_name);
        let state = match (content, &fragment) {
            (_, None) => LoadState::NotFound,
            (Ok(Content::Null), Some(_)) => LoadState::Masked,
            (Ok(Content::Text(bytes)), Some((path, _))) => {
                let file = SourceFile::new(path.clone(), Role::Fragment, bytes);
                let state = syntax_state(&file);
                files.push(file);
                state
            }
            (Err(error), Some(_)) if error.kind == LoadErrorKind::Open(Errno::NOENT) => {
                skipped.push(error);
                LoadState::NotFound
            }
            (Err(error), Some(_)) => LoadState::Error(error),
        };
        let mut names = view.names(&name, fragment_name);
        names.remove(&id);
        let mut unit = Unit {
            name: id,
            aliases: names.into_iter().collect(),
            state,
            files,
            skipped,
        };
        if unit.state != LoadState::Masked {
            self.add_drop_ins(view, &mut unit);
        }
        unit
    }

    fn add_drop_ins(&self, view: &View, unit: &mut Unit) {
        if view
            .dirs
            .iter()
            .all(|directory| directory.drop_in_dirs.is_empty())
        {
            return;
        }
        let mut dirs: Vec<Arc<DropInDir>> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |names: &[String]| {
            for directory in &view.dirs {
                for name in names {
                    if directory.drop_in_dirs.get(name).is_some() {
                        let path = directory.path.join(name);
                        if seen.insert(path.clone()) {
                            dirs.push(self.drop_in_dir(path));
                        }
                    }
                }
            }
        };
        for name in std::iter::once(&unit.name).chain(&unit.aliases) {
            add(&name.drop_in_dirs());
        }
        add(&[format!("{}.d", unit.name.kind())]);
        let mut chosen: HashMap<&str, (&DropInDir, usize)> = HashMap::new();
        for directory in &dirs {
            unit.skipped.extend(directory.error.clone());
            for (index, file) in directory.files.iter().enumerate() {
                if chosen.len() >= DROP_INS_MAX && !chosen.contains_key(&*file.name) {
                    unit.state = LoadState::Error(LoadError::new(
                        &directory.path,
                        LoadErrorKind::TooManyDropIns,
                    ));
                    return;
                }
                chosen.entry(&file.name).or_insert((directory, index));
            }
        }
        let mut chosen: Vec<_> = chosen.into_iter().collect();
        chosen.sort_unstable_by_key(|(name, _)| *name);
        let length = |file: &SourceFile| file.document.bytes().len();
        let mut total: usize = unit.files.iter().map(|file| length(file)).sum();
        for (_, (directory, index)) in chosen {
            match directory.load(self.path.root(), index) {
                Ok(Some(file)) => {
                    total += length(&file);
                    if total > UNIT_MAX {
                        let error = LoadError::new(&file.path, LoadErrorKind::UnitTooLarge);
                        unit.state = LoadState::Error(error);
                        return;
                    }
                    unit.files.push(file);
                }
                Ok(None) => {}
                Err(error) => unit.skipped.push(error),
            }
        }
    }

    fn drop_in_dir(&self, path: PathBuf) -> Arc<DropInDir> {
        let known = self
            .drop_ins
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&path)
            .cloned();
        if let Some(directory) = known {
            return directory;
        }
        let directory = Arc::new(DropInDir::read(self.path.root(), &path));
        let mut drop_ins = self
            .drop_ins
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        drop_ins.entry(path).or_insert(directory).clone()
    }
}

/// The name of the unit whose main file is `fragment`.
fn main_name(name: &UnitName, fragment: Option<&str>) -> UnitName {
    let Some(found) = fragment.and_then(|fragment| UnitName::parse(fragment).ok()) else {
        return name.clone();
    };
    match found.is_template() {
        true => found
            .with_instance(name.instance().unwrap_or_default())
            .unwrap_or_else(|_| name.clone()),
        false => found,
    }
}

fn syntax_state(file: &SourceFile) -> LoadState {
    match file.document.fatal() {
        None => LoadState::Loaded,
        Some(problem) => LoadState::Error(LoadError::new(
            &file.path,
            LoadErrorKind::Syntax {
                problem: problem.kind,
                line: problem.line,
            },
        )),
    }
}
