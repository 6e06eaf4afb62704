//! The test behind each check.

use std::borrow::Cow;
use std::net::IpAddr;

use unitward_catalog::{Capabilities, Version};
use unitward_settings::*;

use crate::Rules;

/// How a check is tested.
#[derive(Debug)]
pub(crate) enum Test {
    /// Good when it is on.
    Switch(fn(&Settings) -> bool),
    /// Bad when one of these capabilities is in the bounding set.
    Capabilities(Capabilities),
    /// Bad when this kind of namespace may be made.
    Namespace(Namespace),
    /// Bad when a socket of one of these families may be made.
    Families(&'static [u8]),
    /// Bad when a socket of a family that no other check names may be made.
    OtherFamilies,
    /// Bad when a call of this set may be made.
    SyscallSet(&'static str),
    /// Anything else.
    Custom(fn(&Settings, Rules) -> Badness),
}

/// The outcome of a test.
pub(crate) struct Badness {
    /// None when the check does not apply.
    pub(crate) badness: Option<u64>,
    /// A text of the test's own.
    pub(crate) text: Option<Text>,
}

/// A text, written only when somebody wants to read it.
pub(crate) enum Text {
    Fixed(&'static str),
    /// About a system call filter and a set, with the first call of it that may be made.
    Calls {
        allow_list: bool,
        set: &'static str,
        first: Option<&'static str>,
    },
    /// The list of devices.
    Devices,
}

impl Text {
    pub(crate) fn write(self, settings: &Settings) -> Cow<'static, str> {
        match self {
            Self::Fixed(text) => Cow::Borrowed(text),
            Self::Calls {
                allow_list,
                set,
                first,
            } => {
                let kind = if allow_list { "allow" } else { "deny" };
                let not = if allow_list == first.is_some() {
                    ""
                } else {
                    "not "
                };
                let mut text = format!(
                    "System call {kind} list defined for service, and {set} is {not}included"
                );
                if let Some(call) = first {
                    text.extend([" (e.g. ", call, " is allowed)"]);
                }
                Cow::Owned(text)
            }
            Self::Devices => {
                let mut text = String::from("Service has a device ACL with some special devices:");
                for rule in settings.device_allow.0.iter().rev() {
                    text.push(' ');
                    text.push_str(&rule.to_string());
                }
                Cow::Owned(text)
            }
        }
    }
}

impl Test {
    pub(crate) fn run(&self, settings: &Settings, rules: Rules) -> Badness {
        match self {
            Self::Switch(is_good) => bad_if(!is_good(settings)),
            Self::Capabilities(group) => {
                bad_if(settings.capability_bounding_set.set.intersects(*group))
            }
            Self::Namespace(kind) => bad_if(settings.restrict_namespaces.allows(*kind)),
            Self::Families(group) => {
                families(&settings.restrict_address_families, |f| group.contains(&f))
            }
            Self::OtherFamilies => {
                families(&settings.restrict_address_families, |f| !NAMED.contains(&f))
            }
            Self::SyscallSet(set) => syscalls(settings, set),
            Self::Custom(test) => test(settings, rules),
        }
    }
}

fn bad_if(bad: bool) -> Badness {
    Badness {
        badness: Some(u64::from(bad)),
        text: None,
    }
}

const fn graded(badness: u64, text: &'static str) -> Badness {
    Badness {
        badness: Some(badness),
        text: Some(Text::Fixed(text)),
    }
}

const NOT_APPLICABLE: Badness = Badness {
    badness: None,
    text: None,
};

/// Whether systemd takes the service for one of root's: nothing is looked up.
fn is_privileged(settings: &Settings) -> bool {
    match settings.user.name() {
        Some(user) => is_root(user),
        None => !settings.dynamic_user.0,
    }
}

fn is_root(user: &str) -> bool {
    user == "0" || user == "root"
}

/// Whether the service runs as the user of its manager: only 262 knows that in its level.
fn is_calling_user(settings: &Settings) -> bool {
    settings.scope == Scope::User
        && settings.version >= Version::new(258)
        && settings.user.name().is_none_or(is_root)
}

pub(crate) fn user(settings: &Settings, _: Rules) -> Badness {
    if is_calling_user(settings) {
        return graded(0, "Service runs under the calling user's identity");
    }
    match settings.user.name() {
        Some("nobody") => graded(
            9,
            "Service runs under as 'nobody' user, which should not be used for services",
        ),
        Some(user) if !is_root(user) && settings.dynamic_user.0 => {
            graded(0, "Service runs under a transient non-root user identity")
        }
        Some(user) if !is_root(user) => {
            graded(0, "Service runs under a static non-root user identity")
        }
        _ => Badness {
            badness: Some(10),
            text: None,
        },
    }
}

pub(crate) fn supplementary_groups(settings: &Settings, _: Rules) -> Badness {
    let user_scope = settings.scope == Scope::User && settings.version >= Version::new(258);
    if is_privileged(settings) && !user_scope {
        return NOT_APPLICABLE;
    }
    bad_if(!settings.supplementary_groups.0.is_empty())
}

pub(crate) fn remove_ipc(settings: &Settings, _: Rules) -> Badness {
    if settings.scope == Scope::User && settings.version >= Version::new(258) {
        return Badness {
            badness: None,
            text: Some(Text::Fixed("RemoveIPC= has no effect on per-user services")),
        };
    }
    if is_privileged(settings) {
        NOT_APPLICABLE
    } else {
        bad_if(!settings.remove_ipc.0)
    }
}

pub(crate) fn private_mounts(settings: &Settings, rules: Rules) -> Badness {
    let s = settings;
    let implied = rules == Rules::Running
        && (s.private_devices.0
            || *s.private_tmp != PrivateTmp::No
            || *s.protect_control_groups != ProtectControlGroups::No
            || s.protect_kernel_tunables.0
            || s.protect_kernel_modules.0
            || s.root_image.0.is_some()
            || *s.protect_home != ProtectHome::No
            || *s.protect_system != ProtectSystem::No);
    let on = s.private_mounts.0.unwrap_or(s.version >= Version::new(254));
    bad_if(!on && !implied)
}

pub(crate) fn protect_home(settings: &Settings, _: Rules) -> Badness {
    match *settings.protect_home {
        ProtectHome::Yes => graded(0, "Service has no access to home directories"),
        ProtectHome::Tmpfs => graded(1, "Service has access to fake empty home directories"),
        ProtectHome::ReadOnly => graded(5, "Service has read-only access to home directories"),
        _ => graded(10, "Service has full access to home directories"),
    }
}

pub(crate) fn protect_system(settings: &Settings, _: Rules) -> Badness {
    match *settings.protect_system {
        ProtectSystem::Strict => graded(
            0,
            "Service has strict read-only access to the OS file hierarchy",
        ),
        ProtectSystem::Full => graded(
            3,
            "Service has very limited write access to the OS file hierarchy",
        ),
        ProtectSystem::Yes => graded(
            5,
            "Service has limited write access to the OS file hierarchy",
        ),
        _ => graded(10, "Service has full access to the OS file hierarchy"),
    }
}

pub(crate) fn own_root(settings: &Settings, _: Rules) -> Badness {
    let is_own = |path: &RequiredPath| path.0.as_deref().is_some_and(|path| path != "/");
    bad_if(!is_own(&settings.root_directory) && !is_own(&settings.root_image))
}

pub(crate) fn umask(settings: &Settings, _: Rules) -> Badness {
    match settings.umask.0 {
        mask if mask & 0o002 == 0 => {
            graded(10, "Files created by service are world-writable by default")
        }
        mask if mask & 0o004 == 0 => {
            graded(5, "Files created by service are world-readable by default")
        }
        mask if mask & 0o020 == 0 => {
            graded(2, "Files created by service are group-writable by default")
        }
        mask if mask & 0o040 == 0 => {
            graded(1, "Files created by service are group-readable by default")
        }
        _ => graded(
            0,
            "Files created by service are accessible only by service's own user by default",
        ),
    }
}

pub(crate) fn keyring_mode(settings: &Settings, _: Rules) -> Badness {
    bad_if(*settings.keyring_mode != KeyringMode::Private)
}

pub(crate) fn protect_proc(settings: &Settings, _: Rules) -> Badness {
    let badness = match *settings.protect_proc {
        ProtectProc::Default => 3,
        ProtectProc::Noaccess => 1,
        _ => 0,
    };
    Badness {
        badness: Some(badness),
        text: None,
    }
}

pub(crate) fn proc_subset(settings: &Settings, _: Rules) -> Badness {
    bad_if(*settings.proc_subset != ProcSubset::Pid)
}

pub(crate) fn notify_access(settings: &Settings, _: Rules) -> Badness {
    bad_if(*settings.notify_access == NotifyAccess::All)
}

pub(crate) fn ambient_capabilities(settings: &Settings, _: Rules) -> Badness {
    bad_if(!settings.ambient_capabilities.set.is_empty())
}

pub(crate) fn architectures(settings: &Settings, _: Rules) -> Badness {
    let list = &*settings.system_call_architectures;
    if list.is_empty() {
        graded(10, "Service may execute system calls with all ABIs")
    } else if list.is_native_only() {
        graded(0, "Service may execute system calls only with native ABI")
    } else {
        graded(8, "Service may execute system calls with multiple ABIs")
    }
}

/// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET: the families that have a check of their own.
const NAMED: [u8; 5] = [1, 2, 10, 16, 17];

/// A group of families is bad when the kind of the list says so, unless one of its families is listed.
fn families(setting: &RestrictAddressFamilies, in_group: impl Fn(u8) -> bool) -> Badness {
    let listed = setting.families.iter().any(|family| in_group(*family));
    bad_if(listed == setting.allow_list)
}

fn syscalls(settings: &Settings, set: &'static str) -> Badness {
    let filter = &*settings.system_call_filter;
    if filter.is_unfiltered() {
        return graded(10, "Service does not filter system calls");
    }
    let allow_list = filter.allow_list;
    let first = filter.first_allowed(set, settings.version);
    let badness = match (first, allow_list) {
        (Some(_), true) => 9,
        (Some(_), false) => 10,
        (None, _) => 0,
    };
    Badness {
        badness: Some(badness),
        text: Some(Text::Calls {
            allow_list,
            set,
            first,
        }),
    }
}

pub(crate) fn ip_address_deny(settings: &Settings, rules: Rules) -> Badness {
    if !settings.ip_ingress_filter_path.0.is_empty() || !settings.ip_egress_filter_path.0.is_empty()
    {
        return graded(
            0,
            "Service defines custom ingress/egress IP filters with BPF programs",
        );
    }
    if !settings.ip_address_deny.is_any() {
        return graded(10, "Service does not define an IP address allow list");
    }
    let allowed = &settings.ip_address_allow.0;
    if allowed.iter().any(|network| !is_localhost(network, rules)) {
        return graded(
            5,
            "Service defines IP address allow list with non-localhost entries",
        );
    }
    if allowed.is_empty() {
        graded(0, "Service blocks all IP address ranges")
    } else {
        graded(
            2,
            "Service defines IP address allow list with only localhost entries",
        )
    }
}

fn is_localhost(network: &Network, rules: Rules) -> bool {
    match network.address {
        IpAddr::V4(v4) if rules == Rules::Running => {
            network.length == 8 && v4.octets() == [127, 0, 0, 0]
        }
        IpAddr::V4(v4) => v4.octets()[0] == 127,
        IpAddr::V6(v6) => v6.is_loopback() && network.length == 128,
    }
}

pub(crate) fn device_allow(settings: &Settings, _: Rules) -> Badness {
    if *settings.device_policy == DevicePolicy::Auto {
        return graded(10, "Service has no device ACL");
    }
    if settings.device_allow.0.is_empty() {
        return graded(0, "Service has a minimal device ACL");
    }
    Badness {
        badness: Some(5),
        text: Some(Text::Devices),
    }
}
