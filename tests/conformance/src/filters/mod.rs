//! unitward's one system call filter beside the filters that a real systemd installs for the same settings.
//!
//! `filters/record.c` reads the filters out of processes that systemd started: [`record`]. What it read is kept in
//! `filters/V.bin`: [`recorded`]. [`compare`] asks both sides about every call of every architecture, and about arguments
//! at every boundary of every test that either side makes. [`random`] makes settings to record.

pub mod compare;
pub mod random;
pub mod record;
pub mod recorded;

use std::path::Path;

use unitward_catalog::Version;
use unitward_seccomp::{Arch, Policy, Program};
use unitward_settings::{FilterHost, Options, Scope, resolve};
use unitward_unit::HostFacts;
use unitward_unit::load::{Loader, SearchPath};

/// A unit with the filters that a systemd installed for it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of the unit.
    pub name: String,
    /// The lines that say what is filtered.
    pub lines: Vec<String>,
    /// The filters, oldest first.
    pub programs: Vec<Program>,
}

/// The policy of a unit with these lines on x86-64.
///
/// # Errors
///
/// The unit's name is none.
pub fn policy(lines: &[String], systemd: u16) -> Result<Policy, Box<dyn std::error::Error>> {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let text = format!("[Service]\nExecStart=/spin\n{}\n", lines.join("\n"));
    let unit = loader.load_text(
        &"filters.service".parse()?,
        Path::new("/filters.service"),
        text,
    );
    let options = Options {
        version: systemd.to_string().parse::<Version>()?,
        scope: Scope::System,
        facts: &HostFacts::default(),
        user_umask: 0o22,
    };
    let resolution = resolve(&unit, &options);
    Ok(resolution
        .settings
        .system_call_policy(FilterHost::new(Arch::X86_64)))
}
