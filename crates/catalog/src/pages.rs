//! Pages about capabilities, exit statuses and system call sets.

use crate::Capability;

/// What a capability permits, and who gets how far with it (capabilities(7)).
#[derive(Debug)]
pub struct CapabilityPage {
    /// The name, such as `CAP_SYS_ADMIN`.
    pub name: &'static str,
    /// The number in the kernel.
    pub number: u8,
    /// The Linux release that brought it.
    pub since: &'static str,
    /// `root`, `high`, `medium` or `low`: how far a process that holds it can get.
    pub danger: &'static str,
    /// What an attacker gains, in a sentence.
    pub gains: &'static str,
    /// The page, as Markdown.
    pub prose: &'static str,
}

/// An exit status of a service (systemd.exec(5), "Process exit codes").
#[derive(Debug)]
pub struct ExitStatus {
    /// The number.
    pub code: u8,
    /// Its name, such as `NAMESPACE`.
    pub name: &'static str,
    /// Who defined it: `libc`, `systemd`, `LSB` or `BSD`.
    pub class: &'static str,
    /// The directives that cause it.
    pub settings: &'static [&'static str],
    /// The systemd release that brought it; 0 when that was before 183.
    pub since: u16,
    /// The page, as Markdown.
    pub prose: &'static str,
}

/// What the calls of a system call set are for.
#[derive(Debug)]
pub struct SyscallSetPage {
    /// The name with its `@`.
    pub name: &'static str,
    /// `root`, `high`, `medium`, `low` or `none`: how far the calls help an attacker.
    pub danger: &'static str,
    /// The page, as Markdown.
    pub prose: &'static str,
}

/// The page of a capability.
#[must_use]
pub fn capability_page(capability: Capability) -> Option<&'static CapabilityPage> {
    crate::tables::CAPABILITY_PAGES
        .iter()
        .find(|page| page.number == capability.number())
}

/// The page of an exit status.
#[must_use]
pub fn exit_status(code: u8) -> Option<&'static ExitStatus> {
    crate::tables::EXIT_STATUSES
        .iter()
        .find(|page| page.code == code)
}

/// Every exit status with a name, by number.
#[must_use]
pub fn exit_statuses() -> &'static [ExitStatus] {
    crate::tables::EXIT_STATUSES
}

/// The page of a system call set, by its name with the `@`.
#[must_use]
pub fn syscall_set_page(name: &str) -> Option<&'static SyscallSetPage> {
    crate::tables::SYSCALL_SET_PAGES
        .iter()
        .find(|page| page.name == name)
}
