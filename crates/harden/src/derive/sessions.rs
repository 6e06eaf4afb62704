//! Services that run what other users ask for: logins and jobs. What they do is not known from a recording.

use unitward_catalog::Capability as C;
use unitward_observe::Use;

use super::Level;
use super::capabilities;
use super::proposal::Proposal;
use super::view::{View, told};

/// What tells that a service opens sessions for users: it asks PAM, and becomes others.
pub(super) fn of(view: &View<'_>) -> Option<Vec<String>> {
    if view.level == Level::Paranoid {
        return None;
    }
    let asks = view
        .used(&[Use::Read])
        .find(|(path, fact)| path.starts_with("/etc/pam.d/") && fact.seen.successes() > 0);
    let (path, fact) = asks?;
    if !capabilities::needed(view).set.contains(C::SETUID) {
        return None;
    }
    Some(vec![told(
        &format!("{path} was read, and the user changed"),
        &fact.seen,
    )])
}

/// Directives that would hold for the users' programs as well, and what these would miss.
const LEFT: &[(&str, &str)] = &[
    ("ProtectSystem", "Users write where they may"),
    ("ProtectHome", "Users have home directories"),
    ("PrivateTmp", "Users share temporary files with others"),
    ("NoExecPaths", "Users execute what they like"),
    ("InaccessiblePaths", "Users look where they may"),
    ("UMask", "Users choose the modes of their files"),
    (
        "MemoryDenyWriteExecute",
        "Users run programs that make code",
    ),
    ("ProtectProc", "Users look at processes"),
    ("PrivateIPC", "Users share objects of IPC with others"),
    ("SocketBindDeny", "Users bind ports"),
    ("SocketBindAllow", "Users bind ports"),
    ("IPAddressDeny", "Users connect with whom they like"),
    ("IPAddressAllow", "Users connect with whom they like"),
    ("PrivateNetwork", "Users connect with whom they like"),
    ("LimitCORE", "Users look at what crashed"),
    ("ReadWritePaths", ""),
    ("BindPaths", ""),
    ("BindReadOnlyPaths", ""),
    ("ExecPaths", ""),
    ("StateDirectory", ""),
    ("LogsDirectory", ""),
    ("CacheDirectory", ""),
];

/// What a careful level leaves besides: programs that gain privileges, such as sudo, and what an administrator does.
const LEFT_SAFELY: &[(&str, &str)] = &[
    ("NoNewPrivileges", "Users gain privileges by sudo(8)"),
    ("PrivateUsers", "Users gain privileges by sudo(8)"),
    ("RestrictSUIDSGID", "Administrators set modes"),
    ("CapabilityBoundingSet", "Users gain privileges by sudo(8)"),
    ("SystemCallFilter", "Administrators do what others may not"),
    ("SystemCallErrorNumber", ""),
    ("PrivateDevices", "Administrators use devices"),
    ("PrivateMounts", "Administrators mount"),
    ("RestrictAddressFamilies", "Users use networks of all kinds"),
    ("RestrictNamespaces", "Users make containers"),
    ("ProtectClock", "Administrators set the clock"),
    ("ProtectHostname", "Administrators name the host"),
    ("ProtectKernelTunables", "Administrators tune the kernel"),
    ("ProtectKernelModules", "Administrators load modules"),
    ("ProtectKernelLogs", "Administrators read the kernel's log"),
    ("ProtectControlGroups", "Sessions get control groups"),
    ("ProcSubset", ""),
    (
        "SystemCallArchitectures",
        "Users run programs of other architectures",
    ),
];

/// Takes out what the users' programs would not bear.
pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let Some(evidence) = of(view) else {
        return;
    };
    let more: &[(&str, &str)] = match view.level {
        Level::Safe => LEFT_SAFELY,
        _ => &[],
    };
    for (directive, why) in LEFT.iter().chain(more) {
        proposal.open.retain(|open| open.directive != *directive);
        let before = proposal.lines.len();
        proposal.lines.retain(|line| line.directive != *directive);
        if !why.is_empty() && proposal.lines.len() < before {
            proposal.leave(directive, *why, evidence.clone());
        }
    }
    let text = match view.level {
        Level::Safe => {
            "It opens sessions for users, whose programs run inside the same settings: nothing is set that they could miss."
        }
        _ => {
            "It opens sessions for users, whose programs run inside the same settings: sudo(8) and what needs privileges does not work in them, nor what administrators do there. Level safe leaves that in place."
        }
    };
    proposal.suggestions.push(text.to_owned());
}
