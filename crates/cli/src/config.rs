//! Where `unitward.toml` is found.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use unitward_config::{Config, Date};

use crate::error::Error;
use crate::files;

/// The names under which a configuration file is found, from the unit's folder upward.
const NAMES: [&str; 2] = ["unitward.toml", ".unitward.toml"];
/// Where the configuration of the host is.
const HOST: &str = "/etc/unitward/unitward.toml";

/// A configuration and where it stands.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What it says.
    pub(crate) config: Config,
    path: PathBuf,
}

impl Found {
    /// The configuration for what is looked at in a folder: the nearest file upward, else that of the host, else none.
    pub(crate) fn find(start: &Path) -> Result<Self, Error> {
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        let upward = start
            .ancestors()
            .flat_map(|folder| NAMES.map(|name| folder.join(name)));
        match upward
            .chain([PathBuf::from(HOST)])
            .find(|path| path.is_file())
        {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = files::read_text(path)?;
        let config = Config::parse(&text).map_err(|error| {
            Error::new(format!("{}: {error}", path.display()))
                .hint("unitward explain config says what can stand there.")
        })?;
        Ok(Self {
            config,
            path: path.to_owned(),
        })
    }

    /// The policy file that it names.
    pub(crate) fn security_policy(&self) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        self.config.security_policy(folder)
    }
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Date::of_seconds(now.map_or(0, |now| now.as_secs()))
}
