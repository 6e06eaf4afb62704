//! # RestrictAddressFamilies= without native SystemCallArchitectures=
//!
//! ## What it finds
//!
//! `RestrictAddressFamilies=` while programs of other architectures may run.
//!
//! ## Why it matters
//!
//! systemd does not filter the sockets of the architectures x86, s390, MIPS (32-bit) and PowerPC. On an x86-64
//! machine any program, a 64-bit one too, can make 32-bit system calls and so open a socket of every family.
//! Tried with systemd 252: with `AF_UNIX` alone, a socket of AF_INET is refused to the 64-bit call and given to
//! the 32-bit one.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! RestrictAddressFamilies=AF_UNIX
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! RestrictAddressFamilies=AF_UNIX
//! SystemCallArchitectures=native
//! ```
//!
//! ## When to ignore
//!
//! The service runs programs of another architecture, or the machine knows only one.
//!
//! ## References
//!
//! systemd.exec(5), RestrictAddressFamilies=; socketcall(2).

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH002",
    name: "address-families-past-foreign-abi",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "RestrictAddressFamilies= does not hold for 32-bit system calls",
    directives: &["RestrictAddressFamilies", "SystemCallArchitectures"],
    source: include_str!("foreign_socket_calls.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let families = &settings.restrict_address_families;
    if families.is_unrestricted() || settings.is_native_only() {
        return;
    }
    report.add(
        place(families),
        "RestrictAddressFamilies= can be got around with 32-bit system calls, which it does not cover",
        "Add SystemCallArchitectures=native.",
    );
}
