//! Privileges that the service lacks: capabilities, and programs that may not gain any.

use std::os::unix::fs::MetadataExt as _;

use unitward_catalog::{Capabilities, Capability};
use unitward_observe::FailedCall;
use unitward_settings::PrivateUsers;

use super::cause::{By, Cause, Relaxation};
use super::off::off;
use super::subject::{Subject, argument, int};

/// Causes of a call that needs a privilege.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let mut causes = Vec::new();
    let refused = matches!(failure.error.as_str(), "EPERM" | "EACCES");
    if refused && gains(&failure.program) {
        causes.extend(no_new_privileges(subject, &failure.program));
    }
    for capability in wanted(failure) {
        let name = capability.name().unwrap_or("a capability");
        let why = format!("{} needs {name} here", failure.call);
        causes.extend(lacking(subject, capability, &why));
    }
    // Only with CAP_SYS_ADMIN where a user namespace does not give it.
    let makes = matches!(
        failure.call.as_str(),
        "unshare" | "clone" | "setns" | "clone3"
    );
    if makes && failure.error == "ENOSPC" {
        let why = "the host allows no further namespaces of this kind";
        causes.push(Cause::elsewhere(By::Host, why));
    }
    // An id that the user namespace does not have.
    let ids = failure.call.contains("chown")
        || failure.call.starts_with("set") && failure.call.contains("id")
        || failure.call == "setgroups";
    if ids && failure.error == "EINVAL" && own_users(subject) {
        let why = "the user namespace of the service has no such user or group";
        causes.push(subject.switched_off("PrivateUsers", why));
    }
    causes
}

fn own_users(subject: &Subject<'_>) -> bool {
    *subject.settings.private_users != PrivateUsers::No
}

/// Whether a program of the host has a bit or capabilities by which who executes it gains privileges.
pub(super) fn gains(program: &str) -> bool {
    let Ok(metadata) = std::fs::metadata(program) else {
        return false;
    };
    let mut buffer = [0_u8; 64];
    metadata.mode() & 0o6000 != 0
        || rustix::fs::getxattr(program, "security.capability", &mut buffer[..]).is_ok()
}

/// Why a program that would gain privileges does not.
pub(super) fn no_new_privileges(subject: &Subject<'_>, program: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some((directive, origin)) = subject.no_new_privileges() {
        let why = format!("{program} gets no privileges by its file");
        let name = if directive.is_empty() {
            "NoNewPrivileges"
        } else {
            directive
        };
        causes.push(Cause::directive(name, origin, why).or(off(name)));
    }
    if own_users(subject) {
        let why = format!("{program} gets no privileges by its file in a user namespace");
        causes.push(subject.switched_off("PrivateUsers", why));
    }
    if subject.settings.secure_bits.0 & NO_ROOT != 0 {
        let why = format!("{program} gets no privileges by its owner");
        causes.push(subject.switched_off("SecureBits", why));
    }
    let bounding = subject.settings.capability_bounding_set.set;
    if causes.is_empty() && bounding != Capabilities::ALL {
        let why = format!("{program} gets no privileges outside of the bounding set");
        causes.push(subject.switched_off("CapabilityBoundingSet", why));
    }
    causes
}

/// SECBIT_NOROOT of capabilities(7).
const NO_ROOT: u32 = 1;

/// Causes of a capability that is not there.
pub(super) fn lacking(subject: &Subject<'_>, capability: Capability, why: &str) -> Vec<Cause> {
    if !subject.lacks(capability) {
        return Vec::new();
    }
    let Some(name) = capability.name() else {
        return Vec::new();
    };
    let settings = subject.settings;
    let mut causes = Vec::new();
    let bounding = settings.capability_bounding_set.set;
    if !bounding.contains(capability) {
        let why = format!("{why}; the bounding set is without {name}");
        causes.push(bounded(subject, capability, name, why));
    }
    if own_users(subject) {
        let why = format!(
            "{why}; in its user namespace the service has {name} over nothing of the host's"
        );
        causes.push(subject.switched_off("PrivateUsers", why));
    }
    if !causes.is_empty() {
        return causes;
    }
    if settings.secure_bits.0 & NO_ROOT != 0 && subject.uid == 0 {
        let why = format!("{why}; with these bits root has no capabilities");
        return vec![subject.switched_off("SecureBits", why)];
    }
    if subject.uid != 0 {
        let (directive, origin) = subject.source("User");
        let user = subject.user();
        let why = format!("{why}; the service runs as {user}, who does not have {name}");
        let change = Relaxation::of("AmbientCapabilities", name);
        return vec![Cause::directive(directive, origin, why).or(change)];
    }
    let why = format!("{why}; who runs unitward does not have {name}");
    vec![Cause::elsewhere(By::Host, why)]
}

fn bounded(subject: &Subject<'_>, capability: Capability, name: &str, why: String) -> Cause {
    let settings = subject.settings;
    let drops = [
        (
            "PrivateDevices",
            &settings.private_devices,
            [Capability::MKNOD, Capability::SYS_RAWIO],
        ),
        (
            "ProtectKernelModules",
            &settings.protect_kernel_modules,
            [Capability::SYS_MODULE; 2],
        ),
        (
            "ProtectKernelLogs",
            &settings.protect_kernel_logs,
            [Capability::SYSLOG; 2],
        ),
        (
            "ProtectClock",
            &settings.protect_clock,
            [Capability::SYS_TIME, Capability::WAKE_ALARM],
        ),
    ];
    let implied = drops
        .into_iter()
        .find(|(_, flag, list)| flag.0 && list.contains(&capability));
    if let Some((directive, ..)) = implied {
        return subject.switched_off(directive, why);
    }
    let mut change = Relaxation::of("CapabilityBoundingSet", name);
    if subject.uid != 0 {
        change = change.and("AmbientCapabilities", name);
    }
    let origin = settings.capability_bounding_set.origin();
    Cause::directive("CapabilityBoundingSet", origin, why)
        .or(change)
        .or(off("CapabilityBoundingSet"))
}

/// Capabilities that a call may have needed, by what the kernel checks (capabilities(7)).
fn wanted(failure: &FailedCall) -> Vec<Capability> {
    use Capability as C;
    let path = failure.path.as_deref().unwrap_or_default();
    let call = failure.call.as_str();
    let list: &[Capability] = match (call, failure.error.as_str()) {
        ("setuid" | "setreuid" | "setresuid" | "setfsuid", "EPERM") => &[C::SETUID],
        ("setgid" | "setregid" | "setresgid" | "setfsgid" | "setgroups", "EPERM") => &[C::SETGID],
        ("chown" | "lchown" | "fchown" | "fchownat", "EPERM") => &[C::CHOWN],
        (
            "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "utime" | "utimes" | "utimensat"
            | "futimesat" | "unlink" | "unlinkat" | "rename" | "renameat" | "renameat2" | "rmdir"
            | "link" | "linkat",
            "EPERM",
        ) => &[C::FOWNER],
        ("open" | "openat" | "openat2", "EPERM") => return opened(failure, path),
        ("kill" | "tkill" | "tgkill" | "rt_sigqueueinfo" | "pidfd_send_signal", "EPERM") => {
            &[C::KILL]
        }
        (
            "mount" | "umount" | "umount2" | "pivot_root" | "fsopen" | "fsmount" | "fsconfig"
            | "move_mount" | "open_tree" | "mount_setattr" | "unshare" | "setns" | "clone"
            | "clone3" | "sethostname" | "setdomainname" | "swapon" | "swapoff" | "quotactl"
            | "name_to_handle_at" | "fanotify_init" | "seccomp",
            "EPERM",
        ) => &[C::SYS_ADMIN],
        ("open_by_handle_at", "EPERM") => &[C::DAC_READ_SEARCH],
        ("chroot", "EPERM") => &[C::SYS_CHROOT],
        ("mknod" | "mknodat", "EPERM") => &[C::MKNOD],
        ("settimeofday" | "clock_settime" | "clock_adjtime" | "adjtimex" | "stime", "EPERM") => {
            &[C::SYS_TIME]
        }
        ("timerfd_create" | "timer_create", "EPERM") => &[C::WAKE_ALARM],
        (
            "setpriority" | "sched_setscheduler" | "sched_setparam" | "sched_setattr"
            | "sched_setaffinity" | "ioprio_set" | "mbind" | "move_pages" | "migrate_pages",
            "EPERM" | "EACCES",
        ) => &[C::SYS_NICE],
        ("mlock" | "mlock2" | "mlockall", "EPERM" | "ENOMEM") => &[C::IPC_LOCK],
        ("setrlimit" | "prlimit64", "EPERM") => &[C::SYS_RESOURCE],
        ("clone" | "fork" | "vfork", "EAGAIN") => &[C::SYS_RESOURCE],
        ("init_module" | "finit_module" | "delete_module", "EPERM") => &[C::SYS_MODULE],
        ("reboot" | "kexec_load" | "kexec_file_load", "EPERM") => &[C::SYS_BOOT],
        ("syslog", "EPERM") => &[C::SYSLOG],
        ("ptrace" | "process_vm_readv" | "process_vm_writev" | "kcmp" | "pidfd_getfd", "EPERM") => {
            &[C::SYS_PTRACE]
        }
        ("bpf", "EPERM") => &[C::BPF, C::SYS_ADMIN],
        ("perf_event_open", "EPERM" | "EACCES") => &[C::PERFMON],
        ("acct", "EPERM") => &[C::SYS_PACCT],
        ("vhangup", "EPERM") => &[C::SYS_TTY_CONFIG],
        ("iopl" | "ioperm", "EPERM") => &[C::SYS_RAWIO],
        ("capset", "EPERM") => &[C::SETPCAP],
        ("prctl", "EPERM") => &[C::SETPCAP, C::SYS_RESOURCE],
        ("setxattr" | "lsetxattr" | "fsetxattr" | "removexattr", "EPERM") => {
            &[C::SETFCAP, C::SYS_ADMIN, C::FOWNER]
        }
        (
            "shmctl" | "semctl" | "msgctl" | "shmget" | "semget" | "msgget" | "shmat" | "semop"
            | "msgsnd" | "msgrcv",
            "EPERM" | "EACCES",
        ) => &[C::IPC_OWNER],
        ("fcntl", "EACCES" | "EPERM") => &[C::LEASE],
        ("setsockopt", "EPERM" | "EACCES") => return socket_option(failure),
        ("ioctl", "EPERM") => return device_control(failure),
        ("socket", "EPERM" | "EACCES") => {
            /// SOCK_TYPE_MASK of linux/net.h.
            const TYPE: i32 = 0xf;
            let raw =
                int(failure, 1) & TYPE == libc::SOCK_RAW || int(failure, 0) == libc::AF_PACKET;
            if raw { &[C::NET_RAW] } else { &[C::NET_ADMIN] }
        }
        ("execve" | "execveat", "EPERM") => &[],
        ("bind", "EPERM") => &[C::NET_ADMIN, C::NET_RAW],
        ("sendto" | "sendmsg", "EPERM") if failure.address.is_none() => {
            &[C::NET_ADMIN, C::AUDIT_WRITE]
        }
        ("sendmsg", "EPERM") => &[C::SETUID, C::SETGID],
        _ => &[],
    };
    list.to_vec()
}

fn opened(failure: &FailedCall, path: &str) -> Vec<Capability> {
    let at = if failure.call == "open" { 1 } else { 2 };
    if int(failure, at) & libc::O_NOATIME != 0 {
        return vec![Capability::FOWNER];
    }
    if path == "/dev/kmsg" || path == "/proc/kmsg" {
        return vec![Capability::SYSLOG];
    }
    if path == "/dev/mem" || path == "/dev/port" || path.starts_with("/dev/cpu/") {
        return vec![Capability::SYS_RAWIO];
    }
    if path.starts_with("/proc/") {
        return vec![Capability::SYS_PTRACE, Capability::SYS_ADMIN];
    }
    Vec::new()
}

fn socket_option(failure: &FailedCall) -> Vec<Capability> {
    let (level, option) = (int(failure, 1), int(failure, 2));
    if level == libc::SOL_SOCKET && option == libc::SO_BINDTODEVICE {
        return vec![Capability::NET_RAW];
    }
    vec![Capability::NET_ADMIN, Capability::NET_RAW]
}

fn device_control(failure: &FailedCall) -> Vec<Capability> {
    let request = argument(failure, 1);
    match request {
        // SIOCADDRT to SIOCDRARP (linux/sockios.h), and those of tunnels.
        0x890b..=0x89ff | 0x4004_54ca => vec![Capability::NET_ADMIN],
        // FS_IOC_SETFLAGS
        0x4008_6602 => vec![Capability::LINUX_IMMUTABLE],
        // RTC_SET_TIME and its siblings
        0x4024_700a => vec![Capability::SYS_TIME],
        // Of terminals and consoles
        0x4b00..=0x56ff => vec![Capability::SYS_TTY_CONFIG, Capability::SYS_ADMIN],
        _ => vec![Capability::SYS_ADMIN],
    }
}
