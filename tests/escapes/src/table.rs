//! The escapes: what is tried, under which settings, and what must stop it.

use crate::verdict::Verdict;

/// Without or with the settings that close the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The way must lead out.
    Without,
    /// The way must be closed.
    With,
}

/// What the way is open under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Open {
    /// The settings of both sides.
    Shared,
    /// Settings of its own, in place of the shared ones.
    Own(&'static [&'static str]),
    /// No launcher at all, as this user: every sandbox closes the way.
    Bare(u32),
}

/// Why a way may not lead out on some machine even without the setting.
#[derive(Debug, Clone, Copy)]
pub struct Lack {
    /// The verdict without the setting: an error number or, above 128, a signal.
    pub verdict: i32,
    /// The reason.
    pub reason: &'static str,
}

/// One way out and the settings that close it.
#[derive(Debug, Clone, Copy)]
pub struct Escape {
    /// The way's name; with the closing directive where there are several.
    pub name: &'static str,
    /// The way in `programs/`.
    pub way: &'static str,
    /// The settings of both sides.
    pub shared: &'static [&'static str],
    /// What the way is open under.
    pub open: Open,
    /// The settings that close the way, the naming one first.
    pub closing: &'static [&'static str],
    /// How the attempt must end with them.
    pub held: Held,
    /// The first version of systemd that has the settings.
    pub since: u32,
    /// What a machine may lack.
    pub lacks: &'static [Lack],
    /// The attempt needs a controlling terminal.
    pub terminal: bool,
    /// How often a race is run.
    pub tries: u32,
}

/// How a closed way must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// With this error number.
    Errno(i32),
    /// With one of these error numbers.
    Either(i32, i32),
    /// With this signal.
    Signal(i32),
    /// Without an effect outside.
    Nothing,
    /// In whatever way, but not outside.
    Somehow,
}

impl Held {
    /// Whether the verdict is the expected one.
    #[must_use]
    pub fn allows(self, verdict: &Verdict) -> bool {
        match self {
            Self::Errno(number) => *verdict == Verdict::Errno(number),
            Self::Either(one, other) => {
                *verdict == Verdict::Errno(one) || *verdict == Verdict::Errno(other)
            }
            Self::Signal(number) => *verdict == Verdict::Signal(number),
            Self::Nothing => *verdict == Verdict::Nothing,
            Self::Somehow => !matches!(verdict, Verdict::Out | Verdict::Broken(_)),
        }
    }
}

impl Escape {
    /// The settings of one side.
    pub fn settings(&self, side: Side) -> impl Iterator<Item = &'static str> {
        let (base, more) = match (side, self.open) {
            (Side::Without, Open::Own(settings)) => (settings, [].as_slice()),
            (Side::Without, _) => (self.shared, [].as_slice()),
            (Side::With, _) => (self.shared, self.closing),
        };
        base.iter().chain(more).copied()
    }

    /// Why the way does not lead out here, if the verdict without the setting is one that a machine may give.
    #[must_use]
    pub fn lack(&self, verdict: &Verdict) -> Option<&'static str> {
        let number = match verdict {
            Verdict::Errno(number) => *number,
            Verdict::Signal(number) => 128 + number,
            _ => return None,
        };
        let mut lacks = self.lacks.iter();
        lacks
            .find(|lack| lack.verdict == number)
            .map(|lack| lack.reason)
    }

    /// The directives of the given settings, such as `PrivateTmp`.
    pub fn directives(settings: &[&'static str]) -> impl Iterator<Item = &'static str> {
        settings
            .iter()
            .filter_map(|setting| setting.split_once('=').map(|(directive, _)| directive))
    }

    const fn new(name: &'static str, closing: &'static [&'static str], held: Held) -> Self {
        Self {
            name,
            way: name,
            shared: &[],
            open: Open::Shared,
            closing,
            held,
            since: 0,
            lacks: &[],
            terminal: false,
            tries: 1,
        }
    }

    const fn way(mut self, way: &'static str) -> Self {
        self.way = way;
        self
    }

    const fn under(mut self, shared: &'static [&'static str]) -> Self {
        self.shared = shared;
        self
    }

    const fn open(mut self, open: Open) -> Self {
        self.open = open;
        self
    }

    const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    const fn lacks(mut self, lacks: &'static [Lack]) -> Self {
        self.lacks = lacks;
        self
    }

    const fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }
}

const fn lack(verdict: i32, reason: &'static str) -> Lack {
    Lack { verdict, reason }
}

const EPERM: Held = Held::Errno(1);
/// EACCES by prctl(2) of Linux 6.3 and later, EPERM by the filter of systemd before 254 and on older kernels.
const WX_ERRNO: Held = Held::Either(13, 1);
const ENOENT: Held = Held::Errno(2);
const ESRCH: Held = Held::Errno(3);
const EBADF: Held = Held::Errno(9);
const EAGAIN: Held = Held::Errno(11);
const EACCES: Held = Held::Errno(13);
const EROFS: Held = Held::Errno(30);
const ENOSYS: Held = Held::Errno(38);
const EAFNOSUPPORT: Held = Held::Errno(97);
const ECONNREFUSED: Held = Held::Errno(111);
const ENOKEY: Held = Held::Errno(126);
const SIGSYS: Held = Held::Signal(31);
const SIGXFSZ: Held = Held::Signal(25);

/// A setting that has nothing to do with it: every sandbox closes the way.
const ANY: &[&str] = &["UMask=0022"];
const NOBODY: &[&str] = &["User=nobody"];
const HIDDEN: &[&str] = &["InaccessiblePaths=/srv/hidden"];
const NO_MOUNT: &[&str] = &["SystemCallFilter=~@mount"];
const NO_ADMIN: &[&str] = &["CapabilityBoundingSet=~CAP_SYS_ADMIN"];
const NO_PTRACE: &[&str] = &["CapabilityBoundingSet=~CAP_SYS_PTRACE"];
const NO_DEBUG: &[&str] = &["SystemCallFilter=~@debug"];
const NO_WX: &[&str] = &["MemoryDenyWriteExecute=yes"];
const TUNABLES: &[&str] = &["ProtectKernelTunables=yes"];
const GROUPS: &[&str] = &["ProtectControlGroups=yes"];
const OWN_PIDS: &[&str] = &["PrivatePIDs=yes"];
const NAMESPACES: &[&str] = &["RestrictNamespaces=yes"];
const NO_SUID: &[&str] = &["RestrictSUIDSGID=yes"];
const NO_PRIVILEGES: &[&str] = &["NoNewPrivileges=yes"];
const NATIVE: &[&str] = &["SystemCallArchitectures=native"];

const I386: &[Lack] = &[
    lack(38, "the processor or the kernel has no 32-bit calls"),
    lack(128 + 11, "the kernel has no 32-bit calls"),
];
const NO_URING: &[Lack] = &[
    lack(38, "the kernel has no io_uring"),
    lack(1, "kernel.io_uring_disabled is set"),
];
const NO_NAMESPACE: &[Lack] = &[
    lack(1, "ordinary users may not make user namespaces"),
    lack(28, "user.max_user_namespaces is 0"),
];

/// All of them.
pub const ESCAPES: &[Escape] = &[
    // Paths and mounts.
    Escape::new("mount-propagation", &["PrivateMounts=yes"], Held::Nothing),
    Escape::new("remount-read-only", NO_ADMIN, EPERM).under(&["ReadOnlyPaths=/srv/fixed"]),
    Escape::new("remount-read-only-filter", NO_MOUNT, SIGSYS)
        .way("remount-read-only")
        .under(&["ReadOnlyPaths=/srv/fixed"]),
    Escape::new("mount-setattr-read-only", NO_MOUNT, SIGSYS).under(&["ReadOnlyPaths=/srv/fixed"]),
    Escape::new("unmount-cover", NO_ADMIN, EPERM).under(HIDDEN),
    Escape::new("unmount-cover-filter", NO_MOUNT, SIGSYS)
        .way("unmount-cover")
        .under(HIDDEN),
    Escape::new("bind-beneath", NO_ADMIN, EPERM).under(HIDDEN),
    Escape::new("open-tree-beneath", NO_ADMIN, EPERM).under(HIDDEN),
    // The set @mount holds open_tree(2) up to 257 and does not in 262.
    Escape::new(
        "open-tree-beneath-filter",
        &["SystemCallFilter=~@mount open_tree"],
        SIGSYS,
    )
    .way("open-tree-beneath")
    .under(HIDDEN),
    Escape::new(
        "open-by-handle",
        &["CapabilityBoundingSet=~CAP_DAC_READ_SEARCH"],
        EPERM,
    )
    .under(HIDDEN),
    Escape::new("proc-1-root", NO_PTRACE, EACCES).under(HIDDEN),
    Escape::new("proc-1-root-pids", OWN_PIDS, ENOENT)
        .way("proc-1-root")
        .under(HIDDEN)
        .since(257),
    Escape::new("proc-outsider-fd", NO_PTRACE, EACCES).under(HIDDEN),
    Escape::new("proc-self-exe", &["ProtectSystem=strict"], EROFS),
    Escape::new("inherited-folder", ANY, EBADF).open(Open::Bare(0)),
    Escape::new("chroot-climb", &["MountAPIVFS=yes"], ENOENT)
        .under(&["RootDirectory=/srv/root"])
        .open(Open::Own(&["RootDirectory=/srv/root", "MountAPIVFS=no"])),
    Escape::new(
        "symlink-target",
        &["RootDirectory=/srv/root", "BindPaths=/srv/hidden:/data/new"],
        Held::Nothing,
    )
    .open(Open::Own(&["BindPaths=/srv/hidden:/srv/root/data/new"])),
    Escape::new(
        "symlink-race",
        &["RootDirectory=/srv/root", "BindPaths=/srv/hidden:/data/new"],
        Held::Somehow,
    )
    .open(Open::Own(&["BindPaths=/srv/hidden:/srv/root/data/new"]))
    .tries(30),
    Escape::new("shared-temporary", &["PrivateTmp=yes"], ENOENT),
    Escape::new("home-of-users", &["ProtectHome=yes"], ENOENT),
    Escape::new("write-configuration", &["ProtectSystem=full"], EROFS),
    Escape::new("run-dropped", &["NoExecPaths=/srv/open"], EACCES),
    Escape::new("fill-disk", &["LimitFSIZE=1M"], SIGXFSZ).under(NOBODY),
    // Processes.
    Escape::new("ptrace-outsider", NO_DEBUG, SIGSYS),
    Escape::new("ptrace-outsider-capability", NO_PTRACE, EPERM).way("ptrace-outsider"),
    Escape::new("process-vm-write", &["PrivateUsers=yes"], EPERM),
    Escape::new(
        "process-vm-write-filter",
        &["SystemCallFilter=~process_vm_writev:EACCES"],
        EACCES,
    )
    .way("process-vm-write"),
    Escape::new("proc-outsider-mem", NO_PTRACE, EACCES),
    Escape::new("proc-environ", OWN_PIDS, ENOENT)
        .under(NOBODY)
        .since(257),
    Escape::new("proc-command-line", &["ProtectProc=invisible"], ENOENT).under(NOBODY),
    Escape::new(
        "signal-other-user",
        &["CapabilityBoundingSet=~CAP_KILL"],
        EPERM,
    ),
    Escape::new("signal-same-user", OWN_PIDS, ESRCH).since(257),
    Escape::new(
        "take-descriptor",
        &["SystemCallFilter=~@debug:EPERM"],
        EPERM,
    ),
    Escape::new("join-host", NAMESPACES, EPERM).under(&["PrivateNetwork=yes"]),
    Escape::new("type-into-terminal", NO_ADMIN, EPERM),
    Escape::new("type-into-own-terminal", NOBODY, EPERM)
        .open(Open::Bare(65534))
        .terminal()
        .lacks(&[lack(5, "dev.tty.legacy_tiocsti is 0")]),
    Escape::new("fork-bomb", &["LimitNPROC=16"], EAGAIN).under(NOBODY),
    // Privileges.
    Escape::new("run-setuid", NO_PRIVILEGES, Held::Nothing).under(NOBODY),
    Escape::new("run-capable", NO_PRIVILEGES, Held::Nothing).under(NOBODY),
    Escape::new("run-capable-bounded", NO_ADMIN, EPERM)
        .way("run-capable")
        .under(NOBODY),
    Escape::new("make-setuid-chmod", NO_SUID, EPERM),
    Escape::new("make-setuid-open", NO_SUID, EPERM),
    Escape::new("make-setgid-mknod", NO_SUID, EPERM),
    Escape::new("make-setuid-fchmodat2", NO_SUID, EPERM)
        .since(257)
        .lacks(&[lack(38, "the kernel has no fchmodat2")]),
    Escape::new("nested-unshare", NAMESPACES, EPERM)
        .under(NOBODY)
        .lacks(NO_NAMESPACE),
    Escape::new("nested-unshare-user", &["RestrictNamespaces=~user"], EPERM)
        .way("nested-unshare")
        .under(NOBODY)
        .lacks(NO_NAMESPACE),
    Escape::new("nested-clone", NAMESPACES, EPERM)
        .under(NOBODY)
        .lacks(NO_NAMESPACE),
    Escape::new("nested-clone3", NAMESPACES, ENOSYS)
        .under(NOBODY)
        .lacks(NO_NAMESPACE),
    Escape::new("read-as-root", &["PrivateUsers=yes"], EACCES),
    // System call filters.
    Escape::new("call-native", &["SystemCallFilter=~mkdirat:EPERM"], EPERM),
    Escape::new("call-i386", &["SystemCallFilter=~mkdir:EPERM"], EPERM).lacks(I386),
    Escape::new("call-i386-native", NATIVE, SIGSYS)
        .way("call-i386")
        .lacks(I386),
    Escape::new("socketcall-i386", NATIVE, SIGSYS)
        .under(&["RestrictAddressFamilies=AF_INET"])
        .lacks(I386),
    Escape::new("call-x32", NATIVE, SIGSYS).lacks(&[lack(38, "the kernel has no x32 calls")]),
    Escape::new("uring-setup", &["SystemCallFilter=~@aio"], SIGSYS).lacks(NO_URING),
    Escape::new("uring-socket", &["SystemCallFilter=~@aio:EPERM"], EPERM)
        .under(&["RestrictAddressFamilies=AF_INET"])
        .lacks(NO_URING),
    // Memory.
    Escape::new("wx-map", NO_WX, WX_ERRNO),
    Escape::new("wx-mprotect", NO_WX, WX_ERRNO),
    Escape::new("wx-pkey", NO_WX, WX_ERRNO)
        .lacks(&[lack(38, "the processor or the kernel has no keys")]),
    Escape::new("wx-shm", NO_WX, WX_ERRNO),
    Escape::new("wx-memfd", &["SystemCallFilter=~memfd_create"], SIGSYS).under(NO_WX),
    Escape::new("wx-dev-shm", &["NoExecPaths=/dev/shm"], EPERM).under(NO_WX),
    Escape::new("wx-self-mem", &["ReadOnlyPaths=/proc"], EROFS).under(NO_WX),
    // The kernel and the machine.
    Escape::new("core-pattern", TUNABLES, EROFS),
    Escape::new("sysctl", TUNABLES, EROFS),
    Escape::new("second-proc", NO_MOUNT, SIGSYS).under(TUNABLES),
    Escape::new("second-proc-capability", NO_ADMIN, EPERM)
        .way("second-proc")
        .under(TUNABLES),
    Escape::new("sysfs", TUNABLES, EROFS).lacks(&[
        lack(2, "the kernel has no such setting"),
        lack(30, "/sys is read-only"),
    ]),
    // The mount itself is left out by 252.
    Escape::new("binfmt", TUNABLES, Held::Either(30, 2))
        .lacks(&[lack(2, "the kernel has no binfmt_misc")]),
    Escape::new("release-agent", GROUPS, EROFS)
        .lacks(&[lack(2, "there are no control groups of version 1")]),
    Escape::new("leave-group", GROUPS, EROFS)
        .lacks(&[lack(2, "there are no control groups of version 2")]),
    Escape::new("set-clock", &["ProtectClock=yes"], EPERM),
    Escape::new("set-hostname", &["ProtectHostname=yes"], EPERM),
    Escape::new(
        "set-hostname-private",
        &["ProtectHostname=private"],
        Held::Nothing,
    )
    .way("set-hostname")
    .since(258),
    Escape::new("read-kernel-log", &["ProtectKernelLogs=yes"], EPERM),
    Escape::new("open-kmsg", &["ProtectKernelLogs=yes"], EACCES)
        .lacks(&[lack(2, "there is no /dev/kmsg")]),
    Escape::new("load-module", &["ProtectKernelModules=yes"], EPERM)
        .lacks(&[lack(38, "the kernel has no modules")]),
    Escape::new(
        "load-kernel",
        &["CapabilityBoundingSet=~CAP_SYS_BOOT"],
        EPERM,
    )
    .lacks(&[
        lack(38, "the kernel has no kexec"),
        lack(1, "the kernel is locked down"),
    ]),
    Escape::new("bpf-map", &["SystemCallFilter=~bpf"], SIGSYS),
    Escape::new(
        "bpf-map-capability",
        &["CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF"],
        EPERM,
    )
    .way("bpf-map"),
    Escape::new("count-events", NO_DEBUG, SIGSYS).lacks(&[lack(38, "the kernel counts no events")]),
    Escape::new("handle-faults", &["SystemCallFilter=~userfaultfd"], SIGSYS)
        .lacks(&[lack(38, "the kernel has no userfaultfd")]),
    Escape::new("use-ports", &["PrivateDevices=yes"], EPERM)
        .lacks(&[lack(38, "the kernel gives no ports to programs")]),
    Escape::new("make-disk", &["PrivateDevices=yes"], EPERM)
        .lacks(&[lack(6, "there are no loop devices")]),
    Escape::new("open-disk", &["DevicePolicy=closed"], EPERM)
        .lacks(&[lack(6, "there are no loop devices")]),
    Escape::new("open-memory", &["PrivateDevices=yes"], ENOENT).lacks(&[
        lack(2, "there is no /dev/mem"),
        lack(1, "the kernel is locked down"),
    ]),
    Escape::new("change-personality", &["LockPersonality=yes"], EPERM),
    Escape::new("real-time", &["RestrictRealtime=yes"], EPERM),
    Escape::new("session-keyring", &["KeyringMode=private"], ENOKEY)
        .open(Open::Own(&["KeyringMode=shared"])),
    Escape::new("user-keyring", &["SystemCallFilter=~@keyring"], SIGSYS),
    // Others over sockets and shared memory, and what is inherited.
    Escape::new("connect-abstract", &["PrivateNetwork=yes"], ECONNREFUSED),
    Escape::new(
        "connect-abstract-family",
        &["RestrictAddressFamilies=~AF_UNIX"],
        EAFNOSUPPORT,
    )
    .way("connect-abstract"),
    Escape::new(
        "connect-path",
        &["InaccessiblePaths=/srv/socket"],
        ECONNREFUSED,
    ),
    Escape::new("send-loopback", &["IPAddressDeny=any"], EPERM),
    Escape::new("take-port", &["SocketBindDeny=any"], EPERM),
    Escape::new(
        "read-packets",
        &["RestrictAddressFamilies=~AF_PACKET"],
        EAFNOSUPPORT,
    ),
    Escape::new("read-segment", &["PrivateIPC=yes"], ENOENT),
    Escape::new("send-queue", &["PrivateIPC=yes"], ENOENT),
    Escape::new("inherited-environment", ANY, Held::Nothing).open(Open::Bare(0)),
];
