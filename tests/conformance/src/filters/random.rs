//! Settings from which filters follow: named ones, and random ones.

use crate::random::Random;

/// The settings that are recorded besides random ones: a list of lines for each unit.
#[must_use]
pub fn named() -> Vec<Vec<String>> {
    let text = include_str!("../../filters/settings.txt");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines
        .split(|line| line.is_empty())
        .map(|unit| unit.iter().map(|line| (*line).to_owned()).collect())
        .collect()
}

/// Random lines of settings from which filters follow: one setting often, all of them sometimes.
#[must_use]
pub fn lines(random: &mut Random, systemd: u16) -> Vec<String> {
    const SWITCHES: [&str; 11] = [
        "MemoryDenyWriteExecute",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "ProtectKernelTunables",
        "ProtectKernelModules",
        "ProtectKernelLogs",
        "ProtectClock",
        "PrivateDevices",
        "ProtectHostname",
        "LockPersonality",
        "DynamicUser",
    ];
    let likely = 1 + random.below(6);
    let mut lines: Vec<String> = Vec::new();
    for name in SWITCHES {
        if random.one_in(likely) {
            lines.push(format!("{name}=yes"));
        }
    }
    if random.one_in(4) {
        lines.push(format!(
            "Personality={}",
            random.pick(&["x86", "x86-64"]).unwrap_or(&"x86")
        ));
    }
    if random.one_in(likely) {
        lines.extend(families(random));
    }
    if random.one_in(likely) {
        lines.extend(namespaces(random));
    }
    if random.one_in(likely) {
        lines.push(format!(
            "SystemCallArchitectures={}",
            some(random, &["native", "x86-64", "x86", "x32", "arm64"], 3)
        ));
    }
    if random.one_in(likely) {
        let mark = random.pick(&["", "~"]).unwrap_or(&"");
        lines.push(format!("SystemCallLog={mark}{}", some(random, CALLS, 4)));
    }
    if lines.is_empty() || random.one_in(2) {
        lines.extend(calls(random, systemd));
    }
    lines
}

/// Calls and sets of which lists are made: those that other settings filter too, those that go through `socketcall` and
/// `ipc`, and sets. A list that refuses `execve` keeps the service from starting.
const CALLS: &[&str] = &[
    "@aio",
    "@basic-io",
    "@chown",
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@file-system",
    "@io-event",
    "@ipc",
    "@keyring",
    "@memlock",
    "@module",
    "@mount",
    "@network-io",
    "@obsolete",
    "@pkey",
    "@privileged",
    "@raw-io",
    "@reboot",
    "@resources",
    "@sandbox",
    "@setuid",
    "@signal",
    "@swap",
    "@sync",
    "@system-service",
    "@timer",
    "open",
    "openat",
    "openat2",
    "read",
    "write",
    "mmap",
    "mmap2",
    "mprotect",
    "socket",
    "socketcall",
    "bind",
    "accept",
    "accept4",
    "sendmmsg",
    "recv",
    "ipc",
    "shmat",
    "shmget",
    "semop",
    "semtimedop",
    "msgsnd",
    "clone",
    "clone3",
    "unshare",
    "setns",
    "chmod",
    "fchmodat2",
    "personality",
    "sched_setscheduler",
    "sched_setattr",
    "ioctl",
    "mount",
    "uretprobe",
    "fork",
    "arch_prctl",
    "modify_ldt",
    "syslog",
    "sethostname",
    "ioperm",
    "settimeofday",
    "_sysctl",
    "time",
    "s390_pci_mmio_read",
    "cacheflush",
];

fn some(random: &mut Random, from: &[&str], most: usize) -> String {
    let count = 1 + random.below(most);
    let picked: Vec<&str> = (0..count)
        .filter_map(|_| random.pick(from).copied())
        .collect();
    picked.join(" ")
}

fn families(random: &mut Random) -> Vec<String> {
    const FAMILIES: &[&str] = &[
        "AF_UNIX",
        "AF_INET",
        "AF_INET6",
        "AF_NETLINK",
        "AF_PACKET",
        "AF_VSOCK",
        "AF_ALG",
        "AF_MCTP",
        "AF_X25",
    ];
    match random.below(6) {
        0 => vec!["RestrictAddressFamilies=none".to_owned()],
        1 | 2 => vec![format!(
            "RestrictAddressFamilies=~{}",
            some(random, FAMILIES, 5)
        )],
        3 => vec![
            format!("RestrictAddressFamilies={}", some(random, FAMILIES, 6)),
            format!("RestrictAddressFamilies=~{}", some(random, FAMILIES, 2)),
        ],
        _ => vec![format!(
            "RestrictAddressFamilies={}",
            some(random, FAMILIES, 6)
        )],
    }
}

fn namespaces(random: &mut Random) -> Vec<String> {
    const KINDS: &[&str] = &["cgroup", "ipc", "net", "mnt", "pid", "user", "uts", "time"];
    match random.below(6) {
        0 | 1 => vec!["RestrictNamespaces=yes".to_owned()],
        2 => vec![format!("RestrictNamespaces=~{}", some(random, KINDS, 8))],
        3 => vec![
            format!("RestrictNamespaces={}", some(random, KINDS, 5)),
            format!("RestrictNamespaces=~{}", some(random, KINDS, 3)),
        ],
        4 => vec![
            "RestrictNamespaces=no".to_owned(),
            format!("RestrictNamespaces=~{}", some(random, KINDS, 3)),
            format!("RestrictNamespaces={}", some(random, KINDS, 1)),
        ],
        _ => vec![format!("RestrictNamespaces={}", some(random, KINDS, 5))],
    }
}

fn calls(random: &mut Random, systemd: u16) -> Vec<String> {
    let mut lines = Vec::new();
    if random.one_in(2) {
        let errors: &[&str] = &["EPERM", "ENOSYS", "EACCES", "kill", "4000"];
        lines.push(format!(
            "SystemCallErrorNumber={}",
            random.pick(errors).unwrap_or(&"EPERM")
        ));
    }
    // What systemd's own last steps need; 252 has them in the same process.
    let base = if systemd < 257 {
        "@system-service"
    } else {
        "@default @basic-io"
    };
    let allows = random.one_in(2);
    if allows {
        lines.push(format!(
            "SystemCallFilter={base} {}",
            some(random, CALLS, 8)
        ));
    }
    for _ in 0..1 + random.below(3) {
        let mut words: Vec<String> = Vec::new();
        for _ in 0..1 + random.below(4) {
            let call = random.pick(CALLS).copied().unwrap_or("mount");
            let answers: &[&str] = &[
                "", "", "", ":ENOENT", ":kill", ":0", ":EPERM", ":ENOSYS", ":77",
            ];
            let answer = random.pick(answers).copied().unwrap_or_default();
            // Without these the executor fails, and nothing can be read.
            if allows
                && (call.starts_with('@')
                    || ["read", "write", "mmap", "mprotect", "openat"].contains(&call))
            {
                continue;
            }
            words.push(format!("{call}{answer}"));
        }
        lines.push(format!("SystemCallFilter=~{}", words.join(" ")));
    }
    lines
}
