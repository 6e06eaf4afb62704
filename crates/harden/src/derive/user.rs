//! User=, Group= and AmbientCapabilities= for a service that starts as root only to become another user.
//!
//! It is proposed where everything that was done as root could have been done as that user, by the owners and modes of the
//! files. Whether the program agrees is not known before it has run so: [`Proposal`] keeps what is proposed without it.

use unitward_catalog::{Capabilities, Capability as C};
use unitward_observe::{Kind, PathFact, Use};
use unitward_settings::ServiceType;

use super::capabilities;
use super::handover::{self, Handed};
use super::proposal::{Line, Proposal, Weaker};
use super::view::{File, View, WRITES};
use super::writes::{OWN, TEMPORARY, ancestors, is_any, parent};

/// A user that a service could be started as.
#[derive(Clone, Debug)]
pub(super) struct Becomes {
    pub(super) user: u32,
    pub(super) group: u32,
    name: String,
    /// The name of the group, where it is not the user's own.
    group_name: Option<String>,
    /// What it needs besides, and would be given.
    ambient: Capabilities,
    /// Directories of root's that it would be given.
    pub(super) handed: Handed,
    evidence: Vec<String>,
}

/// Capabilities that a service needs no more once it starts as the user that it would become.
const GONE: Capabilities = Capabilities::of(&[
    C::SETUID,
    C::SETGID,
    C::SETPCAP,
    C::CHOWN,
    C::FOWNER,
    C::FSETID,
    C::DAC_OVERRIDE,
    C::DAC_READ_SEARCH,
    C::KILL,
]);

/// Capabilities that are of use to a user, given by AmbientCapabilities=.
const GIVEN: Capabilities = Capabilities::of(&[
    C::NET_BIND_SERVICE,
    C::NET_RAW,
    C::NET_BROADCAST,
    C::NET_ADMIN,
    C::SYS_NICE,
    C::IPC_LOCK,
    C::SYS_CHROOT,
]);

/// Calls that a service makes no more then.
pub(super) const CALLS: [&str; 12] = [
    "setuid",
    "setreuid",
    "setresuid",
    "setuid32",
    "setreuid32",
    "setresuid32",
    "setgroups",
    "setgroups32",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
];

/// The user, or why there is none: nothing when it does not change its user.
pub(super) fn of(view: &View<'_>) -> Result<Becomes, Option<String>> {
    let settings = view.settings();
    let is_plain = view.starts_as_root()
        && settings.user.name().is_none()
        && settings.pam_name.0.is_none()
        && view.below("/etc/pam.d").next().is_none()
        && settings.ambient_capabilities.set.is_empty();
    let others: Vec<(u32, u32)> = view.identities().filter(|(user, _)| *user != 0).collect();
    let (Some((user, group)), true) = (others.first().copied(), is_plain) else {
        return Err(None);
    };
    if others.iter().any(|other| *other != (user, group)) || !view.users().contains(&0) {
        return Err(None);
    }
    let Some((name, own_group)) = account(view, user) else {
        return Err(None);
    };
    let needed = capabilities::needed(view).set.without(GONE);
    if !needed.without(GIVEN).is_empty() {
        return Err(None);
    }
    let groups = groups(view, &name, group);
    let mut handed = Handed::new();
    if let Some(obstacle) = obstacle(view, user, &name, &groups, &mut handed) {
        return Err(Some(format!(
            "It becomes {name} by itself, and could be started as {name} with User= but for this: {obstacle}."
        )));
    }
    let group_name = match group == own_group {
        true => None,
        false => Some(group_of(view, group).ok_or(None)?),
    };
    let mut evidence = vec![
        format!(
            "It becomes {name} by itself, and as root it did nothing before that {name} could not have done"
        ),
        "Started as this user it needs no capability to become it".to_owned(),
    ];
    let places = handed
        .iter()
        .flat_map(|(own, names)| names.iter().map(|top| format!("{}/{top}", own.place)));
    let places: Vec<String> = places.collect();
    if !places.is_empty() {
        evidence.push(format!(
            "systemd gives {} to {name} for this, with what is in there",
            places.join(" and ")
        ));
    }
    Ok(Becomes {
        handed,
        user,
        group,
        name,
        group_name,
        ambient: needed,
        evidence,
    })
}

/// The name and the group of a user.
fn account(view: &View<'_>, user: u32) -> Option<(String, u32)> {
    let text = std::fs::read_to_string(view.outside("/etc/passwd")).ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let number: u32 = fields.get(2)?.parse().ok()?;
        let name = fields.first()?;
        // systemd warns of services of the user nobody.
        let is_fit = *name != "nobody" && unitward_settings::is_strict_name(name);
        (number == user && is_fit)
            .then(|| Some(((*name).to_owned(), fields.get(3)?.parse().ok()?)))?
    })
}

fn group_of(view: &View<'_>, group: u32) -> Option<String> {
    let text = std::fs::read_to_string(view.outside("/etc/group")).ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let number: u32 = fields.get(2)?.parse().ok()?;
        (number == group).then(|| fields.first().map(|name| (*name).to_owned()))?
    })
}

/// The groups that the user is in.
fn groups(view: &View<'_>, name: &str, own: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(view.outside("/etc/group")).unwrap_or_default();
    let mut groups = vec![own];
    for line in text.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let is_member = fields
            .get(3)
            .is_some_and(|all| all.split(',').any(|one| one == name));
        if let Some(Ok(number)) = fields.get(2).map(|number| number.parse())
            && is_member
        {
            groups.push(number);
        }
    }
    groups
}

/// Something that root did and the user could not have done.
fn obstacle(
    view: &View<'_>,
    user: u32,
    name: &str,
    groups: &[u32],
    handed: &mut Handed,
) -> Option<String> {
    let may = |file: &File, bits: u32| file.permits(user, groups, bits);
    if *view.settings().service_type == ServiceType::Dbus {
        return Some("it has a name on the bus, which is given to root".to_owned());
    }
    for (path, fact) in &view.facts.paths {
        if fact.seen.successes() == 0 || is_elsewhere(path, fact) || is_handed_over(view, path) {
            continue;
        }
        let Some(obstacle) = forbidden(view, path, fact, user, &may) else {
            continue;
        };
        match handover::directory(view, path, user, name) {
            Some(Ok((own, top))) => {
                handed.entry(own).or_default().insert(top);
            }
            Some(Err(why)) => return Some(format!("{obstacle}, and {why}")),
            None => return Some(obstacle),
        }
    }
    None
}

/// What of a path's uses is not permitted to the user.
fn forbidden(
    view: &View<'_>,
    path: &str,
    fact: &PathFact,
    user: u32,
    may: &dyn Fn(&File, u32) -> bool,
) -> Option<String> {
    let has = |uses: &[Use]| uses.iter().any(|one| fact.uses.contains(one));
    if has(&[Use::Create, Use::Remove, Use::Rename, Use::Link, Use::Bind]) {
        let directory = ancestors(parent(path)).find_map(|above| Some((above, view.file(above)?)));
        if let Some((above, directory)) = directory
            && !may(&directory, 3)
        {
            return Some(format!(
                "{path} is made or removed in {above}, which it may not write"
            ));
        }
    }
    let file = view.file(path).filter(|file| !file.is_link())?;
    if has(&[Use::Write, Use::Size]) && !may(&file, 2) {
        return Some(format!("{path} is written, which it may not"));
    }
    if has(&[Use::Mode, Use::Times, Use::Owner]) && file.user != user {
        return Some(format!(
            "{path} gets a mode, times or an owner, and does not belong to it"
        ));
    }
    if has(&[Use::Read]) && !file.is_dir() && !may(&file, 4) {
        return Some(format!("{path} is read, which it may not"));
    }
    let is_used = fact.uses.iter().any(|one| *one != Use::Probe);
    let closed = |above: &&str| {
        let directory = view.file(above);
        directory.is_some_and(|directory| directory.is_dir() && !may(&directory, 1))
    };
    let above = ancestors(parent(path))
        .find(closed)
        .filter(|_| is_used && !has(&WRITES))?;
    Some(format!("{path} is used in {above}, which it may not enter"))
}

/// Whether a path is no matter of owners, or of others' files.
fn is_elsewhere(path: &str, fact: &PathFact) -> bool {
    let is_device = matches!(
        fact.kind,
        Some(Kind::CharacterDevice(..) | Kind::BlockDevice(..) | Kind::Socket)
    );
    // Looking up a user reads secrets where it may, and does without where it may not.
    let is_secret = matches!(path, "/etc/shadow" | "/etc/gshadow");
    is_secret
        || is_device && !fact.uses.contains(&Use::Bind)
        || !path.starts_with('/')
        || path.ends_with(" (deleted)")
        || is_any(path, &["/proc", "/sys", "/dev"])
        || is_any(path, &TEMPORARY)
}

/// Whether systemd gives the directory that a path is in to the user.
fn is_handed_over(view: &View<'_>, path: &str) -> bool {
    let settings = view.settings();
    OWN.iter().any(|own| {
        let names = match own.directive {
            "StateDirectory" => &settings.state_directory,
            "RuntimeDirectory" => &settings.runtime_directory,
            "CacheDirectory" => &settings.cache_directory,
            _ => &settings.logs_directory,
        };
        names
            .0
            .keys()
            .any(|name| is_any(path, &[&format!("{}/{name}", own.place)]))
    })
}

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let Some(becomes) = &view.becomes else {
        return;
    };
    let mut line = Line::plain("User", &becomes.name, becomes.evidence.clone());
    line.weaker = vec![Weaker::nothing()];
    proposal.set(view, line);
    if let Some(group) = &becomes.group_name {
        let why = "The group that it takes by itself".to_owned();
        proposal.set(view, Line::plain("Group", group, vec![why]));
    }
    if !becomes.ambient.is_empty() {
        let names: Vec<String> = becomes.ambient.iter().map(|one| one.to_string()).collect();
        let why = "What it needs besides, given to it at the start".to_owned();
        proposal.set(
            view,
            Line::plain("AmbientCapabilities", &names.join(" "), vec![why]),
        );
        proposal.leave(
            "AmbientCapabilities",
            "It needs them as a user, in place of all that root has",
            Vec::new(),
        );
    }
}
