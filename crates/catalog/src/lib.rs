//! What each systemd sandboxing directive is: grammar, default, version, mechanism, risk and advice.
//!
//! The pages under `directives/`, `capabilities/`, `exit-statuses/` and `syscall-sets/` are the one place for
//! these facts and for the prose that `unitward explain` prints. They are turned into static tables when
//! the crate is built.

mod capability;
mod directive;
mod hash;
pub mod keys;
mod names;
mod pages;
mod suggest;
mod version;

pub use capability::{Capabilities, Capability, ParseCapabilityError};
pub use directive::{
    Change, Degree, Directive, Failure, Grammar, Kind, Risk, ValueRisk, directive, directives,
    manager_directive, manager_directives, place,
};
pub use pages::{
    CapabilityPage, ExitStatus, SyscallSetPage, capability_page, exit_status, exit_statuses,
    syscall_set_page,
};
pub use suggest::suggest;
pub use version::{ParseVersionError, Version};

/// The tables that the build script makes from the pages.
mod tables {
    use crate::keys::Key;
    use crate::names::Names;
    use crate::*;

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
