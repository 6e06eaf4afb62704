//! Users and groups: the databases of this system, by the C library and with its name services.

use crate::sys::{self, Account};
use crate::{Cause, Exit, Failure};

/// Who a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The user's number; none when it is not changed.
    pub(crate) uid: Option<u32>,
    /// The group's number; none when it is not changed.
    pub(crate) gid: Option<u32>,
    /// The supplementary groups; none when they are not changed.
    pub(crate) groups: Option<Vec<u32>>,
    /// The name of the user, for the environment.
    pub(crate) name: String,
    /// The home directory, where it makes sense.
    pub(crate) home: Option<String>,
    /// The login shell, where it makes sense.
    pub(crate) shell: Option<String>,
}

/// A user of the database, by name or number.
pub(crate) fn find(name: &str, cause: Cause) -> Result<Account, Failure> {
    if let Some(account) = known(name) {
        return Ok(account);
    }
    let found = match name.parse::<u32>() {
        Ok(uid) => sys::account_by_uid(uid).map(|account| account.or(Some(Account::unnamed(uid)))),
        Err(_) => sys::account_by_name(name),
    };
    match found {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(Failure::new(Exit::USER, cause, format!("find the user {name}")).with_advice(format!(
            "Create the user, for example with useradd --system {name}, or write DynamicUser=yes."
        ))),
        Err(errno) => {
            Err(Failure::new(Exit::USER, cause, format!("look up the user {name}")).with_errno(errno))
        }
    }
}

/// Whether no database has a user of this name.
pub(crate) fn is_unknown(name: &str) -> bool {
    known(name).is_none()
        && name.parse::<u32>().is_err()
        && matches!(sys::account_by_name(name), Ok(None))
}

/// The users that every system has, without asking a database for them, as systemd does it.
fn known(name: &str) -> Option<Account> {
    let (name, id, home, shell) = match name {
        "root" | "0" => ("root", 0, "/root", "/bin/sh"),
        "nobody" | "65534" => ("nobody", 65534, "/", "/usr/sbin/nologin"),
        _ => return None,
    };
    Some(Account {
        name: name.to_owned(),
        uid: id,
        gid: Some(id),
        home: home.to_owned(),
        shell: shell.to_owned(),
    })
}

/// The user of this process.
pub(crate) fn own(uid: u32) -> Option<Account> {
    known(&uid.to_string()).or_else(|| sys::account_by_uid(uid).ok().flatten())
}

/// The number of a group, by name or number.
pub(crate) fn find_group(name: &str, cause: Cause) -> Result<u32, Failure> {
    if let Ok(gid) = name.parse() {
        return Ok(gid);
    }
    if name == "root" {
        return Ok(0);
    }
    match sys::group_by_name(name) {
        Ok(Some(gid)) => Ok(gid),
        Ok(None) => Err(
            Failure::new(Exit::GROUP, cause, format!("find the group {name}")).with_advice(
                format!("Create the group, for example with groupadd --system {name}."),
            ),
        ),
        Err(errno) => Err(
            Failure::new(Exit::GROUP, cause, format!("look up the group {name}")).with_errno(errno),
        ),
    }
}
