//! Who the processes of a unit run as (systemd.exec(5), "User/Group Identity").

use std::path::{Path, PathBuf};

use unitward_settings::Settings;

use super::Cause;
use crate::dynamic_user::DynamicUser;
use crate::report::Report;
use crate::sys::{self, Account};
use crate::users::{self, Identity};
use crate::{Exit, Failure, Host};

/// The identity that `User=`, `Group=`, `SupplementaryGroups=` and `DynamicUser=` give, and the users that were made for
/// it.
pub(super) fn of(
    settings: &Settings,
    host: &Host,
    report: &mut Report,
) -> Result<(Identity, Vec<DynamicUser>), Failure> {
    let mut dynamic = Dynamic::new(settings, host, report);
    let user = settings.user.name().filter(|_| !dynamic.is_refused());
    let cause = Cause::of("User", &settings.user);
    let account = user.map(|name| dynamic.user(name, cause)).transpose()?;
    let group_cause = Cause::of("Group", &settings.group);
    let group = settings
        .group
        .name()
        .filter(|_| !dynamic.is_refused())
        .map(|name| dynamic.group(name, group_cause))
        .transpose()?;
    let gid = group.or_else(|| {
        account
            .as_ref()
            .map(|account| account.gid.unwrap_or(account.uid))
    });
    let own = rustix::process::getuid().as_raw();
    let named = match &account {
        Some(account) => Some(account.clone()),
        None => users::own(own),
    };
    let mut groups = match (&account, gid) {
        // No database knows who has just been made.
        (Some(account), Some(gid)) if dynamic.made(&account.name) => Some(vec![gid]),
        (Some(account), Some(gid)) => {
            Some(sys::groups_of(&account.name, gid).map_err(|errno| {
                Failure::new(
                    Exit::GROUP,
                    cause,
                    format!("look up the groups of {}", account.name),
                )
                .with_errno(errno)
            })?)
        }
        (None, Some(_)) | (None, None) => None,
        (Some(_), None) => None,
    };
    for item in &settings.supplementary_groups.0 {
        let at = Cause::at("SupplementaryGroups", item.origin);
        let number = users::find_group(&item.value, at)?;
        let groups = groups.get_or_insert_default();
        if !groups.contains(&number) {
            groups.push(number);
        }
    }
    let named_home = named.as_ref().map(|account| account.home.clone());
    let named_shell = named.as_ref().map(|account| account.shell.clone());
    let explicit = settings.set_login_environment.is_assigned() || settings.pam_name.0.is_some();
    let identity = Identity {
        uid: account.as_ref().map(|account| account.uid),
        gid,
        groups,
        name: named.map_or_else(|| own.to_string(), |account| account.name),
        home: named_home.filter(|home| explicit || is_usual_home(home)),
        shell: named_shell.filter(|shell| explicit || is_usual_shell(shell)),
    };
    Ok((identity, dynamic.users))
}

/// The making of users for `DynamicUser=`.
struct Dynamic {
    mode: Mode,
    cause: Cause,
    /// Directories that an earlier run may have left, with the number of its user.
    directories: Vec<PathBuf>,
    users: Vec<DynamicUser>,
}

/// Whether users are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Users are those of the database.
    Off,
    /// Those that the database does not have are made.
    On,
    /// It was asked for, and this process may not.
    Refused,
}

impl Dynamic {
    fn new(settings: &Settings, host: &Host, report: &mut Report) -> Self {
        let mode = match (settings.dynamic_user.0, host.is_privileged()) {
            (false, _) => Mode::Off,
            (true, true) => Mode::On,
            (true, false) => Mode::Refused,
        };
        match mode {
            Mode::Off => report.enforced("DynamicUser"),
            Mode::On => report.partly(
                "DynamicUser",
                "no name service knows the user, so that programs find its number only",
            ),
            Mode::Refused => report.not_possible(
                "DynamicUser",
                "only root can make users; the service has the user who starts it",
            ),
        }
        let places = [
            ("/var/lib/private", &settings.state_directory),
            ("/var/cache/private", &settings.cache_directory),
            ("/var/log/private", &settings.logs_directory),
        ];
        let directories = places
            .into_iter()
            .flat_map(|(place, list)| {
                let names = list.0.keys();
                names.map(move |name| Path::new(place).join(name))
            })
            .collect();
        Self {
            mode,
            cause: Cause::of("DynamicUser", &settings.dynamic_user),
            directories,
            users: Vec::new(),
        }
    }

    fn is_refused(&self) -> bool {
        self.mode == Mode::Refused
    }

    fn made(&self, name: &str) -> bool {
        self.users.iter().any(|user| user.name == name)
    }

    /// A user by name. One that the database has is taken as it is.
    fn user(&mut self, name: &str, cause: Cause) -> Result<Account, Failure> {
        if self.mode == Mode::On && users::is_unknown(name) {
            let id = self.make(name)?;
            return Ok(Account {
                name: name.to_owned(),
                uid: id,
                gid: Some(id),
                home: "/".to_owned(),
                shell: "/usr/sbin/nologin".to_owned(),
            });
        }
        let account = users::find(name, cause)?;
        if self.mode == Mode::Off {
            return Ok(account);
        }
        // Of one that is there already, systemd takes the numbers only.
        Ok(Account {
            home: "/".to_owned(),
            shell: "/usr/sbin/nologin".to_owned(),
            ..account
        })
    }

    /// The same for a group.
    fn group(&mut self, name: &str, cause: Cause) -> Result<u32, Failure> {
        let made = self.users.iter().find(|user| user.name == name);
        if let Some(user) = made {
            return Ok(user.id);
        }
        match users::find_group(name, cause) {
            Err(_) if self.mode == Mode::On => self.make(name),
            result => result,
        }
    }

    fn make(&mut self, name: &str) -> Result<u32, Failure> {
        let user = DynamicUser::take(name, &self.directories).map_err(|errno| {
            let step = format!("find a free number for the user {name}");
            Failure::new(Exit::USER, self.cause, step).with_errno(errno)
        })?;
        let id = user.id;
        self.users.push(user);
        Ok(id)
    }
}

/// Whether a home directory is one to work in, rather than a sign that there is none.
fn is_usual_home(home: &str) -> bool {
    home.starts_with('/') && home != "/"
}

/// Whether a shell is one to log in with.
fn is_usual_shell(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or(shell);
    shell.starts_with('/') && !matches!(name, "nologin" | "false" | "true")
}
