//! # MemoryDenyWriteExecute= without native SystemCallArchitectures=
//!
//! ## What it finds
//!
//! `MemoryDenyWriteExecute=yes` while programs of other architectures may run, 32-bit ones above all.
//!
//! ## Why it matters
//!
//! On kernels before 6.3, and with systemd before 254 on all kernels, the setting is a filter of system calls.
//! In the 32-bit calls of x86, shmat hides in the call ipc, where a filter cannot see it (tried with systemd
//! 252); on MIPS and PA-RISC there is no such filter at all. A 64-bit program can make 32-bit calls as well.
//! Newer kernels enforce the rule themselves, for all architectures.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! MemoryDenyWriteExecute=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! MemoryDenyWriteExecute=yes
//! SystemCallArchitectures=native
//! ```
//!
//! ## When to ignore
//!
//! The service runs programs of another architecture.
//!
//! ## References
//!
//! systemd.exec(5), MemoryDenyWriteExecute=, which recommends the pair; PR_SET_MDWE(2const).

use unitward_catalog::Version;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH001",
    name: "memory-filter-past-foreign-abi",
    family: Family::Hole,
    severity: Severity::Note,
    summary: "MemoryDenyWriteExecute= leaves ways open to programs of other architectures",
    directives: &["MemoryDenyWriteExecute", "SystemCallArchitectures"],
    source: include_str!("foreign_memory_calls.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if !settings.memory_deny_write_execute.0 || settings.is_native_only() {
        return;
    }
    let old = settings.version < Version::new(254);
    let kernels = if old { "" } else { " on kernels before 6.3" };
    let message = format!(
        "MemoryDenyWriteExecute= can be got around with the system calls of other architectures{kernels}"
    );
    let finding = report.add(
        place(&settings.memory_deny_write_execute),
        message,
        "Add SystemCallArchitectures=native.",
    );
    if old {
        finding.severity(Severity::Warning);
    }
}
