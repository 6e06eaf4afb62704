//! Every escape with `unitward run`: it must get out without the setting, and not with it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use unitward_conformance::analyze::unitward;
use unitward_conformance::skip::skip;
use unitward_escapes::launch::{Attempt, Launcher};
use unitward_escapes::programs::{self, ProgramError};
use unitward_escapes::table::{ESCAPES, Escape, Open, Side};
use unitward_escapes::verdict::Verdict;

const VERSION: u32 = 262;

macro_rules! tests {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            close(stringify!($name));
        })*
    };
}

tests! {
    mount_propagation remount_read_only remount_read_only_filter mount_setattr_read_only unmount_cover
    unmount_cover_filter bind_beneath open_tree_beneath open_tree_beneath_filter open_by_handle proc_1_root proc_1_root_pids proc_outsider_fd
    proc_self_exe inherited_folder chroot_climb symlink_target symlink_race shared_temporary home_of_users
    write_configuration run_dropped fill_disk
    ptrace_outsider ptrace_outsider_capability process_vm_write process_vm_write_filter proc_outsider_mem proc_environ
    proc_command_line signal_other_user signal_same_user take_descriptor join_host type_into_terminal
    type_into_own_terminal fork_bomb
    run_setuid run_capable run_capable_bounded make_setuid_chmod make_setuid_open make_setgid_mknod
    make_setuid_fchmodat2 nested_unshare nested_unshare_user nested_clone nested_clone3 read_as_root
    call_native call_i386 call_i386_native socketcall_i386 call_x32 uring_setup uring_socket
    wx_map wx_mprotect wx_pkey wx_shm wx_memfd wx_dev_shm wx_self_mem
    core_pattern sysctl second_proc second_proc_capability sysfs binfmt release_agent leave_group set_clock
    set_hostname set_hostname_private read_kernel_log open_kmsg load_module load_kernel bpf_map bpf_map_capability
    count_events handle_faults use_ports make_disk open_disk open_memory change_personality real_time
    session_keyring user_keyring
    connect_abstract connect_abstract_family connect_path send_loopback take_port read_packets read_segment send_queue
    inherited_environment
}

#[test]
fn every_escape_is_tested() {
    let named: Vec<String> = TESTED.iter().map(|name| name.replace('_', "-")).collect();
    let all: Vec<&str> = ESCAPES.iter().map(|escape| escape.name).collect();
    assert_eq!(named, all);
}

fn close(test: &str) {
    let name = test.replace('_', "-");
    let escape = ESCAPES.iter().find(|escape| escape.name == name).unwrap();
    if Path::new("/proc/self").metadata().unwrap().uid() != 0 {
        return skip("only root can make the world that is to be broken out into");
    }
    let world = match programs::escape() {
        Ok(world) => world,
        Err(error @ ProgramError::Compiler(_)) => return skip(&error.to_string()),
        Err(error) => panic!("{error}"),
    };
    let launcher = Launcher::Unitward {
        program: unitward().unwrap().to_owned(),
        version: VERSION,
    };
    let open = launcher.attempt(world, escape, Side::Without).unwrap();
    if let Some(reason) = not_open(escape, &open) {
        return skip(&reason);
    }
    let closed = launcher.attempt(world, escape, Side::With).unwrap();
    if escape.held.allows(&closed.verdict) {
        return;
    }
    if let Some(reason) = not_enforced(&closed, escape.closing) {
        return skip(&reason);
    }
    panic!(
        "with {:?}: {}, expected {:?}\n{}",
        escape.settings(Side::With).collect::<Vec<_>>(),
        closed.verdict,
        escape.held,
        closed.messages
    );
}

/// Why the way does not lead out here; panics when it should.
fn not_open(escape: &Escape, open: &Attempt) -> Option<String> {
    if open.verdict == Verdict::Out {
        return None;
    }
    if let Some(reason) = escape.lack(&open.verdict) {
        return Some(format!("{}: {reason}", open.verdict));
    }
    let settings = match escape.open {
        Open::Own(settings) => settings,
        _ => escape.shared,
    };
    let reason = not_enforced(open, settings);
    assert!(
        reason.is_some(),
        "does not get out with {settings:?}: {}\n{}",
        open.verdict,
        open.messages
    );
    reason
}

/// What unitward says itself that it cannot enforce, of these settings.
fn not_enforced(attempt: &Attempt, settings: &[&'static str]) -> Option<String> {
    Escape::directives(settings).find_map(|directive| {
        let reason = attempt.gaps.get(directive)?;
        Some(format!("{directive}= is not enforced here: {reason}"))
    })
}
