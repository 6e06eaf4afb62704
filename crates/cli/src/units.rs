//! From arguments to units.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use std::sync::{Arc, OnceLock};

use unitward_catalog::Version;
use unitward_settings::{Base, Cause, Diagnostic, Effect, Options as Aim, Resolution, Scope};
use unitward_unit::load::{
    FILE_MAX, LoadState, Loader, ManagerConfig, Options, SearchPath, UserDirs,
};
use unitward_unit::{HostFacts, SourceFile, Unit, UnitName, UserFacts};

use crate::args::Source;
use crate::error::Error;
use crate::ui;

/// Units are looked up here, by name or by path.
pub(crate) struct Units {
    loader: Loader,
    version: Version,
    scope: Scope,
    facts: HostFacts,
    /// What units of the system start from, once one of them was resolved.
    base: OnceLock<Base>,
    drop_ins: Vec<(PathBuf, Vec<u8>)>,
    stdin_name: Option<String>,
    root: Option<PathBuf>,
}

/// What an argument stands for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A unit on the search path.
    Name(UnitName),
    /// A file.
    File(PathBuf),
    /// Standard input, read already.
    Text(UnitName, Vec<u8>),
}

impl Units {
    /// Prepares the search for units.
    pub(crate) fn new(source: &Source, version: Version) -> Result<Self, Error> {
        let root = source.root.clone().unwrap_or_else(|| PathBuf::from("/"));
        if !root.is_dir() {
            return Err(Error::new(format!(
                "--root={} is no folder.",
                root.display()
            )));
        }
        let path = if source.user {
            SearchPath::user(&root, &user_dirs())
        } else {
            SearchPath::system(&root)
        };
        let value = std::env::var_os("SYSTEMD_UNIT_PATH");
        let path = path.with_override(value.as_deref());
        let instance = source
            .instance
            .as_deref()
            .unwrap_or(default_instance(version));
        let drop_ins = source
            .drop_ins
            .iter()
            .map(|path| read_drop_in(path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            loader: Loader::new(path, Options::with_instance(instance)),
            version,
            scope: match source.user {
                true => Scope::User,
                false => Scope::System,
            },
            facts: facts(source),
            base: OnceLock::new(),
            drop_ins,
            stdin_name: source.stdin_name.clone(),
            root: source.root.clone(),
        })
    }

    /// The units that an argument stands for: a folder stands for all units in it.
    pub(crate) fn targets(&self, argument: &Path) -> Result<Vec<Target>, Error> {
        let text = argument.to_string_lossy();
        if text == "-" {
            return Ok(vec![self.standard_input()?]);
        }
        if text.contains('/') || argument.exists() {
            if argument.is_dir() {
                let (files, errors) = self.loader.discover(argument);
                if let Some(error) = errors.first().filter(|_| files.is_empty()) {
                    return Err(Error::new(error.to_string()));
                }
                return Ok(files.into_iter().map(Target::File).collect());
            }
            return Ok(vec![Target::File(argument.to_owned())]);
        }
        let name = if text.contains('.') {
            text.into_owned()
        } else {
            format!("{text}.service")
        };
        let name =
            UnitName::parse(&name).map_err(|error| Error::new(format!("{name}: {error}")))?;
        Ok(vec![Target::Name(name)])
    }

    /// Every unit on the search path whose processes have a sandbox.
    pub(crate) fn all(&self) -> Vec<Target> {
        self.loader.units().into_iter().map(Target::Name).collect()
    }

    /// Loads a unit, with the drop-ins of the command line.
    pub(crate) fn load(&self, target: &Target) -> Result<Unit, Error> {
        let mut unit = match target {
            Target::Name(name) => self.loader.load(name),
            Target::File(path) => self
                .loader
                .load_path(path)
                .map_err(|error| Error::new(error.to_string()))?,
            Target::Text(name, text) => {
                self.loader
                    .load_text(name, Path::new("<standard input>"), text.clone())
            }
        };
        for (path, text) in &self.drop_ins {
            unit = unit.with_drop_in(path, text.clone());
        }
        Ok(unit)
    }

    /// Whether a unit is one of those that the system, or the tree of `--root`, would load: by name, or by a path on the
    /// search path.
    pub(crate) fn is_installed(&self, target: &Target) -> bool {
        match target {
            Target::Name(_) => true,
            Target::Text(..) => false,
            Target::File(path) => {
                let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
                self.root.is_some()
                    || folder
                        .is_some_and(|folder| self.loader.search_path().dirs().contains(&folder))
            }
        }
    }

    /// Whether a unit of the search path is started when the system is: others pull it in, or it is not made to be
    /// enabled and so is there for those that name it.
    pub(crate) fn is_active(&self, name: &UnitName, unit: &Unit) -> bool {
        let can_be_enabled = unit.assignments().any(|(_, assignment)| {
            assignment.section == "Install"
                && matches!(assignment.key, "WantedBy" | "RequiredBy" | "UpheldBy")
        });
        let pulled_in = |folder: &PathBuf| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).any(|path| {
                let kind = path.extension().unwrap_or_default();
                let kind = kind == "wants" || kind == "requires" || kind == "upholds";
                kind && path.join(name.as_str()).symlink_metadata().is_ok()
            })
        };
        !can_be_enabled || self.loader.search_path().dirs().iter().any(pulled_in)
    }

    /// Whose rules apply, and what specifiers stand for.
    pub(crate) fn aim(&self) -> Aim<'_> {
        Aim {
            version: self.version,
            scope: self.scope,
            facts: &self.facts,
            user_umask: 0o022,
        }
    }

    /// Resolves a unit. One that is installed starts from the configuration of its manager, any other from systemd's own
    /// defaults.
    pub(crate) fn resolve(&self, target: &Target, unit: &Unit) -> Resolution {
        match self.is_installed(target) {
            true => self.base().resolve(unit, &self.aim()),
            false => unitward_settings::resolve(unit, &self.aim()),
        }
    }

    /// What the manager's configuration makes every unit start from. What is wrong with it is said when it is first read.
    pub(crate) fn base(&self) -> &Base {
        self.base.get_or_init(|| {
            let root = self.root.as_deref().unwrap_or(Path::new("/"));
            let config = match self.scope {
                Scope::User => ManagerConfig::user(root, &user_dirs()),
                _ => ManagerConfig::system(root, self.version.number()),
            };
            let base = Base::new(&config, self.version, self.scope, &self.facts);
            config
                .skipped
                .iter()
                .for_each(|error| ui::note(&format!("{error}.")));
            remarks(&base);
            base
        })
    }

    fn standard_input(&self) -> Result<Target, Error> {
        let name = self.stdin_name.as_deref().unwrap_or("stdin.service");
        let name = UnitName::parse(name)
            .map_err(|error| Error::new(format!("--stdin-name={name}: {error}")))?;
        let mut text = Vec::new();
        std::io::stdin()
            .lock()
            .take(FILE_MAX + 1)
            .read_to_end(&mut text)
            .map_err(|error| Error::new(format!("Cannot read standard input: {error}.")))?;
        if text.len() as u64 > FILE_MAX {
            return Err(Error::new(format!(
                "Standard input has more than {FILE_MAX} bytes."
            )));
        }
        Ok(Target::Text(name, text))
    }
}

/// Says which lines of the manager's configuration have no effect.
fn remarks(base: &Base) {
    const MOST: usize = 10;
    let lines = base
        .diagnostics
        .iter()
        .filter(|remark| remark.effect > Effect::Noted);
    for line in lines.take(MOST) {
        let text = remark(line, &base.manager().files);
        ui::note(&ui::printable(&format!("{text}.")));
    }
}

/// What is wrong with a line of these files, without a full stop.
pub(crate) fn remark(remark: &Diagnostic, files: &[Arc<SourceFile>]) -> String {
    let file = usize::try_from(remark.origin.file)
        .ok()
        .and_then(|at| files.get(at));
    let path = file.map_or(String::new(), |file| file.path.display().to_string());
    let (line, key) = (remark.origin.line, &remark.directive);
    let (word, why) = match remark.cause {
        Cause::Value if remark.expected.is_empty() => (remark.word.as_str(), String::new()),
        Cause::Value => (
            remark.word.as_str(),
            format!(": expected {}", remark.expected),
        ),
        Cause::TooNew { since: since @ 1.. } => ("", format!(": it came with systemd {since}")),
        _ => ("", ": this systemd does not know it".to_owned()),
    };
    format!("{path}:{line}: {key}={word} has no effect{why}")
}

/// What is wrong with a unit that was not loaded, as a sentence; none when it was loaded.
pub(crate) fn load_problem(unit: &Unit) -> Option<String> {
    match &unit.state {
        LoadState::Loaded => None,
        LoadState::Masked => Some(format!("{} is masked", unit.name)),
        LoadState::NotFound => Some(format!("{} was not found", unit.name)),
        LoadState::Error(error) => Some(error.to_string()),
        _ => Some(format!("{} cannot be loaded", unit.name)),
    }
}

/// The instance that systemd-analyze looks at templates as.
pub(crate) fn default_instance(version: Version) -> &'static str {
    if version >= Version::V257 {
        "test_instance"
    } else {
        "i"
    }
}

/// The folders of this process's user.
pub(crate) fn user_dirs() -> UserDirs {
    let folder = |variable: &str| {
        std::env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let list = |variable: &str| {
        std::env::var_os(variable)
            .map(|value| std::env::split_paths(&value).collect())
            .unwrap_or_default()
    };
    let home = folder("HOME");
    let below = |end: &str| home.as_ref().map(|home| home.join(end));
    UserDirs {
        config_home: folder("XDG_CONFIG_HOME").or_else(|| below(".config")),
        config_dirs: list("XDG_CONFIG_DIRS"),
        data_home: folder("XDG_DATA_HOME").or_else(|| below(".local/share")),
        data_dirs: list("XDG_DATA_DIRS"),
        runtime: folder("XDG_RUNTIME_DIR"),
    }
}

fn read_drop_in(path: &Path) -> Result<(PathBuf, Vec<u8>), Error> {
    Ok((path.to_owned(), crate::files::read(path)?))
}

/// What specifiers stand for.
pub(crate) fn facts(source: &Source) -> HostFacts {
    let root = source.root.as_deref().unwrap_or(Path::new("/"));
    if source.user {
        HostFacts::user(root, user_facts())
    } else {
        HostFacts::system(root)
    }
}

/// This process's user, from the environment and the user database.
pub(crate) fn user_facts() -> UserFacts {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (uid, gid) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    let entry = |path: &str, id: u32| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let mut entries = text.lines().map(fields);
        entries.find(|entry| entry.get(2).is_some_and(|own| *own == id.to_string()))
    };
    let user = entry("/etc/passwd", uid).unwrap_or_default();
    let group = entry("/etc/group", gid).unwrap_or_default();
    let field = |entry: &[String], at: usize| entry.get(at).cloned().unwrap_or_default();
    UserFacts {
        name: variable("USER").unwrap_or_else(|| field(&user, 0)),
        uid,
        group: field(&group, 0),
        gid,
        home: variable("HOME").unwrap_or_else(|| field(&user, 5)),
        shell: variable("SHELL").unwrap_or_else(|| field(&user, 6)),
        runtime: variable("XDG_RUNTIME_DIR"),
        state: variable("XDG_STATE_HOME"),
        cache: variable("XDG_CACHE_HOME"),
        config: variable("XDG_CONFIG_HOME"),
        data: variable("XDG_DATA_HOME"),
    }
}
