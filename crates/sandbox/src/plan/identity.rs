//! Who the processes of a unit run as (systemd.exec(5), "User/Group Identity").

use unitward_settings::Settings;

use super::Cause;
use crate::users::{self, Identity};
use crate::{Exit, Failure, sys};

/// The identity that `User=`, `Group=` and `SupplementaryGroups=` give.
pub(super) fn of(settings: &Settings) -> Result<Identity, Failure> {
    let user = settings.user.name();
    let cause = Cause::of("User", &settings.user);
    let account = user.map(|name| users::find(name, cause)).transpose()?;
    let group_cause = Cause::of("Group", &settings.group);
    let group = settings
        .group
        .name()
        .map(|name| users::find_group(name, group_cause))
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
    Ok(Identity {
        uid: account.as_ref().map(|account| account.uid),
        gid,
        groups,
        name: named.map_or_else(|| own.to_string(), |account| account.name),
        home: named_home.filter(|home| explicit || is_usual_home(home)),
        shell: named_shell.filter(|shell| explicit || is_usual_shell(shell)),
    })
}

/// Whether a home directory is one to work in, rather than a sign that there is none.
fn is_usual_home(home: &str) -> bool {
    home.starts_with('/')
        && home != "/"
        && !matches!(home, "/nonexistent" | "/run/systemd/empty-home")
}

/// Whether a shell is one to log in with.
fn is_usual_shell(shell: &str) -> bool {
    let name = shell.rsplit('/').next().unwrap_or(shell);
    shell.starts_with('/') && !matches!(name, "nologin" | "false" | "true")
}
