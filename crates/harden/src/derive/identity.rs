//! Who a service runs as, and what it can become: NoNewPrivileges=, PrivateUsers=, UMask=, RemoveIPC=, KeyringMode=, and a
//! proposal for User=.

use std::os::unix::fs::MetadataExt as _;

use unitward_catalog::{Capabilities, Capability as C, Version};
use unitward_observe::Use;
use unitward_settings::{KeyringMode, PrivateUsers};

use super::Level;
use super::capabilities;
use super::proposal::{Line, Proposal, Weaker};
use super::view::{View, told};

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    new_privileges(view, proposal);
    users(view, proposal);
    umask(view, proposal);
    ipc(view, proposal);
    keyring(view, proposal);
    root(view, proposal);
}

fn new_privileges(view: &View<'_>, proposal: &mut Proposal) {
    if view.settings().no_new_privileges.0 {
        return;
    }
    /// S_ISUID and S_ISGID of inode(7).
    const SET_ID: u32 = 0o6000;
    let mut found = Vec::new();
    let is_root_alone = view.users().iter().all(|user| *user == 0) && view.ran_as_root();
    for (path, seen) in &view.facts.programs {
        let file = std::fs::metadata(view.outside(path)).ok();
        let gains = file.is_some_and(|file| file.mode() & SET_ID != 0);
        if gains && !is_root_alone {
            found.push(told(
                &format!("{path}, which is set-user-ID or set-group-ID, was executed"),
                seen,
            ));
        }
    }
    if !found.is_empty() {
        let reason = "A program is executed that gains privileges by its mode";
        return proposal.leave("NoNewPrivileges", reason, found);
    }
    let why = "No program was executed that gains privileges by its mode";
    proposal.set(
        view,
        Line::plain("NoNewPrivileges", "yes", vec![why.to_owned()]),
    );
}

/// Capabilities that count within a user namespace in which the users that matter have their own numbers.
const WITHIN: Capabilities = Capabilities::of(&[
    C::CHOWN,
    C::DAC_OVERRIDE,
    C::DAC_READ_SEARCH,
    C::FOWNER,
    C::FSETID,
    C::KILL,
    C::SETGID,
    C::SETUID,
    C::SETPCAP,
    C::SETFCAP,
    C::SYS_CHROOT,
]);

fn users(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    if *settings.private_users != PrivateUsers::No || settings.user_namespace_path.0.is_some() {
        return;
    }
    let needed = capabilities::needed(view);
    let kept = needed
        .set
        .union(settings.ambient_capabilities.set)
        .intersection(settings.capability_bounding_set.set);
    let hostly = kept.without(WITHIN);
    if !hostly.is_empty() {
        let names: Vec<String> = hostly.iter().map(|one| one.to_string()).collect();
        let evidence = needed
            .evidence
            .iter()
            .filter(|(one, _)| hostly.contains(*one))
            .map(|(one, text)| format!("{one}: {text}"))
            .collect();
        let reason = format!("{} would not count on the host", names.join(" and "));
        return proposal.leave("PrivateUsers", reason, evidence);
    }
    let sockets: Vec<String> = view
        .used(&[Use::Bind])
        .filter(|(_, fact)| fact.seen.successes() > 0)
        .map(|(path, fact)| told(&format!("A socket was bound to {path}"), &fact.seen))
        .collect();
    let given = kept.intersection(WITHIN);
    if view.level == Level::Safe && (!sockets.is_empty() || !given.is_empty()) {
        let reason = "Other users would show as nobody to it: those who connect with its sockets, and those whose files it handles";
        return proposal.leave("PrivateUsers", reason, sockets);
    }
    let own = view.unit_user();
    let others = view
        .users()
        .into_iter()
        .find(|user| *user != 0 && Some(*user) != own && own.is_some());
    if given.is_empty() && others.is_none() {
        let mut evidence = vec![
            "It runs as one user, and nothing was seen that needs a capability of the host"
                .to_owned(),
        ];
        if !sockets.is_empty() {
            evidence.push("Those who connect with its sockets show as nobody unless they are root or its own user".to_owned());
        }
        let line = Line::plain("PrivateUsers", "yes", evidence);
        let weaker = (settings.version >= Version::V257).then(|| Weaker::value("identity"));
        return proposal.set(view, line.or(weaker));
    }
    if settings.version < Version::V257 {
        let reason =
            "It changes users, and before systemd 257 only root and its own user exist inside";
        return proposal.leave("PrivateUsers", reason, Vec::new());
    }
    let sets_groups = view.evidence_of_calls(&["setgroups"]);
    let is_full = settings.version >= Version::new(258);
    if !sets_groups.is_empty() && !is_full {
        let reason = "It sets its groups, which no user namespace permits before systemd 258";
        return proposal.leave("PrivateUsers", reason, sets_groups);
    }
    let evidence = vec![
        "What it needs as root counts among its own users and files as well: every user keeps its number".to_owned(),
    ];
    let value = if is_full { "full" } else { "identity" };
    proposal.set(view, Line::plain("PrivateUsers", value, evidence));
}

fn umask(view: &View<'_>, proposal: &mut Proposal) {
    let present = view.settings().umask.0;
    let sockets: Vec<String> = view
        .used(&[Use::Bind])
        .filter(|(path, fact)| {
            // One that gets a mode of its own does not depend on the mask.
            path.starts_with('/') && !fact.uses.contains(&Use::Mode) && fact.seen.successes() > 0
        })
        .map(|(path, fact)| told(&format!("A socket was bound to {path}"), &fact.seen))
        .collect();
    let value = if view.level == Level::Safe {
        0o027
    } else {
        0o077
    };
    if present & value == value {
        return;
    }
    let made = view
        .used(&[Use::Create])
        .filter(|(path, fact)| {
            !["/proc/", "/dev/", "/tmp/", "/var/tmp/"]
                .iter()
                .any(|place| path.starts_with(place))
                && fact.seen.successes() > 0
        })
        .count();
    if !sockets.is_empty() {
        let reason = "Clients of other users have to write to its sockets";
        return proposal.leave("UMask", reason, sockets);
    }
    let evidence = match made {
        0 => "No file was made that others could read".to_owned(),
        1 => "One file was made, and nothing tells that others read it".to_owned(),
        made => format!("{made} files were made, and nothing tells that others read them"),
    };
    let line = Line::plain("UMask", &format!("{value:04o}"), vec![evidence]);
    let wider = (value == 0o077).then(|| Weaker::value("0027"));
    proposal.set(view, line.or(wider));
}

fn ipc(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    if settings.remove_ipc.0 || view.starts_as_root() {
        return;
    }
    let why = "Objects of IPC that its user leaves behind are removed when it stops";
    proposal.set(view, Line::plain("RemoveIPC", "yes", vec![why.to_owned()]));
}

fn keyring(view: &View<'_>, proposal: &mut Proposal) {
    if *view.settings().keyring_mode == KeyringMode::Private {
        return;
    }
    let used = view.evidence_of_calls(&["keyctl", "add_key", "request_key"]);
    if !used.is_empty() {
        return proposal.leave("KeyringMode", "Keys are used", used);
    }
    let why = "No key of the kernel was used";
    proposal.set(
        view,
        Line::plain("KeyringMode", "private", vec![why.to_owned()]),
    );
}

/// What a service of root could be in place of it.
fn root(view: &View<'_>, proposal: &mut Proposal) {
    if !view.starts_as_root() {
        return;
    }
    let needed = capabilities::needed(view).set;
    let changes = needed.contains(C::SETUID) || needed.contains(C::SETGID);
    let names: Vec<String> = needed.iter().map(|one| one.to_string()).collect();
    let (reason, suggestion) = if changes {
        (
            "It starts as root and becomes another user by itself",
            Some("It starts as root to become another user: if it can be started as that user, set User=, and AmbientCapabilities= for what is left. unitward does not choose a user.".to_owned()),
        )
    } else if names.is_empty() {
        (
            "It runs as root, and unitward does not choose another user",
            Some("Nothing was seen that needs root but the owners of files: DynamicUser=yes with StateDirectory=, or a user of its own with User=, would do once the files are handed over.".to_owned()),
        )
    } else {
        (
            "It runs as root, and unitward does not choose another user",
            Some(format!(
                "It runs as root and needs of it: {0}. A user of its own with User= and AmbientCapabilities={0} would do once the files are handed over.",
                names.join(" ")
            )),
        )
    };
    proposal.leave("User", reason, Vec::new());
    proposal.suggestions.extend(suggestion);
}
