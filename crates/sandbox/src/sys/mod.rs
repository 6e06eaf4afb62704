//! System calls that `rustix` does not wrap. The only unsafe code of this crate.
//!
//! Every function is one call, safe to use between fork and exec: no allocation, no lock.

mod accounts;
mod bpf;
mod descriptors;
mod glob;
mod ipc;
mod keyring;
mod landlock;
mod mount;
mod namespaces;
mod process;
mod scheduling;
mod security;
mod signals;
mod terminal;

pub(crate) use accounts::{
    Account, account_by_name, account_by_uid, group_by_name, groups_of, has_group,
};
#[cfg(test)]
pub(crate) use bpf::run_bpf;
pub(crate) use bpf::{BpfInstruction, attach_bpf, count_bpf, load_bpf, pinned_bpf};
pub(crate) use descriptors::{borrow, close_all_but, duplicate, lay_out, own};
pub(crate) use glob::{errno_of, glob};
pub(crate) use ipc::{IpcKind, remove_ipc};
pub(crate) use keyring::{
    Keyring, add_key, join_session_keyring, link_keyring, set_key_rights, set_keyring_owner,
};
pub(crate) use landlock::{landlock_allow, landlock_restrict, landlock_ruleset, landlock_version};
pub(crate) use mount::{MountAttributes, set_mount_attributes};
pub(crate) use namespaces::{enter_namespace, interface_index, loopback_up, set_groups, unshare};
pub(crate) use process::{
    Child, Pointers, allow_tracer, execute, exit_now, install_filter, refuse_exec_gain,
    set_memory_ksm, set_memory_thp, set_personality, spawn,
};
pub(crate) use scheduling::{set_io_priority, set_memory_policy, set_scheduler};
pub(crate) use security::security_modules;
pub(crate) use signals::{Signals, reset_signals, send_signal};
pub(crate) use terminal::{hang_up, make_controlling, set_usual_modes};

use rustix::io::Errno;

/// The result of a raw system call.
fn result(returned: libc::c_long) -> Result<libc::c_long, Errno> {
    if returned < 0 {
        // SAFETY: the address of this thread's errno is always valid.
        #[expect(unsafe_code, reason = "errno of a raw call")]
        let number = unsafe { *libc::__errno_location() };
        return Err(Errno::from_raw_os_error(number));
    }
    Ok(returned)
}
