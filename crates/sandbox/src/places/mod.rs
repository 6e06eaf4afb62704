//! Directories of the host that a unit gets (systemd.exec(5), "RuntimeDirectory=", "PrivateTmp="): made before its first
//! process, some of them removed after its last.

mod make;

use std::fmt;

use unitward_settings::{DirectoryPreserve, ExecDirectories, PrivateTmp, Scope, Setting, Settings};

use crate::plan::environment::Variables;
use crate::service::credentials;
use crate::users::Identity;
use crate::{Cause, Exit};

pub(crate) use make::Made;

/// The paths, chosen while planning; `Places::make` makes them.
#[derive(Clone, Debug, Default)]
pub struct Places {
    steps: Vec<PlaceStep>,
    directories: Vec<Directory>,
    private_tmp: Vec<String>,
    credentials: Option<String>,
}

/// One thing that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceStep {
    /// A directory with a name of its own, and in it one that all may write to; both go with the unit.
    PrivateTmp {
        /// The outer directory.
        path: String,
        /// Who asks for it.
        cause: Cause,
    },
    /// A directory for the service.
    Directory {
        /// Its path.
        path: String,
        /// Its path when it is not private, or when it is; what is there is moved.
        other: Option<String>,
        /// The directory that keeps private ones from everybody else.
        guard: Option<String>,
        /// Its mode.
        mode: u16,
        /// Its owner and group; none to leave them.
        owner: (Option<u32>, Option<u32>),
        /// Links to it, by their paths.
        links: Vec<String>,
        /// Whether it goes with the unit.
        passing: bool,
        /// Whether one that is there is left as it is.
        keeps: bool,
        /// The exit status when it cannot be made.
        exit: Exit,
        /// Who asks for it.
        cause: Cause,
    },
}

/// A directory that the service may use.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Where it is on the host.
    pub(crate) path: String,
    /// Where the service finds it in another root directory.
    pub(crate) public: String,
    /// The directory that keeps private ones from everybody else.
    pub(crate) guard: Option<String>,
    pub(crate) read_only: bool,
    pub(crate) cause: Cause,
}

/// A kind of directories.
struct Kind<'a> {
    directive: &'static str,
    setting: &'a Setting<ExecDirectories>,
    folder: String,
    mode: u16,
    exit: Exit,
    /// Whether those of dynamic users are hidden from other users.
    has_private: bool,
}

impl Places {
    /// Chooses the paths of a unit.
    pub(crate) fn choose(settings: &Settings, identity: &Identity, caller: &Variables) -> Self {
        let mut places = Self::default();
        places.choose_private_tmp(settings);
        let owner = (identity.uid, identity.gid);
        for kind in kinds(settings, identity, caller) {
            places.add_kind(settings, &kind, owner);
        }
        if credentials::are_set(settings) {
            places.credentials = Some(credentials::folder(settings));
        }
        places
    }

    /// The directories that the service may use.
    pub(crate) fn directories(&self) -> &[Directory] {
        &self.directories
    }

    /// What is behind /tmp and /var/tmp.
    pub(crate) fn private_tmp(&self) -> impl Iterator<Item = String> {
        self.private_tmp.iter().map(|outer| format!("{outer}/tmp"))
    }

    /// The directory of the unit's credentials, when it has some.
    pub(crate) fn credentials(&self) -> Option<&String> {
        self.credentials.as_ref()
    }

    /// What is made, in order.
    #[must_use]
    pub fn steps(&self) -> &[PlaceStep] {
        &self.steps
    }

    fn choose_private_tmp(&mut self, settings: &Settings) {
        if *settings.private_tmp != PrivateTmp::Connected {
            return;
        }
        let cause = Cause::of("PrivateTmp", &settings.private_tmp);
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let boot = boot.trim().replace('-', "");
        let unit = settings.unit.as_str();
        for above in ["/tmp", "/var/tmp"] {
            let path = format!("{above}/systemd-private-{boot}-{unit}-{}", random());
            self.private_tmp.push(path.clone());
            self.steps.push(PlaceStep::PrivateTmp { path, cause });
        }
    }

    fn add_kind(
        &mut self,
        settings: &Settings,
        kind: &Kind<'_>,
        owner: (Option<u32>, Option<u32>),
    ) {
        let folder = &kind.folder;
        let runtime = kind.directive == "RuntimeDirectory";
        let preserve = *settings.runtime_directory_preserve;
        let stays = preserve == DirectoryPreserve::Yes;
        let private = settings.dynamic_user.0
            && kind.has_private
            && (!runtime || preserve != DirectoryPreserve::No);
        let guard = private.then(|| format!("{folder}/private"));
        for (name, directory) in &kind.setting.0 {
            let cause = Cause::at(kind.directive, directory.origin);
            let public = format!("{folder}/{name}");
            let hidden = format!("{folder}/private/{name}");
            let (path, other) = if private {
                (hidden, public.clone())
            } else {
                (public.clone(), hidden)
            };
            self.directories.push(Directory {
                path: path.clone(),
                public,
                guard: guard.clone(),
                read_only: directory.read_only,
                cause,
            });
            let links = directory.links.iter();
            self.steps.push(PlaceStep::Directory {
                path,
                other: kind.has_private.then_some(other),
                guard: guard.clone(),
                mode: kind.mode,
                owner,
                links: links.map(|link| format!("{folder}/{link}")).collect(),
                passing: runtime && !stays,
                keeps: kind.directive == "ConfigurationDirectory",
                exit: kind.exit,
                cause,
            });
        }
    }
}

impl PlaceStep {
    /// Who asks for it, and the exit status when it cannot be made.
    #[must_use]
    pub fn cause(&self) -> (Cause, Exit) {
        match self {
            Self::PrivateTmp { cause, .. } => (*cause, Exit::NAMESPACE),
            Self::Directory { cause, exit, .. } => (*cause, *exit),
        }
    }
}

impl fmt::Display for PlaceStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::PrivateTmp { path, .. } | Self::Directory { path, .. }) = self;
        write!(f, "make the directory {path}")
    }
}

/// The five kinds, with the folders that the system's and users' managers keep them in.
fn kinds<'a>(s: &'a Settings, identity: &Identity, caller: &Variables) -> [Kind<'a>; 5] {
    let user = s.scope == Scope::User;
    let home = caller
        .get("HOME")
        .cloned()
        .or_else(|| identity.home.clone())
        .unwrap_or_default();
    let folder = |system: &str, variable: &str, below: &str| {
        if !user {
            return system.to_owned();
        }
        match caller.get(variable).filter(|path| path.starts_with('/')) {
            Some(path) => path.trim_end_matches('/').to_owned(),
            None => format!("{home}/{below}"),
        }
    };
    let state = folder("/var/lib", "XDG_STATE_HOME", ".local/state");
    let logs = if user {
        format!("{state}/log")
    } else {
        "/var/log".to_owned()
    };
    let runtime = if user {
        let uid = rustix::process::getuid().as_raw();
        caller
            .get("XDG_RUNTIME_DIR")
            .cloned()
            .unwrap_or_else(|| format!("/run/user/{uid}"))
    } else {
        "/run".to_owned()
    };
    [
        Kind {
            directive: "RuntimeDirectory",
            setting: &s.runtime_directory,
            folder: runtime,
            mode: s.runtime_directory_mode.0,
            exit: Exit::RUNTIME_DIRECTORY,
            has_private: true,
        },
        Kind {
            directive: "StateDirectory",
            setting: &s.state_directory,
            folder: state,
            mode: s.state_directory_mode.0,
            exit: Exit::STATE_DIRECTORY,
            has_private: true,
        },
        Kind {
            directive: "CacheDirectory",
            setting: &s.cache_directory,
            folder: folder("/var/cache", "XDG_CACHE_HOME", ".cache"),
            mode: s.cache_directory_mode.0,
            exit: Exit::CACHE_DIRECTORY,
            has_private: true,
        },
        Kind {
            directive: "LogsDirectory",
            setting: &s.logs_directory,
            folder: logs,
            mode: s.logs_directory_mode.0,
            exit: Exit::LOGS_DIRECTORY,
            has_private: true,
        },
        Kind {
            directive: "ConfigurationDirectory",
            setting: &s.configuration_directory,
            folder: folder("/etc", "XDG_CONFIG_HOME", ".config"),
            mode: s.configuration_directory_mode.0,
            exit: Exit::CONFIGURATION_DIRECTORY,
            has_private: false,
        },
    ]
}

/// Six letters and digits that nobody can guess.
fn random() -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0; 8];
    // Without random numbers the name may be taken, and then making the directory fails.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    let mut number = u64::from_ne_bytes(bytes);
    let mut text = String::new();
    for _ in 0..6 {
        let at = usize::try_from(number % 62).unwrap_or(0);
        text.extend(LETTERS.get(at).map(|letter| char::from(*letter)));
        number /= 62;
    }
    text
}
