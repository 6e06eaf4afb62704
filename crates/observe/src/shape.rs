//! What the arguments of system calls mean: one table, by name, for all architectures.

use unitward_seccomp::{Sets, Syscall, SyscallSet};

use crate::facts::Use;

/// What an observer looks at when a call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Paths among the arguments.
    pub(crate) paths: &'static [PathArgument],
    /// A descriptor among the arguments whose file is changed, and how.
    pub(crate) descriptor: Option<(u8, Use)>,
    /// What else there is to see.
    pub(crate) detail: Detail,
}

/// A path among the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathArgument {
    /// The directory that a relative path starts from; none for the working directory.
    pub(crate) directory: Option<u8>,
    /// The path.
    pub(crate) path: u8,
    /// What is done to it.
    pub(crate) usage: Use,
    /// Whether the last component is followed when it is a symbolic link.
    pub(crate) follow: Follow,
}

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Always.
    Yes,
    /// Never.
    No,
    /// Unless AT_SYMLINK_NOFOLLOW is in this argument.
    Unless(u8),
}

/// What is to be seen of a call besides paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    /// That it was made.
    #[default]
    None,
    /// Flags of open(2) in an argument.
    Open(u8),
    /// A structure with flags of openat2(2) in an argument.
    Open2(u8),
    /// O_CREAT, O_WRONLY and O_TRUNC (creat(2)).
    Creat,
    /// The program of execve(2).
    Execute,
    /// Family, type and protocol of a socket.
    Socket,
    /// The address of a socket, with its length, in arguments: bind(2) and connect(2).
    Address(AddressUse),
    /// The address of sendto(2), arguments 4 and 5.
    SendTo,
    /// Flags of namespaces in an argument (clone(2), unshare(2)).
    NamespaceFlags(u8),
    /// clone3(2): the flags are in a structure.
    Clone3,
    /// setns(2).
    EnterNamespace,
    /// Protection and descriptor of mmap(2).
    Map,
    /// Protection of mprotect(2).
    Protect,
    /// Flags of shmat(2).
    SharedMemory,
    /// The value of an argument, as a setting looks at it.
    Argument(u8),
    /// Mode bits in an argument, which may be set-user-ID.
    ModeBits(u8),
    /// io_uring_setup(2): what comes after it is not seen by a tracer.
    Ring,
}

/// What bind(2) and its like do with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressUse {
    Bind,
    Connect,
}

/// A path in an argument, from the working directory.
const fn at(path: u8, usage: Use) -> PathArgument {
    PathArgument {
        directory: None,
        path,
        usage,
        follow: Follow::Yes,
    }
}

/// A path in an argument that is not followed.
const fn link(path: u8, usage: Use) -> PathArgument {
    PathArgument {
        directory: None,
        path,
        usage,
        follow: Follow::No,
    }
}

/// A path in an argument, from the directory in another one.
const fn below(directory: u8, path: u8, usage: Use, follow: Follow) -> PathArgument {
    PathArgument {
        directory: Some(directory),
        path,
        usage,
        follow,
    }
}

/// The shape of a call by its name; none for calls that only count.
pub(crate) fn shape(name: &str) -> Option<Shape> {
    use Detail as D;
    use Follow::{No, Unless, Yes};
    let paths = |paths: &'static [PathArgument]| Shape {
        paths,
        ..Shape::default()
    };
    let detail = |detail: Detail| Shape {
        detail,
        ..Shape::default()
    };
    let both = |paths: &'static [PathArgument], detail: Detail| Shape {
        paths,
        detail,
        descriptor: None,
    };
    let descriptor = |usage: Use| Shape {
        descriptor: Some((0, usage)),
        ..Shape::default()
    };
    Some(match name {
        "open" => both(const { &[at(0, Use::Read)] }, D::Open(1)),
        "openat" => both(const { &[below(0, 1, Use::Read, Yes)] }, D::Open(2)),
        "openat2" => both(const { &[below(0, 1, Use::Read, Yes)] }, D::Open2(2)),
        "creat" => both(const { &[at(0, Use::Create)] }, D::Creat),
        "stat" | "stat64" | "oldstat" | "access" | "statfs" | "statfs64" | "getxattr"
        | "listxattr" => paths(const { &[at(0, Use::Probe)] }),
        "lstat" | "lstat64" | "oldlstat" | "readlink" | "lgetxattr" | "llistxattr" => {
            paths(const { &[link(0, Use::Probe)] })
        }
        "newfstatat" | "fstatat64" | "faccessat2" => {
            paths(const { &[below(0, 1, Use::Probe, Unless(3))] })
        }
        "faccessat" => paths(const { &[below(0, 1, Use::Probe, Yes)] }),
        "statx" | "getxattrat" | "listxattrat" | "name_to_handle_at" | "file_getattr" => {
            paths(const { &[below(0, 1, Use::Probe, Unless(2))] })
        }
        "readlinkat" => paths(const { &[below(0, 1, Use::Probe, No)] }),
        "mkdir" => both(const { &[link(0, Use::Create)] }, D::ModeBits(1)),
        "mkdirat" => both(const { &[below(0, 1, Use::Create, No)] }, D::ModeBits(2)),
        "mknod" => both(const { &[link(0, Use::Create)] }, D::ModeBits(1)),
        "mknodat" => both(const { &[below(0, 1, Use::Create, No)] }, D::ModeBits(2)),
        "rmdir" | "unlink" => paths(const { &[link(0, Use::Remove)] }),
        "unlinkat" => paths(const { &[below(0, 1, Use::Remove, No)] }),
        "rename" => paths(const { &[link(0, Use::Rename), link(1, Use::Rename)] }),
        "renameat" | "renameat2" => {
            paths(const { &[below(0, 1, Use::Rename, No), below(2, 3, Use::Rename, No)] })
        }
        "link" => paths(const { &[link(0, Use::Link), link(1, Use::Create)] }),
        "linkat" => paths(const { &[below(0, 1, Use::Link, No), below(2, 3, Use::Create, No)] }),
        "symlink" => paths(const { &[link(1, Use::Create)] }),
        "symlinkat" => paths(const { &[below(1, 2, Use::Create, No)] }),
        "chmod" => both(const { &[at(0, Use::Mode)] }, D::ModeBits(1)),
        "fchmodat" => both(const { &[below(0, 1, Use::Mode, Yes)] }, D::ModeBits(2)),
        "fchmodat2" => both(
            const { &[below(0, 1, Use::Mode, Unless(3))] },
            D::ModeBits(2),
        ),
        "fchmod" => Shape {
            detail: D::ModeBits(1),
            ..descriptor(Use::Mode)
        },
        "chown" | "chown32" => paths(const { &[at(0, Use::Owner)] }),
        "lchown" | "lchown32" => paths(const { &[link(0, Use::Owner)] }),
        "fchownat" => paths(const { &[below(0, 1, Use::Owner, Unless(4))] }),
        "fchown" | "fchown32" => descriptor(Use::Owner),
        "utime" | "utimes" => paths(const { &[at(0, Use::Times)] }),
        "futimesat" => paths(const { &[below(0, 1, Use::Times, Yes)] }),
        "utimensat" | "utimensat_time64" => paths(const { &[below(0, 1, Use::Times, Unless(3))] }),
        "truncate" | "truncate64" => paths(const { &[at(0, Use::Size)] }),
        "setxattr" | "removexattr" => paths(const { &[at(0, Use::Attribute)] }),
        "lsetxattr" | "lremovexattr" => paths(const { &[link(0, Use::Attribute)] }),
        "setxattrat" | "removexattrat" | "file_setattr" => {
            paths(const { &[below(0, 1, Use::Attribute, Unless(2))] })
        }
        "fsetxattr" | "fremovexattr" => descriptor(Use::Attribute),
        "execve" => both(const { &[at(0, Use::Execute)] }, D::Execute),
        "execveat" => both(
            const { &[below(0, 1, Use::Execute, Unless(4))] },
            D::Execute,
        ),
        "uselib" => paths(const { &[at(0, Use::MapExecutable)] }),
        "chdir" => paths(const { &[at(0, Use::WorkingDirectory)] }),
        "fchdir" => descriptor(Use::WorkingDirectory),
        "chroot" => paths(const { &[at(0, Use::Root)] }),
        "pivot_root" => paths(const { &[at(0, Use::Root), at(1, Use::Mount)] }),
        "mount" => paths(const { &[at(1, Use::Mount)] }),
        "umount" | "umount2" => paths(const { &[at(0, Use::Mount)] }),
        "open_tree" | "open_tree_attr" | "mount_setattr" => {
            paths(const { &[below(0, 1, Use::Mount, Unless(2))] })
        }
        "fspick" => paths(const { &[below(0, 1, Use::Mount, Yes)] }),
        "move_mount" => paths(const { &[below(2, 3, Use::Mount, Yes)] }),
        "swapon" | "swapoff" => paths(const { &[at(0, Use::Write)] }),
        "acct" => paths(const { &[at(0, Use::Write)] }),
        "quotactl" => paths(const { &[at(1, Use::Probe)] }),
        "inotify_add_watch" => paths(const { &[at(1, Use::Watch)] }),
        "fanotify_mark" => paths(const { &[below(3, 4, Use::Watch, Yes)] }),
        "socket" | "socketpair" => detail(D::Socket),
        "bind" => detail(D::Address(AddressUse::Bind)),
        "connect" => detail(D::Address(AddressUse::Connect)),
        "sendto" => detail(D::SendTo),
        "unshare" => detail(D::NamespaceFlags(0)),
        "clone" => detail(D::NamespaceFlags(if cfg!(target_arch = "s390x") {
            1
        } else {
            0
        })),
        "clone3" => detail(D::Clone3),
        "setns" => detail(D::EnterNamespace),
        "mmap" | "mmap2" => detail(D::Map),
        "mprotect" | "pkey_mprotect" => detail(D::Protect),
        "shmat" => detail(D::SharedMemory),
        "prctl" | "personality" | "keyctl" | "bpf" | "ptrace" | "reboot" | "syslog"
        | "setpriority" | "arch_prctl" => detail(D::Argument(0)),
        "sched_setscheduler" | "ioctl" | "ioprio_set" => detail(D::Argument(1)),
        "prlimit64" | "setrlimit" => detail(D::Argument(if name == "prlimit64" { 1 } else { 0 })),
        "setresuid" | "setreuid" | "setuid" | "setresgid" | "setregid" | "setgid" => {
            detail(D::Argument(0))
        }
        "io_uring_setup" => detail(D::Ring),
        _ => return None,
    })
}

/// Calls that carry no fact: a tracer does not stop for them, so that no recording holds them, and a filter that is made
/// from a recording has to allow them.
#[must_use]
pub fn quiet() -> SyscallSet {
    let sets = Sets::of(u16::MAX);
    let mut quiet = SyscallSet::default();
    for name in [
        "@default",
        "@basic-io",
        "@io-event",
        "@signal",
        "@timer",
        "@sync",
    ] {
        if let Some(set) = sets.flat(name) {
            quiet = quiet.union(&set);
        }
    }
    for name in OFTEN {
        if let Some(call) = Syscall::by_name(name) {
            quiet.insert(call);
        }
    }
    let mut loud = SyscallSet::default();
    for call in quiet.iter() {
        if shape(call.name()).is_some() {
            loud.insert(call);
        }
    }
    quiet.difference(&loud)
}

/// Calls on descriptors and memory that a program has already: whether it may was decided when it got them.
const OFTEN: [&str; 71] = [
    "accept",
    "accept4",
    "alarm",
    "copy_file_range",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_ctl_old",
    "eventfd",
    "eventfd2",
    "exit",
    "exit_group",
    "fadvise64",
    "fadvise64_64",
    "fallocate",
    "fcntl",
    "fcntl64",
    "fgetxattr",
    "flistxattr",
    "flock",
    "fork",
    "fstat",
    "fstat64",
    "fstatfs",
    "fstatfs64",
    "ftruncate",
    "ftruncate64",
    "getcwd",
    "getdents",
    "getdents64",
    "getpeername",
    "getpgid",
    "getpriority",
    "getrlimit",
    "getrusage",
    "getsockname",
    "getsockopt",
    "inotify_init",
    "inotify_init1",
    "inotify_rm_watch",
    "ioprio_get",
    "listen",
    "madvise",
    "memfd_create",
    "mincore",
    "mremap",
    "msync",
    "munmap",
    "pidfd_open",
    "pipe",
    "pipe2",
    "readahead",
    "recv",
    "recvfrom",
    "recvmmsg",
    "recvmmsg_time64",
    "recvmsg",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sendfile",
    "sendfile64",
    "sendmmsg",
    "sendmsg",
    "setsockopt",
    "shutdown",
    "splice",
    "tee",
    "times",
    "vfork",
    "wait4",
];
