//! The environment of the processes (systemd.exec(5), "Environment").

use std::collections::BTreeMap;

use unitward_settings::{EnvironmentFile, ExecDirectories, Item, PressureWatch, Scope, Settings};
use unitward_unit::Origin;

use super::environment_file;
use super::{Cause, Context, Phase, UnitContext};
use crate::Failure;
use crate::sys;

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// What is known of the environment of one command before it is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The manager's variables, and what the service is told about itself.
    own: Variables,
    /// `PassEnvironment=` and `Environment=`.
    set: Variables,
    files: Vec<Item<EnvironmentFile>>,
    unset: Vec<String>,
    /// Whether arguments are expanded before variables are unset, as since 262.
    expands_first: bool,
    version: u16,
}

/// The environment of a process, and the one from which its arguments are expanded.
#[derive(Clone, Debug)]
pub(crate) struct Assembled {
    pub(crate) variables: Variables,
    pub(crate) for_arguments: Option<Variables>,
}

impl Environment {
    /// The environment of a command, as far as it is known.
    pub(super) fn plan(cx: &Context<'_>) -> Self {
        let settings = cx.settings;
        let mut own = base(cx.unit);
        login(cx, &mut own);
        directories(cx, &mut own);
        if let Some(path) = &settings.pid_file.0 {
            own.insert("PIDFILE".to_owned(), path.clone());
        }
        if let Some(namespace) = &settings.log_namespace.0 {
            own.insert("LOG_NAMESPACE".to_owned(), namespace.clone());
        }
        if cx.credentials_visible() {
            let folder = crate::service::credentials::folder(settings);
            own.insert("CREDENTIALS_DIRECTORY".to_owned(), folder);
        }
        if *settings.memory_pressure_watch == PressureWatch::No {
            // So that a program does not look for its pressure by itself (systemd.resource-control(5)).
            own.insert("MEMORY_PRESSURE_WATCH".to_owned(), "/dev/null".to_owned());
        }
        if !settings.exec_search_path.0.is_empty() {
            let folders = search_path(settings);
            own.insert("PATH".to_owned(), folders.join(":"));
        }
        let mut set = Variables::new();
        for Item { value: name, .. } in settings.pass_environment.0.iter() {
            if let Some(value) = cx.unit.caller.get(name) {
                set.insert(name.clone(), value.clone());
            }
        }
        for Item { value, .. } in settings.environment.0.iter() {
            set.insert(value.name.clone(), value.value.clone());
        }
        for directive in [
            "Environment",
            "EnvironmentFile",
            "ExecSearchPath",
            "MemoryPressureWatch",
            "PassEnvironment",
            "SetLoginEnvironment",
            "UnsetEnvironment",
        ] {
            cx.enforced(directive);
        }
        Self {
            own,
            set,
            files: settings.environment_file.0.clone(),
            unset: settings
                .unset_environment
                .0
                .iter()
                .map(|item| item.value.clone())
                .collect(),
            expands_first: cx.at_least(262),
            version: settings.version.number(),
        }
    }

    /// The whole environment, with the variables that are known only now. Reads the files of `EnvironmentFile=`.
    pub(crate) fn assemble(&self, now: Variables) -> Result<Assembled, Failure> {
        let mut variables = self.own.clone();
        variables.extend(now);
        variables.extend(
            self.set
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        for Item { value, origin } in &self.files {
            read(value, *origin, self.version, &mut variables)?;
        }
        let for_arguments =
            (self.expands_first && !self.unset.is_empty()).then(|| variables.clone());
        for unset in &self.unset {
            match unset.split_once('=') {
                None => drop(variables.remove(unset)),
                Some((name, value)) => {
                    if variables.get(name).is_some_and(|present| present == value) {
                        variables.remove(name);
                    }
                }
            }
        }
        Ok(Assembled {
            variables,
            for_arguments,
        })
    }
}

impl Assembled {
    /// The variables that `$NAME` in arguments stands for.
    pub(crate) fn arguments(&self) -> &Variables {
        self.for_arguments.as_ref().unwrap_or(&self.variables)
    }
}

/// The directories in which a program is looked for by its name, and the `PATH` of the system manager.
pub(crate) fn search_path(settings: &Settings) -> Vec<String> {
    let given = &settings.exec_search_path.0;
    if !given.is_empty() {
        return given.iter().map(|item| item.value.clone()).collect();
    }
    default_path(settings.version.number())
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// As Debian builds systemd: until 252 with the split of / and /usr, later without, and since 256 without `sbin` where it
/// is a link to `bin`.
fn default_path(version: u16) -> Vec<&'static str> {
    let mut folders = vec!["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
    if version < 253 {
        folders.extend(["/sbin", "/bin"]);
    } else if version >= 256 {
        let linked =
            |folder: &str| std::fs::read_link(folder).is_ok_and(|target| target.ends_with("bin"));
        folders.retain(|folder| !folder.ends_with("sbin") || !linked(folder));
    }
    folders
}

/// The variables of the manager: those of a user's are that user's own.
fn base(unit: &UnitContext<'_>) -> Variables {
    let settings = unit.settings;
    let mut variables = Variables::new();
    if settings.scope == Scope::User {
        variables = unit.caller.clone();
        // What belongs to the program that called unitward, and not to a manager.
        for name in ["_", "OLDPWD", "PWD", "SHLVL"] {
            variables.remove(name);
        }
        let pid = std::process::id().to_string();
        variables.insert("MANAGERPID".to_owned(), pid);
    } else {
        variables.insert(
            "PATH".to_owned(),
            default_path(settings.version.number()).join(":"),
        );
        variables.insert("LANG".to_owned(), "C.UTF-8".to_owned());
        if let Ok(text) = std::fs::read("/etc/locale.conf") {
            let locale = environment_file::parse(&String::from_utf8_lossy(&text), 257);
            for (name, value) in locale {
                if name == "LANG" || name == "LANGUAGE" || name.starts_with("LC_") {
                    variables.insert(name, value);
                }
            }
        }
    }
    let manager = &settings.manager;
    for Item { value, .. } in manager
        .manager_environment
        .0
        .iter()
        .chain(manager.default_environment.0.iter())
    {
        variables.insert(value.name.clone(), value.value.clone());
    }
    variables
}

/// The variables of a login: the user's name always since 255, the rest when the unit names a user or asks for it.
fn login(cx: &Context<'_>, own: &mut Variables) {
    let settings = cx.settings;
    let identity = &cx.unit.identity;
    let named =
        settings.user.name().is_some() || settings.dynamic_user.0 || settings.pam_name.0.is_some();
    let wanted = settings.set_login_environment.0;
    if wanted.unwrap_or(named) || (wanted.is_none() && cx.at_least(255)) {
        own.insert("USER".to_owned(), identity.name.clone());
    }
    if !wanted.unwrap_or(named) {
        return;
    }
    own.insert("LOGNAME".to_owned(), identity.name.clone());
    if let Some(home) = &identity.home {
        own.insert("HOME".to_owned(), home.clone());
    }
    if let Some(shell) = &identity.shell {
        own.insert("SHELL".to_owned(), shell.clone());
    }
}

/// The five kinds of directories that are made for a service.
fn directories(cx: &Context<'_>, own: &mut Variables) {
    let settings = cx.settings;
    let kinds: [(&str, &ExecDirectories); 5] = [
        ("RUNTIME_DIRECTORY", &settings.runtime_directory),
        ("STATE_DIRECTORY", &settings.state_directory),
        ("CACHE_DIRECTORY", &settings.cache_directory),
        ("LOGS_DIRECTORY", &settings.logs_directory),
        ("CONFIGURATION_DIRECTORY", &settings.configuration_directory),
    ];
    for (name, directories) in kinds {
        if directories.0.is_empty() {
            continue;
        }
        let root = directory_root(cx.unit, name);
        let paths: Vec<String> = directories
            .0
            .keys()
            .map(|path| format!("{root}/{path}"))
            .collect();
        own.insert(name.to_owned(), paths.join(":"));
    }
}

/// Below which directory those of a kind are.
fn directory_root(unit: &UnitContext<'_>, kind: &str) -> String {
    if unit.settings.scope == Scope::System {
        return match kind {
            "RUNTIME_DIRECTORY" => "/run",
            "STATE_DIRECTORY" => "/var/lib",
            "CACHE_DIRECTORY" => "/var/cache",
            "LOGS_DIRECTORY" => "/var/log",
            _ => "/etc",
        }
        .to_owned();
    }
    let (variable, below, end) = match kind {
        "RUNTIME_DIRECTORY" => ("XDG_RUNTIME_DIR", "/run/user", ""),
        "STATE_DIRECTORY" => ("XDG_STATE_HOME", ".local/state", ""),
        "CACHE_DIRECTORY" => ("XDG_CACHE_HOME", ".cache", ""),
        "LOGS_DIRECTORY" => ("XDG_STATE_HOME", ".local/state", "/log"),
        _ => ("XDG_CONFIG_HOME", ".config", ""),
    };
    let root = match unit.caller.get(variable) {
        Some(root) => root.clone(),
        None if below.starts_with('/') => format!("{below}/{}", unit.host.uid),
        None => {
            let home = unit.caller.get("HOME").map_or("/", String::as_str);
            format!("{home}/{below}")
        }
    };
    format!("{root}{end}")
}

/// Reads what one line of `EnvironmentFile=` names. Without `-` everything must be there and readable; systemd then does
/// not even make a process.
fn read(
    file: &EnvironmentFile,
    origin: Origin,
    version: u16,
    variables: &mut Variables,
) -> Result<(), Failure> {
    let fail = |path: &str, errno| {
        let cause = Cause::at("EnvironmentFile", origin);
        let mut failure = Failure::refused(cause, format!("read {path}"));
        failure.errno = Some(errno);
        failure.with_advice(format!(
            "Create the file, or write EnvironmentFile=-{path} when it may be missing."
        ))
    };
    let paths = match sys::glob(&file.path) {
        Ok(paths) => paths,
        Err(_) if file.optional => return Ok(()),
        Err(errno) => return Err(fail(&file.path, errno)),
    };
    for path in paths {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(_) if file.optional => continue,
            Err(error) => return Err(fail(&path.to_string_lossy(), sys::errno_of(&error))),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            if file.optional {
                continue;
            }
            return Err(fail(&path.to_string_lossy(), rustix::io::Errno::INVAL));
        };
        variables.extend(environment_file::parse(&text, version));
    }
    Ok(())
}

impl Context<'_> {
    /// Whether this command finds the credentials: since 257 only those that start the service.
    pub(super) fn credentials_visible(&self) -> bool {
        crate::service::credentials::are_set(self.settings)
            && (!self.at_least(257)
                || matches!(
                    self.phase,
                    Phase::Condition | Phase::StartPre | Phase::Start | Phase::StartPost
                ))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn environment(unset: &[&str], expands_first: bool) -> Environment {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Environment {
            own: [variable("A", "own"), variable("B", "own")].into(),
            set: [variable("B", "set"), variable("C", "set")].into(),
            files: Vec::new(),
            unset: unset.iter().map(|name| (*name).to_owned()).collect(),
            expands_first,
            version: 257,
        }
    }

    #[test]
    fn what_the_unit_sets_wins_over_what_the_manager_knows() {
        let now = [("A".to_owned(), "now".to_owned())].into();
        let all = environment(&[], false).assemble(now).unwrap();
        let shown: Vec<_> = all
            .variables
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(shown, ["A=now", "B=set", "C=set"]);
    }

    #[test]
    fn a_variable_is_unset_by_name_or_with_its_very_value() {
        let all = environment(&["A", "B=own", "C=set"], false)
            .assemble(Variables::new())
            .unwrap();
        assert_eq!(all.variables.keys().collect::<Vec<_>>(), ["B"]);
        assert!(!all.arguments().contains_key("A"));
    }

    #[test]
    fn since_262_arguments_still_see_what_is_unset() {
        let all = environment(&["A"], true)
            .assemble(Variables::new())
            .unwrap();
        assert!(!all.variables.contains_key("A"));
        assert_eq!(all.arguments().get("A").unwrap(), "own");
    }
}
