//! Which directive denied a call, and what would let it pass: a table.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use unitward_catalog::{Capabilities, Version};
use unitward_observe::{AddressKey, FailedCall};
use unitward_sandbox::{Host, Options, Plan};
use unitward_settings::{Scope, Settings};
use unitward_unit::load::{Loader, Options as LoadOptions, SearchPath};
use unitward_unit::{HostFacts, UnitName};

use super::{Cause, Subject, call};

pub(super) fn settings(text: &str) -> Settings {
    let name = UnitName::parse("foo.service").unwrap();
    let loader = Loader::new(SearchPath::none(), LoadOptions::default());
    let text = format!("[Service]\nExecStart=/bin/true\n{text}\n");
    let unit = loader.load_text(&name, Path::new("foo.service"), text);
    let facts = HostFacts::system(Path::new("/"));
    let aim = unitward_settings::Options {
        version: Version::V257,
        scope: Scope::System,
        facts: &facts,
        user_umask: 0o22,
    };
    unitward_settings::resolve(&unit, &aim).settings
}

/// What a call is: `name(1,0x2) ERROR path` or, with an address, `name() ERROR tcp:1.2.3.4:5`.
pub(super) fn failed(text: &str) -> FailedCall {
    let mut words = text.split_whitespace();
    let (name, arguments) = words.next().unwrap().split_once('(').unwrap();
    let error = words.next().unwrap();
    let mut failed = call(name, error, None);
    let arguments = arguments.trim_end_matches(')').split(',');
    for (own, word) in failed.arguments.iter_mut().zip(arguments) {
        *own = match word.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
            None => word.parse::<i64>().unwrap_or_default().cast_unsigned(),
        };
    }
    for word in words {
        if word.starts_with('/') {
            failed.path = Some(word.to_owned());
        } else if word == "filtered" {
            failed.filtered = true;
        } else if let Some(program) = word.strip_prefix("by:") {
            failed.program = program.to_owned();
        } else if let Some((protocol, address)) = word.split_once(':') {
            failed.address = Some(AddressKey {
                action: name.to_owned(),
                protocol: protocol.to_owned(),
                address: address.to_owned(),
            });
        }
    }
    failed
}

pub(super) fn host() -> Host {
    let mut host = Host::read();
    host.uid = 0;
    host.gid = 0;
    host.capabilities = Capabilities::ALL;
    host.kernel = (6, 12);
    host
}

fn cause(text: &str, call: &str) -> Option<Cause> {
    let settings = settings(&text.replace("; ", "\n"));
    let host = host();
    let plan = Plan::new(&settings, &host, &Options::default()).unwrap();
    Subject::new(&settings, &plan, &host).attribute(&failed(call))
}

/// Settings, the call, the directive (or who it was instead), and the smallest change.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // The filter.
    (
        "SystemCallFilter=read write; SystemCallErrorNumber=EPERM",
        "clone3() EPERM filtered",
        "SystemCallFilter",
        "SystemCallFilter=clone3",
    ),
    (
        "SystemCallFilter=@system-service; SystemCallFilter=~@resources",
        "sched_setscheduler() SIGSYS filtered",
        "SystemCallFilter",
        "SystemCallFilter=sched_setscheduler",
    ),
    (
        "SystemCallFilter=~@clock",
        "adjtimex() SIGSYS filtered",
        "SystemCallFilter",
        "SystemCallFilter=adjtimex",
    ),
    (
        "RestrictAddressFamilies=AF_UNIX AF_INET",
        "socket(16,3,0) EAFNOSUPPORT",
        "RestrictAddressFamilies",
        "RestrictAddressFamilies=AF_NETLINK",
    ),
    (
        "RestrictNamespaces=yes",
        "unshare(0x20000) EPERM",
        "RestrictNamespaces",
        "RestrictNamespaces=mnt",
    ),
    (
        "RestrictNamespaces=~user",
        "clone(0x10000011) EPERM",
        "RestrictNamespaces",
        "RestrictNamespaces=user",
    ),
    (
        "RestrictRealtime=yes",
        "sched_setscheduler(0,1,0) EPERM",
        "RestrictRealtime",
        "RestrictRealtime=no",
    ),
    (
        "RestrictSUIDSGID=yes",
        "fchmodat(-100,0,0x9ed) EPERM /usr/bin/env",
        "RestrictSUIDSGID",
        "RestrictSUIDSGID=no",
    ),
    (
        "LockPersonality=yes",
        "personality(0x40000) EPERM",
        "LockPersonality",
        "LockPersonality=no",
    ),
    (
        "ProtectHostname=yes",
        "sethostname() EPERM",
        "ProtectHostname",
        "ProtectHostname=no",
    ),
    (
        "ProtectClock=yes",
        "clock_settime() EPERM",
        "ProtectClock",
        "ProtectClock=no",
    ),
    (
        "ProtectKernelModules=yes",
        "init_module() EPERM",
        "ProtectKernelModules",
        "ProtectKernelModules=no",
    ),
    (
        "ProtectKernelLogs=yes",
        "syslog() EPERM",
        "ProtectKernelLogs",
        "ProtectKernelLogs=no",
    ),
    (
        "PrivateDevices=yes",
        "iopl(3) EPERM",
        "PrivateDevices",
        "PrivateDevices=no",
    ),
    // Memory.
    (
        "MemoryDenyWriteExecute=yes",
        "mmap(0,4096,7,0x22,-1,0) EACCES",
        "MemoryDenyWriteExecute",
        "MemoryDenyWriteExecute=no",
    ),
    (
        "MemoryDenyWriteExecute=yes",
        "mprotect(0,4096,5) EACCES",
        "MemoryDenyWriteExecute",
        "MemoryDenyWriteExecute=no",
    ),
    (
        "NoExecPaths=/usr",
        "mmap(0,4096,5,2,3,0) EPERM /usr/lib/os-release",
        "NoExecPaths",
        "ExecPaths=/usr/lib/os-release",
    ),
    // Paths.
    (
        "ProtectSystem=strict",
        "openat(-100,0,0x241) EROFS /etc/new",
        "ProtectSystem",
        "ReadWritePaths=/etc",
    ),
    (
        "ProtectSystem=strict",
        "openat(-100,0,0x241) EROFS /run/foo.pid",
        "ProtectSystem",
        "ReadWritePaths=/run",
    ),
    (
        "ProtectSystem=strict",
        "mkdirat() EROFS /var/lib/unitward-none",
        "ProtectSystem",
        "StateDirectory=unitward-none",
    ),
    (
        "ProtectSystem=strict",
        "openat(-100,0,0x241) EROFS /etc/passwd",
        "ProtectSystem",
        "ReadWritePaths=/etc/passwd",
    ),
    (
        "ProtectSystem=yes",
        "unlink() EROFS /usr/bin/env",
        "ProtectSystem",
        "ReadWritePaths=/usr/bin",
    ),
    (
        "ReadOnlyPaths=/etc /opt",
        "openat(-100,0,0x41) EROFS /etc/new",
        "ReadOnlyPaths",
        "ReadOnlyPaths=, ReadOnlyPaths=/opt",
    ),
    (
        "ReadOnlyPaths=/usr",
        "openat(-100,0,1) EROFS /usr/bin/env",
        "ReadOnlyPaths",
        "ReadWritePaths=/usr/bin/env",
    ),
    (
        "ProtectHome=yes",
        "openat() ENOENT /root/file",
        "ProtectHome",
        "ProtectHome=tmpfs, BindReadOnlyPaths=/root",
    ),
    (
        "ProtectHome=yes",
        "chdir() EACCES /root",
        "ProtectHome",
        "ProtectHome=tmpfs, BindReadOnlyPaths=/root",
    ),
    (
        "ProtectHome=read-only",
        "openat(-100,0,0x41) EROFS /root/file",
        "ProtectHome",
        "ProtectHome=no",
    ),
    (
        "InaccessiblePaths=/etc /opt",
        "openat() EACCES /etc/passwd",
        "InaccessiblePaths",
        "InaccessiblePaths=, InaccessiblePaths=/opt",
    ),
    (
        "TemporaryFileSystem=/etc",
        "openat() ENOENT /etc/passwd",
        "TemporaryFileSystem",
        "BindReadOnlyPaths=/etc/passwd",
    ),
    (
        "ProcSubset=pid",
        "openat() ENOENT /proc/meminfo",
        "ProcSubset",
        "ProcSubset=all",
    ),
    (
        "ProtectProc=invisible",
        "openat() ENOENT /proc/1/status",
        "ProtectProc",
        "ProtectProc=default",
    ),
    (
        "ProtectKernelTunables=yes",
        "openat(-100,0,1) EROFS /proc/sys/vm/swappiness",
        "ProtectKernelTunables",
        "ReadWritePaths=/proc/sys/vm/swappiness",
    ),
    (
        "ProtectControlGroups=yes",
        "mkdir() EROFS /sys/fs/cgroup/new",
        "ProtectControlGroups",
        "ProtectControlGroups=no",
    ),
    (
        "NoExecPaths=/usr",
        "execve() EACCES /usr/lib/os-release",
        "NoExecPaths",
        "ExecPaths=/usr/lib/os-release",
    ),
    (
        "PrivateDevices=yes",
        "openat(-100,0,2) ENOENT /dev/fuse-none",
        "missing",
        "",
    ),
    ("", "openat() ENOENT /etc/unitward-none/file", "missing", ""),
    ("", "openat(-100,0,0x41) EROFS /etc/new", "host", ""),
    // Devices.
    (
        "DevicePolicy=closed",
        "openat(-100,0,2) EPERM /dev/tty",
        "DevicePolicy",
        "DeviceAllow=/dev/tty rw",
    ),
    (
        "DeviceAllow=/dev/zero r",
        "openat(-100,0,0) EPERM /dev/full",
        "DeviceAllow",
        "DeviceAllow=/dev/full r",
    ),
    // Network.
    (
        "SocketBindDeny=any",
        "bind() EPERM tcp:0.0.0.0:8080",
        "SocketBindDeny",
        "SocketBindAllow=tcp:8080",
    ),
    (
        "IPAddressDeny=any",
        "sendto() EPERM udp:192.0.2.1:53",
        "IPAddressDeny",
        "IPAddressAllow=192.0.2.1",
    ),
    (
        "IPAddressDeny=any; IPAddressAllow=localhost; PrivateNetwork=yes",
        "connect() EPERM tcp:127.0.0.1:53",
        "none",
        "",
    ),
    (
        "PrivateNetwork=yes",
        "connect() ENETUNREACH tcp:192.0.2.1:53",
        "PrivateNetwork",
        "PrivateNetwork=no",
    ),
    (
        "PrivateNetwork=yes",
        "bind() EADDRNOTAVAIL tcp:192.0.2.1:53",
        "PrivateNetwork",
        "PrivateNetwork=no",
    ),
    (
        "PrivateNetwork=yes",
        "connect() ECONNREFUSED tcp:127.0.0.1:53",
        "PrivateNetwork",
        "PrivateNetwork=no",
    ),
    ("", "connect() ENETUNREACH tcp:192.0.2.1:53", "host", ""),
    // Capabilities.
    (
        "CapabilityBoundingSet=CAP_CHOWN",
        "setuid(33) EPERM",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_SETUID",
    ),
    (
        "CapabilityBoundingSet=CAP_CHOWN",
        "setgroups() EPERM",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_SETGID",
    ),
    (
        "CapabilityBoundingSet=~CAP_CHOWN",
        "fchownat() EPERM /etc/passwd",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_CHOWN",
    ),
    (
        "CapabilityBoundingSet=~CAP_NET_RAW",
        "socket(2,3,1) EPERM",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_NET_RAW",
    ),
    (
        "CapabilityBoundingSet=~CAP_NET_BIND_SERVICE",
        "bind() EACCES tcp:0.0.0.0:80",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
    ),
    (
        "User=nobody",
        "bind() EACCES tcp:0.0.0.0:80",
        "User",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE",
    ),
    (
        "User=nobody; CapabilityBoundingSet=",
        "bind() EACCES tcp:0.0.0.0:80",
        "CapabilityBoundingSet",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE, AmbientCapabilities=CAP_NET_BIND_SERVICE",
    ),
    (
        "User=nobody",
        "openat(-100,0,0) EACCES /etc/shadow",
        "permissions",
        "",
    ),
    (
        "PrivateUsers=yes",
        "mount() EPERM /mnt",
        "PrivateUsers",
        "PrivateUsers=no",
    ),
    (
        "PrivateUsers=yes",
        "fchownat() EINVAL /etc/passwd",
        "PrivateUsers",
        "PrivateUsers=no",
    ),
    (
        "NoNewPrivileges=yes",
        "setuid(0) EPERM by:/usr/bin/passwd",
        "NoNewPrivileges",
        "NoNewPrivileges=no",
    ),
    // Limits.
    (
        "LimitNOFILE=16",
        "openat() EMFILE /etc/passwd",
        "LimitNOFILE",
        "LimitNOFILE=128",
    ),
    (
        "LimitNPROC=1",
        "clone() EAGAIN",
        "LimitNPROC",
        "LimitNPROC=8",
    ),
    ("TasksMax=4", "clone3() EAGAIN", "TasksMax", "TasksMax=32"),
    (
        "LimitFSIZE=1K",
        "write() EFBIG",
        "LimitFSIZE",
        "LimitFSIZE=8192",
    ),
    (
        "LimitAS=16M",
        "mmap(0,0x10000000,3,0x22) ENOMEM",
        "LimitAS",
        "LimitAS=134217728",
    ),
    (
        "LimitMEMLOCK=1K",
        "mlock() ENOMEM",
        "LimitMEMLOCK",
        "LimitMEMLOCK=8192",
    ),
];

#[test]
fn the_directive_and_the_change() {
    let mut wrong = Vec::new();
    for (text, call, directive, change) in TABLE {
        // Not every system has a program with a set-user-ID bit at hand.
        let program = call.split_once("by:").map(|(_, program)| program);
        if program.is_some_and(|program| !Path::new(program).exists()) {
            continue;
        }
        let cause = cause(text, call);
        let by = match &cause {
            None => "none".to_owned(),
            Some(cause) => match cause.name() {
                Some(name) => name.to_owned(),
                None => format!("{:?}", cause.by).to_lowercase(),
            },
        };
        let found = cause
            .and_then(|cause| cause.relaxation)
            .map(|change| change.to_string())
            .unwrap_or_default();
        if (by.as_str(), found.as_str()) != (*directive, *change) {
            wrong.push(format!("{text}: {call}: {by} {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn changes_of_lists_do_what_they_say() {
    let denied = settings("SystemCallFilter=~@clock\nSystemCallFilter=adjtimex");
    assert!(
        denied
            .system_call_filter
            .allows(unitward_seccomp::Syscall::by_name("adjtimex").unwrap())
    );
    let families = settings("RestrictAddressFamilies=none\nRestrictAddressFamilies=AF_UNIX");
    assert!(
        families.restrict_address_families.allows(1)
            && !families.restrict_address_families.allows(2)
    );
    let all = settings("CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=~");
    assert_eq!(all.capability_bounding_set.set, Capabilities::ALL);
}

#[test]
fn a_path_makes_no_lines_of_its_own() {
    let settings = settings("ProtectSystem=strict");
    let host = host();
    let plan = Plan::new(&settings, &host, &Options::default()).unwrap();
    let subject = Subject::new(&settings, &plan, &host);
    let mut call = failed("openat(-100,0,0x241) EROFS /etc/");
    call.path = Some("/etc/a b\nUser=root".to_owned());
    let cause = subject.attribute(&call).unwrap();
    assert!(
        cause
            .relaxations()
            .all(|change| change.lines().lines().count() == 1)
    );
    call.path = Some("/var/lib/a\nUser=root/file".to_owned());
    let cause = subject.attribute(&call).unwrap();
    assert!(
        cause
            .relaxations()
            .all(|change| !change.lines().contains("User"))
    );
}
