//! Facts about the system and its user that specifiers stand for. Each is read when it is first asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What a user manager's specifiers stand for; the caller takes it from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFacts {
    /// The name (`%u`).
    pub name: String,
    /// The number (`%U`).
    pub uid: u32,
    /// The group's name (`%g`).
    pub group: String,
    /// The group's number (`%G`).
    pub gid: u32,
    /// The home directory (`%h`).
    pub home: String,
    /// The shell (`%s`).
    pub shell: String,
    /// `$XDG_RUNTIME_DIR` (`%t`).
    pub runtime: Option<String>,
    /// `$XDG_STATE_HOME` (`%S`).
    pub state: Option<String>,
    /// `$XDG_CACHE_HOME` (`%C`).
    pub cache: Option<String>,
    /// `$XDG_CONFIG_HOME` (`%E`).
    pub config: Option<String>,
    /// `$XDG_DATA_HOME` (`%D`).
    pub data: Option<String>,
}

/// Facts about a system, below its root directory.
#[derive(Debug)]
pub struct HostFacts {
    root: PathBuf,
    user: Option<UserFacts>,
    machine_id: OnceLock<Option<String>>,
    boot_id: OnceLock<Option<String>>,
    host_name: OnceLock<Option<String>>,
    kernel: OnceLock<Option<String>>,
    pretty_host_name: OnceLock<Option<String>>,
    os_release: OnceLock<Vec<(String, String)>>,
}

/// A field of os-release(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OsField {
    Id,
    VersionId,
    BuildId,
    ImageId,
    ImageVersion,
    VariantId,
}

/// The largest file of facts that is read, in bytes.
const FILE_MAX: u64 = 64 * 1024;

impl Default for HostFacts {
    fn default() -> Self {
        Self::system(Path::new("/"))
    }
}

impl HostFacts {
    /// Facts for the system manager of the system below this root directory. Nothing is read yet.
    #[must_use]
    pub fn system(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            user: None,
            machine_id: OnceLock::new(),
            boot_id: OnceLock::new(),
            host_name: OnceLock::new(),
            kernel: OnceLock::new(),
            pretty_host_name: OnceLock::new(),
            os_release: OnceLock::new(),
        }
    }

    /// Facts for a user's manager.
    #[must_use]
    pub fn user(root: &Path, user: UserFacts) -> Self {
        Self {
            user: Some(user),
            ..Self::system(root)
        }
    }

    /// The user of a user manager; none for the system manager.
    pub(crate) fn of_user(&self) -> Option<&UserFacts> {
        self.user.as_ref()
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The shell of root in the eyes of systemd, which does not ask /etc/passwd for it.
    pub(crate) fn root_shell(&self) -> &str {
        match self.root.join("bin/bash").exists() {
            true => "/bin/bash",
            false => "/bin/sh",
        }
    }

    pub(crate) fn machine_id(&self) -> Option<&str> {
        let fact = self.machine_id.get_or_init(|| self.line("etc/machine-id"));
        fact.as_deref().filter(|id| id.len() == 32)
    }

    pub(crate) fn boot_id(&self) -> Option<&str> {
        let read = || {
            let id = line(Path::new("/proc/sys/kernel/random/boot_id"))?;
            Some(id.replace('-', ""))
        };
        self.boot_id.get_or_init(read).as_deref()
    }

    pub(crate) fn host_name(&self) -> Option<&str> {
        let read = || line(Path::new("/proc/sys/kernel/hostname"));
        self.host_name.get_or_init(read).as_deref()
    }

    pub(crate) fn kernel(&self) -> Option<&str> {
        let read = || line(Path::new("/proc/sys/kernel/osrelease"));
        self.kernel.get_or_init(read).as_deref()
    }

    pub(crate) fn pretty_host_name(&self) -> Option<&str> {
        let read = || {
            let fields = assignments(&self.text("etc/machine-info")?);
            let (_, name) = fields
                .into_iter()
                .find(|(key, _)| key == "PRETTY_HOSTNAME")?;
            Some(name)
        };
        self.pretty_host_name
            .get_or_init(read)
            .as_deref()
            .or_else(|| self.host_name())
    }

    /// A field of os-release; empty when it is not there.
    pub(crate) fn os_release(&self, field: OsField) -> &str {
        let read = || {
            let text = self
                .text("etc/os-release")
                .or_else(|| self.text("usr/lib/os-release"));
            assignments(&text.unwrap_or_default())
        };
        let key = match field {
            OsField::Id => "ID",
            OsField::VersionId => "VERSION_ID",
            OsField::BuildId => "BUILD_ID",
            OsField::ImageId => "IMAGE_ID",
            OsField::ImageVersion => "IMAGE_VERSION",
            OsField::VariantId => "VARIANT_ID",
        };
        let fields = self.os_release.get_or_init(read);
        fields
            .iter()
            .find(|(known, _)| known == key)
            .map_or("", |(_, value)| value)
    }

    fn line(&self, path: &str) -> Option<String> {
        line(&self.root.join(path))
    }

    fn text(&self, path: &str) -> Option<String> {
        text(&self.root.join(path))
    }
}

fn line(path: &Path) -> Option<String> {
    let text = text(path)?;
    text.lines().next().map(|line| line.trim().to_owned())
}

/// A small regular file's text.
fn text(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > FILE_MAX {
        return None;
    }
    fs::read_to_string(path).ok()
}

/// `KEY=VALUE` lines as in os-release(5); quotes around values are taken off.
fn assignments(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .map(|(key, value)| {
            let value = value.trim_matches(|c| c == '"' || c == '\'');
            (key.to_owned(), value.to_owned())
        })
        .collect()
}
