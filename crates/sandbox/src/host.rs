//! What this kernel, and this process's privileges, can enforce.

use std::os::fd::AsFd as _;

use rustix::thread::CapabilitySet;
use unitward_catalog::{Capabilities, Capability};

/// Facts about the kernel and about this process, read once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Host {
    /// The kernel's version: major and minor.
    pub kernel: (u16, u16),
    /// The user of this process.
    pub uid: u32,
    /// The group of this process.
    pub gid: u32,
    /// The effective capabilities of this process.
    pub capabilities: Capabilities,
    /// The security modules, such as `landlock` or `bpf`.
    pub modules: Vec<String>,
    /// Whether this process, without privileges, can have a user namespace with the rights that sandboxes need.
    pub has_user_namespaces: bool,
    /// The version of the kernel's Landlock, where that is what an ordinary user has instead of user namespaces.
    pub landlock: Option<u32>,
    /// Whether users here are the kernel's own, with no namespace in between.
    pub is_first_user_namespace: bool,
}

impl Host {
    /// Reads the facts.
    #[must_use]
    pub fn read() -> Self {
        let sets = rustix::thread::capabilities(None);
        let capabilities = sets.map_or(Capabilities::NONE, |sets| from_kernel(sets.effective));
        let privileged = capabilities.contains(Capability::SYS_ADMIN);
        let has_user_namespaces = !privileged && makes_user_namespaces();
        Self {
            has_user_namespaces,
            landlock: match privileged || has_user_namespaces {
                true => None,
                false => crate::sys::landlock_version(),
            },
            kernel: kernel_version(),
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            capabilities,
            modules: security_modules(),
            is_first_user_namespace: maps_all_users(),
        }
    }

    /// Whether this process has a capability.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Whether services are made as the system manager makes them: with the right to do everything that a sandbox needs.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.has(Capability::SYS_ADMIN)
    }

    /// Whether namespaces can be made: with privileges, or in a user namespace.
    #[must_use]
    pub fn makes_namespaces(&self) -> bool {
        self.is_privileged() || self.has_user_namespaces
    }

    /// Whether device nodes can be made: only outside of user namespaces.
    #[must_use]
    pub fn makes_devices(&self) -> bool {
        self.has(Capability::MKNOD) && self.is_first_user_namespace
    }
}

/// Tries it: kernels, security modules and filters of containers have many ways to forbid it.
fn makes_user_namespaces() -> bool {
    use rustix::mount::MountPropagationFlags;
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS;
    let tried = crate::sys::spawn(flags as u64, None, || {
        let slave = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        let may_mount = rustix::mount::mount_change(c"/", slave).is_ok();
        crate::sys::exit_now(u8::from(!may_mount))
    });
    let ended =
        tried.and_then(|child| waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED));
    ended.is_ok_and(|status| status.is_some_and(|status| status.exit_status() == Some(0)))
}

/// The capabilities of a set of the kernel's.
fn from_kernel(set: CapabilitySet) -> Capabilities {
    Capabilities::from_bits(set.bits())
}

/// The security modules that are switched on, by the file of securityfs, or where that is not mounted by
/// lsm_list_modules(2).
fn security_modules() -> Vec<String> {
    /// LSM_ID_* of linux/lsm.h, from 100 on.
    const NAMES: [&str; 14] = [
        "capability",
        "selinux",
        "smack",
        "tomoyo",
        "apparmor",
        "yama",
        "loadpin",
        "safesetid",
        "lockdown",
        "bpf",
        "landlock",
        "ima",
        "evm",
        "ipe",
    ];
    if let Ok(text) = std::fs::read_to_string("/sys/kernel/security/lsm") {
        return text.trim().split(',').map(str::to_owned).collect();
    }
    let numbers = crate::sys::security_modules().unwrap_or_default();
    numbers
        .into_iter()
        .filter_map(|number| NAMES.get(usize::try_from(number.checked_sub(100)?).ok()?))
        .map(|name| (*name).to_owned())
        .collect()
}

/// Whether each user is mapped to itself.
fn maps_all_users() -> bool {
    std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_ascii_whitespace().eq(["0", "0", "4294967295"]))
}

fn kernel_version() -> (u16, u16) {
    let name = rustix::system::uname();
    let release = name.release().to_string_lossy();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
