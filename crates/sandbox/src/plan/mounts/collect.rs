//! From settings to wishes about paths (systemd.exec(5), "Paths" and "Sandboxing").

use unitward_settings::{
    HostnameMode, Item, MarkedPath, MarkedPaths, PrivateTmp, ProcSubset, ProtectControlGroups,
    ProtectHome, ProtectProc, ProtectSystem, Setting, TemporaryFileSystem,
};

use super::attribute;
use super::entry::{Entry, Mode, is_below};
use crate::plan::{Cause, Context};

/// Everything that is wished, in no order.
pub(super) fn collect(cx: &Context<'_>) -> Vec<Entry> {
    let settings = cx.settings;
    let mut entries = Vec::new();
    // What commands with the prefix `+` have as well.
    marked(
        cx,
        &mut entries,
        "ReadWritePaths",
        &settings.read_write_paths,
        |path, cause| Entry::new(path, Mode::ReadWrite, cause),
    );
    for item in &settings.binds.0 {
        let bind = &item.value;
        let directive = if bind.read_only {
            "BindReadOnlyPaths"
        } else {
            "BindPaths"
        };
        let mode = Mode::Bind {
            source: bind.source.clone(),
            recursive: bind.recursive,
        };
        let entry = Entry::new(&bind.destination, mode, Cause::at(directive, item.origin));
        entries.push(entry.optional(bind.optional).read_only(bind.read_only));
    }
    entries.extend(settings.temporary_file_system.0.iter().map(temporary));
    credentials(cx, &mut entries);
    api(cx, &mut entries);
    if !cx.is_sandboxed() {
        return entries;
    }
    marked(
        cx,
        &mut entries,
        "ReadOnlyPaths",
        &settings.read_only_paths,
        |path, cause| Entry::new(path, Mode::ReadOnly, cause),
    );
    marked(
        cx,
        &mut entries,
        "InaccessiblePaths",
        &settings.inaccessible_paths,
        |path, cause| Entry::new(path, Mode::Inaccessible, cause),
    );
    marked(
        cx,
        &mut entries,
        "ExecPaths",
        &settings.exec_paths,
        |path, cause| Entry {
            exec: true,
            ..Entry::new(path, Mode::Exec, cause)
        },
    );
    marked(
        cx,
        &mut entries,
        "NoExecPaths",
        &settings.no_exec_paths,
        |path, cause| Entry {
            no_exec: true,
            ..Entry::new(path, Mode::Exec, cause)
        },
    );
    protect_system(cx, &mut entries);
    protect_home(cx, &mut entries);
    kernel(cx, &mut entries);
    control_groups(cx, &mut entries);
    process_information(cx, &mut entries);
    private_tmp(cx, &mut entries);
    if settings.private_devices.0 {
        entries.push(Entry::new(
            "/dev",
            Mode::PrivateDev,
            Cause::of("PrivateDevices", &settings.private_devices),
        ));
    }
    if settings.private_network.0 {
        let mode = Mode::Kernel {
            kind: "sysfs",
            options: Vec::new(),
        };
        entries.push(Entry::new(
            "/sys",
            mode,
            Cause::of("PrivateNetwork", &settings.private_network),
        ));
    }
    if settings.private_ipc.0 {
        let mode = Mode::Kernel {
            kind: "mqueue",
            options: Vec::new(),
        };
        entries.push(Entry::new(
            "/dev/mqueue",
            mode,
            Cause::of("PrivateIPC", &settings.private_ipc),
        ));
    }
    if settings.bind_log_sockets.0 == Some(true) {
        let cause = Cause::of("BindLogSockets", &settings.bind_log_sockets);
        for name in ["socket", "stdout", "dev-log"] {
            let path = format!("/run/systemd/journal/{name}");
            let mode = Mode::Bind {
                source: path.clone(),
                recursive: true,
            };
            let entry = Entry {
                no_exec: true,
                no_suid: true,
                ..Entry::new(path, mode, cause)
            };
            entries.push(entry.optional(true).read_only(true));
        }
    }
    entries
}

/// Paths with marks. Those without `+` are the host's, and mean nothing outside the root directory.
fn marked(
    cx: &Context<'_>,
    entries: &mut Vec<Entry>,
    directive: &'static str,
    setting: &Setting<MarkedPaths>,
    entry: impl Fn(String, Cause) -> Entry,
) {
    for Item {
        value: MarkedPath {
            path,
            optional,
            in_root,
        },
        origin,
    } in &setting.0
    {
        let path = match super::root_directory(cx) {
            Some(root) if !in_root => {
                if !is_below(path, root) {
                    continue;
                }
                let inside = path.get(root.len()..).unwrap_or_default();
                if inside.is_empty() {
                    "/".to_owned()
                } else {
                    inside.to_owned()
                }
            }
            _ => path.clone(),
        };
        entries.push(entry(path, Cause::at(directive, *origin)).optional(*optional));
    }
}

/// `TemporaryFileSystem=`: a file system in memory with options of mount(8).
fn temporary(item: &Item<TemporaryFileSystem>) -> Entry {
    let mut options = vec![
        ("mode".to_owned(), Some("0755".to_owned())),
        ("size".to_owned(), Some("10%".to_owned())),
        ("nr_inodes".to_owned(), Some("400k".to_owned())),
    ];
    let mut attributes = attribute::NODEV | attribute::STRICTATIME;
    let mut read_only = false;
    for option in item
        .value
        .options
        .split(',')
        .filter(|option| !option.is_empty())
    {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            "nosuid" => attributes |= attribute::NOSUID,
            "suid" => attributes &= !attribute::NOSUID,
            "nodev" => attributes |= attribute::NODEV,
            "dev" => attributes &= !attribute::NODEV,
            "noexec" => attributes |= attribute::NOEXEC,
            "exec" => attributes &= !attribute::NOEXEC,
            "noatime" => attributes = attributes & !attribute::ATIME | attribute::NOATIME,
            "relatime" => attributes &= !attribute::ATIME,
            "strictatime" => attributes = attributes & !attribute::ATIME | attribute::STRICTATIME,
            "nodiratime" => attributes |= attribute::NODIRATIME,
            "nosymfollow" => attributes |= attribute::NOSYMFOLLOW,
            option => {
                let (name, value) = match option.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (option.to_owned(), None),
                };
                options.retain(|(known, _)| *known != name);
                options.push((name, value));
            }
        }
    }
    let mode = Mode::Tmpfs {
        options,
        attributes,
    };
    Entry::new(
        &item.value.path,
        mode,
        Cause::at("TemporaryFileSystem", item.origin),
    )
    .read_only(read_only)
}

fn small_tmpfs(mode: &str, size: &str, inodes: &str, attributes: u64) -> Mode {
    let options = vec![
        ("mode".to_owned(), Some(mode.to_owned())),
        ("size".to_owned(), Some(size.to_owned())),
        ("nr_inodes".to_owned(), Some(inodes.to_owned())),
    ];
    Mode::Tmpfs {
        options,
        attributes,
    }
}

fn protect_system(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let setting = &cx.settings.protect_system;
    let cause = Cause::of("ProtectSystem", setting);
    let mut add = |path: &str, mode: Mode, optional: bool| {
        entries.push(Entry::new(path, mode, cause).optional(optional));
    };
    match **setting {
        ProtectSystem::Strict => {
            add("/", Mode::ReadOnly, false);
            for path in ["/proc", "/sys", "/dev"] {
                add(path, Mode::ReadWriteImplicit, false);
            }
            for path in ["/home", "/run/user", "/root"] {
                add(path, Mode::ReadWriteImplicit, true);
            }
        }
        ProtectSystem::Yes | ProtectSystem::Full => {
            add("/usr", Mode::ReadOnly, false);
            add("/boot", Mode::ReadOnly, true);
            add("/efi", Mode::ReadOnly, true);
            if **setting == ProtectSystem::Full {
                add("/etc", Mode::ReadOnly, false);
            }
        }
        _ => {}
    }
}

fn protect_home(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let setting = &cx.settings.protect_home;
    let cause = Cause::of("ProtectHome", setting);
    for path in ["/home", "/run/user", "/root"] {
        let mode = match **setting {
            ProtectHome::Yes => Mode::Inaccessible,
            ProtectHome::ReadOnly => Mode::ReadOnly,
            ProtectHome::Tmpfs => {
                let mode = if path == "/root" { "0700" } else { "0755" };
                small_tmpfs(mode, "4m", "1k", attribute::NODEV | attribute::STRICTATIME)
            }
            _ => return,
        };
        let read_only = **setting == ProtectHome::Tmpfs;
        entries.push(
            Entry::new(path, mode, cause)
                .optional(true)
                .read_only(read_only),
        );
    }
}

/// ProtectKernelTunables=, ProtectKernelModules= and ProtectKernelLogs=.
fn kernel(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let settings = cx.settings;
    if settings.protect_kernel_tunables.0 {
        let cause = Cause::of("ProtectKernelTunables", &settings.protect_kernel_tunables);
        let mut add = |path: &str, mode: Mode, optional: bool| {
            entries.push(Entry::new(path, mode, cause).optional(optional));
        };
        for name in [
            "acpi",
            "apm",
            "asound",
            "bus",
            "fs",
            "irq",
            "latency_stats",
            "mtrr",
            "scsi",
            "sys",
            "sysrq-trigger",
            "timer_stats",
        ] {
            add(&format!("/proc/{name}"), Mode::ReadOnly, true);
        }
        for name in ["kallsyms", "kcore"] {
            add(&format!("/proc/{name}"), Mode::Inaccessible, true);
        }
        add("/sys", Mode::ReadOnly, false);
        add("/sys/fs/bpf", Mode::ReadOnly, true);
        for path in ["/sys/fs/cgroup", "/sys/fs/selinux"] {
            add(path, Mode::ReadWriteImplicit, true);
        }
        for path in ["/sys/kernel/debug", "/sys/kernel/tracing"] {
            add(path, Mode::ReadOnly, true);
        }
    }
    if settings.protect_kernel_modules.0 {
        let cause = Cause::of("ProtectKernelModules", &settings.protect_kernel_modules);
        entries.push(Entry::new("/usr/lib/modules", Mode::Inaccessible, cause).optional(true));
    }
    if settings.protect_kernel_logs.0 {
        let cause = Cause::of("ProtectKernelLogs", &settings.protect_kernel_logs);
        for path in ["/proc/kmsg", "/dev/kmsg"] {
            entries.push(Entry::new(path, Mode::Inaccessible, cause).optional(true));
        }
    }
    if settings.protect_hostname.mode == HostnameMode::Yes {
        let cause = Cause::of("ProtectHostname", &settings.protect_hostname);
        for name in ["hostname", "domainname"] {
            let path = format!("/proc/sys/kernel/{name}");
            entries.push(Entry::new(path, Mode::ReadOnly, cause).optional(true));
        }
    }
}

fn control_groups(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let setting = &cx.settings.protect_control_groups;
    let cause = Cause::of("ProtectControlGroups", setting);
    let path = "/sys/fs/cgroup";
    match **setting {
        ProtectControlGroups::Yes => entries.push(Entry::new(path, Mode::ReadOnly, cause)),
        ProtectControlGroups::Private | ProtectControlGroups::Strict => {
            let options = vec![("nsdelegate", None), ("memory_recursiveprot", None)];
            let mode = Mode::Kernel {
                kind: "cgroup2",
                options,
            };
            let strict = **setting == ProtectControlGroups::Strict;
            entries.push(Entry::new(path, mode, cause).read_only(strict));
        }
        _ => {}
    }
}

/// ProtectProc=, ProcSubset= and PrivatePIDs=: a /proc of its own.
fn process_information(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let settings = cx.settings;
    let mut options = Vec::new();
    let mut cause = None;
    if *settings.protect_proc != ProtectProc::Default {
        options.push(("hidepid", Some(settings.protect_proc.word().to_owned())));
        cause = Some(Cause::of("ProtectProc", &settings.protect_proc));
    }
    if *settings.proc_subset != ProcSubset::All {
        options.push(("subset", Some(settings.proc_subset.word().to_owned())));
        cause = cause.or(Some(Cause::of("ProcSubset", &settings.proc_subset)));
    }
    if settings.private_pids.0 {
        cause = cause.or(Some(Cause::of("PrivatePIDs", &settings.private_pids)));
    }
    if let Some(cause) = cause {
        entries.push(Entry::new(
            "/proc",
            Mode::Kernel {
                kind: "proc",
                options,
            },
            cause,
        ));
    }
}

fn private_tmp(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let setting = &cx.settings.private_tmp;
    let cause = Cause::of("PrivateTmp", setting);
    match **setting {
        PrivateTmp::Connected => {
            for (path, source) in ["/tmp", "/var/tmp"]
                .into_iter()
                .zip(cx.unit.places.private_tmp())
            {
                entries.push(Entry::new(path, Mode::PrivateTmp { source }, cause));
            }
        }
        PrivateTmp::Disconnected => {
            for path in ["/tmp", "/var/tmp"] {
                entries.push(Entry::new(
                    path,
                    Mode::PrivateTmp {
                        source: String::new(),
                    },
                    cause,
                ));
            }
        }
        _ => {}
    }
}

/// Credentials are for the units that have them only.
fn credentials(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    const STORE: &str = "/run/credentials";
    let cause = Cause::ALWAYS;
    let Some(own) = cx.unit.places.credentials() else {
        entries.push(Entry::new(STORE, Mode::Inaccessible, cause).optional(true));
        return;
    };
    let attributes = attribute::NOSUID | attribute::NODEV | attribute::NOEXEC;
    entries.push(
        Entry::new(STORE, small_tmpfs("0755", "4m", "1k", attributes), cause).read_only(true),
    );
    // Made when the service is started, as the directories of PrivateTmp= are.
    let mode = Mode::PrivateTmp {
        source: own.clone(),
    };
    entries.push(Entry::new(own, mode, cause).read_only(true));
}

/// The file systems that every program expects, in another root directory (`MountAPIVFS=`).
fn api(cx: &Context<'_>, entries: &mut Vec<Entry>) {
    let setting = &cx.settings.mount_api_vfs;
    if setting.0 == Some(true) {
        let cause = Cause::of("MountAPIVFS", setting);
        let proc = Mode::Kernel {
            kind: "proc",
            options: Vec::new(),
        };
        entries.push(Entry::new("/proc", proc, cause));
        if super::root_directory(cx).is_some() {
            for path in ["/dev", "/sys"] {
                let mode = Mode::Bind {
                    source: path.to_owned(),
                    recursive: true,
                };
                entries.push(Entry::new(path, mode, cause));
            }
            let attributes = attribute::NOSUID | attribute::NODEV | attribute::STRICTATIME;
            entries.push(Entry::new(
                "/run",
                small_tmpfs("0755", "20%", "800k", attributes),
                cause,
            ));
        }
    }
    let incoming = Entry::new("/run/systemd/incoming", Mode::ReadOnly, Cause::ALWAYS);
    entries.push(incoming.optional(true));
}
