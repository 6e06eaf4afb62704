//! Namespaces other than that of mounts (systemd.exec(5), "Sandboxing").

use std::ffi::CString;

use unitward_settings::{HostnameMode, PrivateUsers, ProtectControlGroups};

use super::steps::Steps;
use super::{Action, Context, IdMaps, Namespaces};
use crate::Exit;

impl Namespaces {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const MOUNT: Self = Self(libc::CLONE_NEWNS as u32);
    pub(crate) const NETWORK: Self = Self(libc::CLONE_NEWNET as u32);
    pub(crate) const IPC: Self = Self(libc::CLONE_NEWIPC as u32);
    pub(crate) const UTS: Self = Self(libc::CLONE_NEWUTS as u32);
    pub(crate) const PID: Self = Self(libc::CLONE_NEWPID as u32);
    pub(crate) const CGROUP: Self = Self(libc::CLONE_NEWCGROUP as u32);
    pub(crate) const USER: Self = Self(libc::CLONE_NEWUSER as u32);

    /// Both.
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in it.
    pub(crate) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Namespaces that the process must be born in: that of processes, and without privileges that of users, which the
/// others then belong to.
pub(super) fn born_in(cx: &Context<'_>, steps: &mut Steps) -> Namespaces {
    let settings = cx.settings;
    let mut kinds = Namespaces::NONE;
    // Since 258 the commands besides the service itself stay outside.
    let makes = cx.host.makes_namespaces();
    if settings.private_pids.0 && cx.is_sandboxed() && !(cx.at_least(258) && cx.phase.is_control())
    {
        match makes {
            true => {
                kinds = kinds.union(Namespaces::PID);
                cx.enforced("PrivatePIDs");
            }
            false => cx.not_possible("PrivatePIDs", NO_NAMESPACES),
        }
    }
    if !makes && *settings.private_users != PrivateUsers::No {
        cx.not_possible("PrivateUsers", NO_NAMESPACES);
    }
    if cx.host.has_user_namespaces && cx.is_sandboxed() {
        match *settings.private_users {
            PrivateUsers::No | PrivateUsers::SelfUser => cx.enforced("PrivateUsers"),
            _ => cx.partly(
                "PrivateUsers",
                "only the user who starts the service is there",
            ),
        }
        kinds = kinds.union(Namespaces::USER);
        let (uid, gid) = (cx.host.uid, cx.host.gid);
        let maps = IdMaps {
            users: format!("{uid} {uid} 1\n"),
            groups: format!("{gid} {gid} 1\n"),
            setgroups: false,
        };
        steps.ask(
            "PrivateUsers",
            &settings.private_users,
            Exit::USER,
            Action::AwaitIdMaps(maps),
        );
    }
    kinds
}

const NO_NAMESPACES: &str =
    "an ordinary user makes namespaces in a user namespace only, and can have none here";

/// Opens the files of namespaces to enter, while paths still mean those of the host.
pub(super) fn open(cx: &Context<'_>, steps: &mut Steps) {
    for (at, (directive, setting, exit, _)) in named(cx).into_iter().enumerate() {
        if let Some(path) = &setting.0 {
            let file = c_string(path);
            steps.ask(
                directive,
                setting,
                exit,
                Action::OpenNamespace { file, slot: at },
            );
        }
    }
}

/// Enters or makes the namespaces of network, IPC and control groups. Those of network and IPC are the whole unit's, so that
/// commands with the prefix `+` are in them, too.
pub(super) fn enter(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    for (slot, (directive, setting, exit, kind)) in named(cx).into_iter().enumerate() {
        let (own_directive, own) = match kind {
            Namespaces::NETWORK => ("PrivateNetwork", &settings.private_network),
            _ => ("PrivateIPC", &settings.private_ipc),
        };
        if let Some(path) = &setting.0 {
            let file = c_string(path);
            steps.ask(
                directive,
                setting,
                exit,
                Action::EnterNamespace { file, kind, slot },
            );
            cx.enforced(directive);
        } else if own.0 && !cx.host.makes_namespaces() {
            cx.not_possible(own_directive, NO_NAMESPACES);
        } else if own.0 {
            steps.ask(own_directive, own, exit, Action::Unshare(kind));
            if kind == Namespaces::NETWORK {
                steps.ask(own_directive, own, exit, Action::LoopbackUp);
            }
        }
        if own.0 {
            cx.enforced(own_directive);
        }
    }
    let groups = &settings.protect_control_groups;
    let own = matches!(
        **groups,
        ProtectControlGroups::Private | ProtectControlGroups::Strict
    );
    if own && cx.is_sandboxed() && cx.host.makes_namespaces() {
        steps.ask(
            "ProtectControlGroups",
            groups,
            Exit::NAMESPACE,
            Action::Unshare(Namespaces::CGROUP),
        );
    }
}

/// The UTS namespace and the name in it.
pub(super) fn host_name(cx: &Context<'_>, steps: &mut Steps) {
    let setting = &cx.settings.protect_hostname;
    if setting.mode == HostnameMode::No {
        return;
    }
    if !cx.host.makes_namespaces() {
        let reason = "the filter holds, but there is no user namespace, and so none of names";
        return cx.partly("ProtectHostname", reason);
    }
    if cx.is_sandboxed() {
        steps.ask(
            "ProtectHostname",
            setting,
            Exit::NAMESPACE,
            Action::Unshare(Namespaces::UTS),
        );
        if let Some(name) = &setting.name {
            steps.ask(
                "ProtectHostname",
                setting,
                Exit::NAMESPACE,
                Action::HostName(c_string(name)),
            );
        }
    }
    cx.enforced("ProtectHostname");
}

/// The user namespace of a privileged manager's services, which comes last, so that the others stay the host's.
pub(super) fn users(cx: &Context<'_>, steps: &mut Steps) {
    let setting = &cx.settings.private_users;
    if !cx.host.is_privileged() || !cx.is_sandboxed() {
        return;
    }
    let identity = &cx.unit.identity;
    let own = |id: Option<u32>| match id {
        Some(id) if id != 0 => format!("0 0 1\n{id} {id} 1\n"),
        _ => "0 0 1\n".to_owned(),
    };
    let maps = match **setting {
        PrivateUsers::No => return,
        PrivateUsers::SelfUser => IdMaps {
            users: own(identity.uid),
            groups: own(identity.gid),
            setgroups: false,
        },
        PrivateUsers::Identity => {
            let map = "0 0 65536\n".to_owned();
            IdMaps {
                users: map.clone(),
                groups: map,
                setgroups: false,
            }
        }
        PrivateUsers::Full => {
            let map = if cx.at_least(260) {
                "0 0 4294967295\n"
            } else {
                "0 0 1\n1 1 4294967294\n"
            };
            IdMaps {
                users: map.to_owned(),
                groups: map.to_owned(),
                setgroups: true,
            }
        }
        _ => {
            cx.not_possible(
                "PrivateUsers",
                "managed ranges of users need systemd-nsresourced",
            );
            return;
        }
    };
    steps.ask(
        "PrivateUsers",
        setting,
        Exit::USER,
        Action::UserNamespace(maps),
    );
    cx.enforced("PrivateUsers");
}

type Named<'a> = (
    &'static str,
    &'a unitward_settings::Setting<unitward_settings::OptionalPath>,
    Exit,
    Namespaces,
);

/// The namespaces that can be named by a file.
fn named<'a>(cx: &Context<'a>) -> [Named<'a>; 2] {
    let settings = cx.settings;
    [
        (
            "NetworkNamespacePath",
            &settings.network_namespace_path,
            Exit::NETWORK,
            Namespaces::NETWORK,
        ),
        (
            "IPCNamespacePath",
            &settings.ipc_namespace_path,
            Exit::NAMESPACE,
            Namespaces::IPC,
        ),
    ]
}

/// A path for the kernel. NUL bytes do not get through the reading of units.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text.bytes().filter(|byte| *byte != 0).collect::<Vec<u8>>()).unwrap_or_default()
}

/// How many descriptors [`open`] keeps.
pub(crate) const SLOTS: usize = 2;
