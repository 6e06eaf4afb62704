//! # Capability that undoes the sandbox
//!
//! ## What it finds
//!
//! A `CapabilityBoundingSet=` (or `AmbientCapabilities=`) that keeps CAP_SYS_ADMIN, CAP_SYS_MODULE,
//! CAP_SYS_RAWIO, CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH, in a unit whose other settings these capabilities
//! undo, and that does not deny the system calls for it.
//!
//! ## Why it matters
//!
//! CAP_SYS_ADMIN makes read-only mounts writable again and takes away what hides a directory. CAP_SYS_MODULE
//! runs code in the kernel. CAP_SYS_RAWIO writes memory and disks past all files. CAP_SYS_PTRACE takes over any
//! process outside the sandbox through /proc/PID/mem. CAP_DAC_READ_SEARCH opens files by handle, past all
//! mounts. The first and the fourth were tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! CapabilityBoundingSet=CAP_SYS_ADMIN CAP_NET_ADMIN
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ProtectSystem=strict
//! CapabilityBoundingSet=CAP_SYS_ADMIN CAP_NET_ADMIN
//! SystemCallFilter=~@mount
//! ```
//!
//! ## When to ignore
//!
//! The program cannot do without the capability; the settings then only protect from its mistakes.
//!
//! ## References
//!
//! capabilities(7); mount(2); open_by_handle_at(2); proc_pid_mem(5); `unitward explain CAP_SYS_ADMIN`.

use unitward_catalog::Capability;
use unitward_settings::{DevicePolicy, PrivateUsers, ProtectHome, ProtectSystem, Settings};

use crate::questions::user::is_root;
use crate::questions::{capabilities, filters};

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH006",
    name: "capability-against-sandbox",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a capability that is kept undoes other settings",
    directives: &["CapabilityBoundingSet", "ProtectSystem", "ProtectHome", "ReadOnlyPaths", "InaccessiblePaths", "SystemCallFilter"],
    source: include_str!("capability_against_sandbox.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let directive = match capabilities::starts_as_root(settings) {
        true => "CapabilityBoundingSet",
        false => "AmbientCapabilities",
    };
    let Some((origin, _)) = subject.last(directive) else {
        return;
    };
    // Inside a user namespace capabilities do not reach the host.
    if *settings.private_users != PrivateUsers::No {
        return;
    }
    let held = capabilities::held(settings);
    for (capability, calls, undoes, deed, remedy) in undoings() {
        if !held.contains(capability) || !calls.iter().any(|call| filters::passes(settings, call)) {
            continue;
        }
        let Some(undone) = undoes(settings) else {
            continue;
        };
        let name = capabilities::name(capability);
        let finding = report.add(
            Place::from(origin),
            format!("{name} {deed}, which undoes {undone}"),
            format!("Take {name} out of the capabilities of the service{remedy}."),
        );
        // With the prefix !, the program gives most of it up by itself.
        if directive == "CapabilityBoundingSet" && !is_root(settings) {
            finding.severity(Severity::Note);
        }
    }
}

type Undoing = (
    Capability,
    &'static [&'static str],
    fn(&Settings) -> Option<String>,
    &'static str,
    &'static str,
);

/// Capabilities, the calls of which each needs one, what they undo, how, and what else helps.
fn undoings() -> [Undoing; 5] {
    [
        (
            Capability::SYS_ADMIN,
            &["mount", "umount2", "move_mount", "mount_setattr"],
            mounts,
            "can make mounts writable again and take them away",
            ", or add SystemCallFilter=~@mount",
        ),
        (
            Capability::SYS_MODULE,
            &["finit_module", "init_module"],
            mounts,
            "can load code into the kernel",
            ", or add ProtectKernelModules=yes",
        ),
        (
            Capability::SYS_RAWIO,
            &["ioperm", "iopl"],
            memory,
            "can write to memory and to devices directly",
            ", or add PrivateDevices=yes",
        ),
        (
            Capability::SYS_PTRACE,
            &["open", "openat", "ptrace", "process_vm_writev"],
            |s| (!s.private_pids.0).then(|| mounts(s)).flatten(),
            "can take over any process outside the sandbox",
            "",
        ),
        (
            Capability::DAC_READ_SEARCH,
            &["open_by_handle_at"],
            hidden,
            "can open files by handle, past all mounts",
            ", or add SystemCallFilter=~open_by_handle_at",
        ),
    ]
}

/// The first setting that makes a part of the tree read-only or hides it.
fn mounts(settings: &Settings) -> Option<String> {
    match *settings.protect_system {
        ProtectSystem::No => {}
        value => return Some(format!("ProtectSystem={}", value.word())),
    }
    if !settings.read_only_paths.0.is_empty() {
        return Some("ReadOnlyPaths=".to_owned());
    }
    hidden(settings)
}

/// The first setting that hides files.
fn hidden(settings: &Settings) -> Option<String> {
    match *settings.protect_home {
        ProtectHome::No | ProtectHome::ReadOnly => {}
        value => return Some(format!("ProtectHome={}", value.word())),
    }
    let lists = [
        ("InaccessiblePaths=", settings.inaccessible_paths.0.is_empty()),
        ("TemporaryFileSystem=", settings.temporary_file_system.0.is_empty()),
        ("RootDirectory=", settings.root_directory.0.is_none()),
    ];
    lists.into_iter().find(|(_, empty)| !empty).map(|(name, _)| name.to_owned())
}

/// What hides files or makes them read-only, while the device nodes of memory are there.
fn memory(settings: &Settings) -> Option<String> {
    let open = *settings.device_policy == DevicePolicy::Auto && settings.device_allow.0.is_empty();
    open.then(|| mounts(settings)).flatten()
}
