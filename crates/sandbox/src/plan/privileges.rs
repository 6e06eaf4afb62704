//! Groups, capabilities, the user, secure bits, no_new_privs and system call filters (systemd.exec(5), "Capabilities" and
//! "Security").

use unitward_catalog::{Capabilities, Capability, Version};
use unitward_seccomp::Syscall;
use unitward_settings::{Directory, Settings};

use super::namespaces::c_string;
use super::steps::Steps;
use super::{Action, Cause, Context, Tolerance};
use crate::service::Parting;
use crate::{Exit, Failure};

/// Groups come before the user namespace, which may deny setgroups(2).
pub(super) fn groups(cx: &Context<'_>, steps: &mut Steps) {
    let identity = &cx.unit.identity;
    // The supplementary groups are those of the user even for commands that keep root (observed in 257 and 262).
    let Some(gid) = identity.gid.filter(|_| cx.changes_user()) else {
        if let Some(groups) = &identity.groups {
            let action = Action::Groups {
                gid: cx.host.gid,
                supplementary: Some(groups.clone()),
            };
            steps.ask(
                "SupplementaryGroups",
                &cx.settings.supplementary_groups,
                Exit::GROUP,
                action,
            );
        }
        return;
    };
    let supplementary = Some(identity.groups.clone().unwrap_or_default());
    let cause = if cx.settings.group.name().is_some() {
        Cause::of("Group", &cx.settings.group)
    } else {
        Cause::of("User", &cx.settings.user)
    };
    steps.push(Exit::GROUP, cause, Action::Groups { gid, supplementary });
}

/// Everything that follows the last namespace, in the order that keeps each step possible.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) -> Result<(), Failure> {
    let settings = cx.settings;
    let keeps = keeps_capabilities(cx);
    for directive in [
        "User",
        "Group",
        "SupplementaryGroups",
        "CapabilityBoundingSet",
        "AmbientCapabilities",
        "SecureBits",
        "NoNewPrivileges",
        "WorkingDirectory",
    ] {
        cx.enforced(directive);
    }
    let ambient = settings.ambient_capabilities.set;
    if cx.is_sandboxed() {
        let bounding = settings.capability_bounding_set.set;
        let kept = if keeps {
            bounding.union(FOR_FILTERS)
        } else {
            bounding
        };
        if kept != Capabilities::ALL && !cx.host.makes_namespaces() {
            // With no_new_privs no program gives any capability, and this process has none.
            let cause = Cause::of("CapabilityBoundingSet", &settings.capability_bounding_set);
            steps.push(Exit::CAPABILITIES, cause, Action::NoNewPrivileges);
            let reason = "an ordinary user cannot change the bounding set; no_new_privs keeps capabilities away";
            cx.partly("CapabilityBoundingSet", reason);
        } else if kept != Capabilities::ALL {
            let cause = Cause::of("CapabilityBoundingSet", &settings.capability_bounding_set);
            steps.push(Exit::CAPABILITIES, cause, Action::KeepBoundingSet(kept));
        }
        if !ambient.is_empty() {
            let action = Action::Ambient {
                set: ambient,
                inherit: true,
            };
            steps.ask(
                "AmbientCapabilities",
                &settings.ambient_capabilities,
                Exit::CAPABILITIES,
                action,
            );
        }
    }
    change_root(cx, steps);
    if let Some(uid) = cx.unit.identity.uid.filter(|_| cx.changes_user()) {
        let sandbox = cx.is_sandboxed();
        if uid != 0 && sandbox && (keeps || !ambient.is_empty() || settings.secure_bits.0 != 0) {
            steps.ask("User", &settings.user, Exit::USER, Action::KeepCapabilities);
        }
        steps.ask("User", &settings.user, Exit::USER, Action::ChangeUser(uid));
        if keeps {
            let setuid = Capabilities::of(&[Capability::SETUID]);
            if !ambient.intersects(setuid) {
                steps.ask(
                    "User",
                    &settings.user,
                    Exit::USER,
                    Action::DropCapabilities(setuid),
                );
            }
            steps.ask(
                "User",
                &settings.user,
                Exit::USER,
                Action::GainCapabilities(FOR_FILTERS),
            );
        }
        if sandbox && !ambient.is_empty() {
            let action = Action::Ambient {
                set: ambient,
                inherit: false,
            };
            steps.ask(
                "AmbientCapabilities",
                &settings.ambient_capabilities,
                Exit::CAPABILITIES,
                action,
            );
        }
    }
    if cx.unit.options.parting == Parting::DieWithParent {
        // After the last change of user, which would undo it, and before filters that may forbid it.
        steps.always(Exit::EXCEPTION, Action::DieWithParent);
    }
    working_directory(cx, steps);
    if !cx.is_sandboxed() {
        return Ok(());
    }
    labels(cx, steps);
    if settings.secure_bits.is_set() || keeps_at_user_change(steps) {
        let action = Action::SecureBits(settings.secure_bits.0);
        steps.ask(
            "SecureBits",
            &settings.secure_bits,
            Exit::SECUREBITS,
            action,
        );
    }
    if settings.no_new_privileges.0 {
        steps.ask(
            "NoNewPrivileges",
            &settings.no_new_privileges,
            Exit::NO_NEW_PRIVILEGES,
            Action::NoNewPrivileges,
        );
    } else if let Some(cause) = filter_cause(settings).filter(|_| !may_filter(cx, keeps)) {
        steps.push(Exit::NO_NEW_PRIVILEGES, cause, Action::NoNewPrivileges);
    }
    super::mounts::landlock::plan(cx, steps);
    // Before the filter, which may forbid the talk with the parent.
    if let Some((cause, program)) = &cx.unit.control_group.file_systems {
        let action = Action::AttachProgram(program.clone());
        steps.push(Exit::BPF, *cause, action);
    }
    super::filters::plan(cx, steps)?;
    if keeps {
        let bounding = settings.capability_bounding_set.set;
        if bounding != Capabilities::ALL {
            let cause = Cause::of("CapabilityBoundingSet", &settings.capability_bounding_set);
            steps.push(Exit::CAPABILITIES, cause, Action::KeepBoundingSet(bounding));
        }
        let surplus = FOR_FILTERS.without(bounding);
        if !surplus.is_empty() {
            steps.ask(
                "User",
                &settings.user,
                Exit::USER,
                Action::DropCapabilities(surplus),
            );
        }
    }
    Ok(())
}

/// What is kept over the change of the user, so that filters need no no_new_privs.
const FOR_FILTERS: Capabilities = Capabilities::of(&[Capability::SYS_ADMIN, Capability::SETPCAP]);

/// Whether capabilities are kept for a while, so that filters can be installed without no_new_privs (255 and later).
fn keeps_capabilities(cx: &Context<'_>) -> bool {
    let settings = cx.settings;
    let changes = cx.changes_user() && cx.unit.identity.uid.is_some_and(|uid| uid != 0);
    changes
        && cx.is_sandboxed()
        && cx.at_least(255)
        && cx.host.is_privileged()
        && !asks_for_no_new_privileges(settings)
        && filter_cause(settings).is_some()
        && lets_capabilities_go(settings)
}

/// Whether the unit itself does. That of `DynamicUser=` does not count (observed in 257 and 262).
fn asks_for_no_new_privileges(settings: &Settings) -> bool {
    let setting = &settings.no_new_privileges;
    setting.0 && setting.implied_by() != Some("DynamicUser")
}

/// Whether the filter of the unit allows the calls that give capabilities up.
fn lets_capabilities_go(settings: &Settings) -> bool {
    let filter = &settings.system_call_filter;
    ["capget", "capset", "prctl"]
        .into_iter()
        .filter_map(Syscall::by_name)
        .all(|call| filter.is_unfiltered() || filter.allows(call))
}

/// Whether the process may install filters without no_new_privs when it comes to that.
fn may_filter(cx: &Context<'_>, keeps: bool) -> bool {
    let changes = cx.changes_user() && cx.unit.identity.uid.is_some_and(|uid| uid != 0);
    cx.host.is_privileged() && (keeps || !changes)
}

/// The first setting that needs a system call filter.
pub(super) fn filter_cause(settings: &Settings) -> Option<Cause> {
    let flags = [
        ("LockPersonality", &settings.lock_personality),
        (
            "MemoryDenyWriteExecute",
            &settings.memory_deny_write_execute,
        ),
        ("PrivateDevices", &settings.private_devices),
        ("ProtectClock", &settings.protect_clock),
        ("ProtectKernelTunables", &settings.protect_kernel_tunables),
        ("ProtectKernelModules", &settings.protect_kernel_modules),
        ("ProtectKernelLogs", &settings.protect_kernel_logs),
        ("RestrictRealtime", &settings.restrict_realtime),
        ("RestrictSUIDSGID", &settings.restrict_suid_sgid),
    ];
    if let Some((directive, setting)) = flags.into_iter().find(|(_, setting)| setting.0) {
        return Some(Cause::of(directive, setting));
    }
    use unitward_settings::HostnameMode;
    let hostname = settings.protect_hostname.mode;
    let private = settings.version >= Version::new(258);
    if hostname == HostnameMode::Yes || (hostname == HostnameMode::Private && !private) {
        return Some(Cause::of("ProtectHostname", &settings.protect_hostname));
    }
    if !settings.restrict_address_families.is_unrestricted() {
        return Some(Cause::of(
            "RestrictAddressFamilies",
            &settings.restrict_address_families,
        ));
    }
    if settings.restrict_namespaces.allowed.is_some() {
        return Some(Cause::of(
            "RestrictNamespaces",
            &settings.restrict_namespaces,
        ));
    }
    if !settings.system_call_architectures.is_empty() {
        return Some(Cause::of(
            "SystemCallArchitectures",
            &settings.system_call_architectures,
        ));
    }
    if settings.system_call_filter.is_set() && !settings.system_call_filter.is_unfiltered() {
        return Some(Cause::of("SystemCallFilter", &settings.system_call_filter));
    }
    let log = &settings.system_call_log;
    (log.is_set()).then(|| Cause::of("SystemCallLog", log))
}

/// Whether keep-caps was set for the change of the user, and has to be cleared again.
fn keeps_at_user_change(steps: &Steps) -> bool {
    steps
        .0
        .iter()
        .any(|step| matches!(step.action, Action::KeepCapabilities))
}

/// The root directory, where no mount namespace changes it.
fn change_root(cx: &Context<'_>, steps: &mut Steps) {
    let setting = &cx.settings.root_directory;
    let Some(root) = setting.0.as_deref().filter(|root| *root != "/") else {
        return;
    };
    cx.enforced("RootDirectory");
    cx.enforced("RootDirectoryStartOnly");
    if !super::mounts::is_needed(cx) {
        steps.ask(
            "RootDirectory",
            setting,
            Exit::CHROOT,
            Action::ChangeRoot(c_string(root)),
        );
    }
}

/// The working directory, as the user of the service, whose permissions count.
fn working_directory(cx: &Context<'_>, steps: &mut Steps) {
    let setting = &cx.settings.working_directory;
    let home = cx.unit.identity.home.as_deref().unwrap_or("/");
    let path = match &setting.directory {
        None => "/",
        Some(Directory::Home) => home,
        Some(Directory::Path(path)) => path,
    };
    let tolerance = if setting.optional {
        Tolerance::All
    } else {
        Tolerance::None
    };
    let cause = Cause::of("WorkingDirectory", setting);
    steps.tolerant(
        Exit::CHDIR,
        cause,
        tolerance,
        Action::WorkingDirectory(c_string(path)),
    );
}

/// Labels of security modules for the program.
fn labels(cx: &Context<'_>, steps: &mut Steps) {
    let settings = cx.settings;
    let modules = [
        (
            "SELinuxContext",
            "selinux",
            settings.selinux_context.value().clone(),
            settings.selinux_context.origin(),
        ),
        (
            "AppArmorProfile",
            "apparmor",
            settings.app_armor_profile.0.clone(),
            settings.app_armor_profile.origin(),
        ),
        (
            "SmackProcessLabel",
            "smack",
            settings.smack_process_label.value().clone(),
            settings.smack_process_label.origin(),
        ),
    ];
    for (directive, module, label, origin) in modules {
        let Some(name) = &label.name else { continue };
        if !cx.host.modules.iter().any(|known| known == module) {
            cx.not_possible(directive, format!("this kernel runs without {module}"));
            continue;
        }
        let (file, text, exit) = match module {
            "selinux" => (
                c"/proc/thread-self/attr/exec",
                name.clone(),
                Exit::SELINUX_CONTEXT,
            ),
            "apparmor" => (
                c"/proc/thread-self/attr/apparmor/exec",
                format!("exec {name}"),
                Exit::APPARMOR_PROFILE,
            ),
            _ => (
                c"/proc/thread-self/attr/smack/current",
                name.clone(),
                Exit::SMACK_PROCESS_LABEL,
            ),
        };
        let tolerance = if label.optional {
            Tolerance::All
        } else {
            Tolerance::None
        };
        let action = Action::ExecLabel {
            file: file.to_owned(),
            label: c_string(&text),
        };
        steps.tolerant(exit, Cause { directive, origin }, tolerance, action);
        cx.enforced(directive);
    }
}
