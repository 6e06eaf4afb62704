//! From settings to entries (systemd.exec(5), "Paths", "Sandboxing").

use unitward_settings::{
    HostnameMode, Item, MarkedPath, PrivateTmp, ProcSubset, ProtectControlGroups, ProtectHome,
    ProtectProc, Setting,
};

use super::entry::{Entry, Mode, Source, is_below};
use super::options::{self, tmpfs};
use super::tables::{self, Row};
use crate::plan::{Cause, Context};

/// The entries of a process, as the settings put them, without order.
pub(super) struct Collection {
    pub(super) entries: Vec<Entry>,
    /// The other root directory, where there is one.
    root: Option<String>,
}

/// Collects the entries of a process. `root` is the other root directory.
pub(super) fn collect(cx: &Context<'_>, root: Option<&str>) -> Vec<Entry> {
    let mut all = Collection {
        entries: Vec::new(),
        root: root.map(str::to_owned),
    };
    paths(cx, &mut all);
    binds(cx, &mut all);
    temporary(cx, &mut all);
    directories(cx, &mut all);
    if cx.is_sandboxed() {
        private_places(cx, &mut all);
        kernel(cx, &mut all);
        system(cx, &mut all);
        api(cx, &mut all);
    }
    runtime(cx, &mut all);
    all.entries
}

impl Collection {
    fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    fn rows<T>(
        &mut self,
        rows: &[Row],
        directive: &'static str,
        setting: &Setting<T>,
        optional: bool,
    ) {
        let cause = Cause::of(directive, setting);
        for (path, mode, may_miss) in rows {
            let entry = Entry::new(*path, *mode, cause);
            self.add(if *may_miss || optional {
                entry.optional()
            } else {
                entry
            });
        }
    }

    fn marked(&mut self, directive: &'static str, list: &[Item<MarkedPath>], mode: Mode) {
        for item in list {
            let MarkedPath {
                path,
                optional,
                in_root,
            } = &item.value;
            let inside = match &self.root {
                // Without the mark, paths are the host's; those outside of the root directory say nothing.
                Some(root) if !in_root => match path.strip_prefix(root.as_str()) {
                    Some("") => "/".to_owned(),
                    Some(inside) if is_below(path, root) => inside.to_owned(),
                    _ => continue,
                },
                _ => path.clone(),
            };
            let entry = Entry::new(inside, mode, Cause::at(directive, item.origin));
            self.add(if *optional { entry.optional() } else { entry });
        }
    }
}

fn paths(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    all.marked("ReadWritePaths", &s.read_write_paths.0, Mode::ReadWrite);
    cx.enforced("ReadWritePaths");
    let lists = [
        ("ReadOnlyPaths", &s.read_only_paths, Mode::ReadOnly),
        (
            "InaccessiblePaths",
            &s.inaccessible_paths,
            Mode::Inaccessible,
        ),
        ("ExecPaths", &s.exec_paths, Mode::Exec),
        ("NoExecPaths", &s.no_exec_paths, Mode::NoExec),
    ];
    for (directive, list, mode) in lists {
        if cx.is_sandboxed() {
            all.marked(directive, &list.0, mode);
        }
        cx.enforced(directive);
    }
}

fn binds(cx: &Context<'_>, all: &mut Collection) {
    for item in &cx.settings.binds.0 {
        let bind = &item.value;
        let directive = if bind.read_only {
            "BindReadOnlyPaths"
        } else {
            "BindPaths"
        };
        let mode = if bind.recursive {
            Mode::BindRecursive
        } else {
            Mode::Bind
        };
        let mut entry = Entry::new(&bind.destination, mode, Cause::at(directive, item.origin));
        entry.source = Some(Source::Host(bind.source.clone()));
        entry.optional = bind.optional;
        entry.read_only = bind.read_only;
        all.add(entry);
    }
    cx.enforced("BindPaths");
}

fn temporary(cx: &Context<'_>, all: &mut Collection) {
    for item in &cx.settings.temporary_file_system.0 {
        let cause = Cause::at("TemporaryFileSystem", item.origin);
        let options = tmpfs(options::TEMPORARY, options::USUAL, &item.value.options);
        all.add(filled(&item.value.path, Mode::Tmpfs, cause, options));
    }
    cx.enforced("TemporaryFileSystem");
}

fn filled(
    path: impl Into<String>,
    mode: Mode,
    cause: Cause,
    options: options::TmpfsOptions,
) -> Entry {
    let mut entry = Entry::new(path, mode, cause);
    entry.options = options.data;
    entry.attributes = options.attributes;
    entry.read_only = options.read_only;
    entry
}

/// Directories that are made for the service stay writable; private ones are the only thing to be seen in their folder.
fn directories(cx: &Context<'_>, all: &mut Collection) {
    for directory in cx.unit.places.directories() {
        let other_root = all.root.is_some();
        let target = if other_root {
            &directory.public
        } else {
            &directory.path
        };
        if !other_root && !directory.read_only && directory.guard.is_none() {
            let entry = Entry::new(target, Mode::ReadWriteImplicit, directory.cause);
            all.add(entry);
            continue;
        }
        if let Some(guard) = directory.guard.as_ref().filter(|_| !other_root) {
            let attributes = options::USUAL | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
            let options = tmpfs(options::EMPTY, attributes, "ro");
            all.add(filled(guard, Mode::EmptyDir, directory.cause, options));
        }
        let mut entry = Entry::new(target, Mode::BindRecursive, directory.cause);
        entry.source = Some(Source::Made(directory.path.clone()));
        entry.read_only = directory.read_only;
        if cx.settings.dynamic_user.0 {
            entry.attributes = libc::MOUNT_ATTR_NOSUID;
        }
        all.add(entry);
    }
}

fn private_places(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    let cause = Cause::of("PrivateTmp", &s.private_tmp);
    for (path, source) in ["/tmp", "/var/tmp"]
        .into_iter()
        .zip(cx.unit.places.private_tmp())
    {
        let mut entry = Entry::new(path, Mode::PrivateTmp, cause);
        entry.source = Some(Source::Made(source));
        all.add(entry);
    }
    if *s.private_tmp == PrivateTmp::Disconnected {
        for (path, slot) in [
            ("/tmp", super::DISCONNECTED_TMP),
            ("/var/tmp", super::DISCONNECTED_VAR_TMP),
        ] {
            let mut entry = Entry::new(path, Mode::PrivateTmp, cause);
            entry.source = Some(Source::Slot(slot));
            all.add(entry);
        }
    }
    cx.enforced("PrivateTmp");
    if s.private_devices.0 {
        let cause = Cause::of("PrivateDevices", &s.private_devices);
        let attributes =
            libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC | libc::MOUNT_ATTR_STRICTATIME;
        let options = tmpfs(options::DEV, attributes, "");
        all.add(filled("/dev", Mode::PrivateDev, cause, options));
    }
    cx.enforced("PrivateDevices");
    cx.enforced("PrivateMounts");
    cx.enforced("MountFlags");
    // Inside the kernel's own rules a new sysfs shows the devices of the new network namespace.
    if s.private_network.0 || s.network_namespace_path.0.is_some() {
        let cause = if s.private_network.0 {
            Cause::of("PrivateNetwork", &s.private_network)
        } else {
            Cause::of("NetworkNamespacePath", &s.network_namespace_path)
        };
        all.add(Entry::new("/sys", Mode::PrivateSysfs, cause));
    }
    if s.private_ipc.0 || s.ipc_namespace_path.0.is_some() {
        let cause = if s.private_ipc.0 {
            Cause::of("PrivateIPC", &s.private_ipc)
        } else {
            Cause::of("IPCNamespacePath", &s.ipc_namespace_path)
        };
        let mut entry = Entry::new("/dev/mqueue", Mode::Mqueue, cause);
        entry.options = vec![("source".to_owned(), Some("mqueue".to_owned()))];
        entry.attributes =
            libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
        all.add(entry);
    }
}

fn kernel(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    // With the processes only, the rest of /proc is not there, which protects it better.
    let pid_only = *s.proc_subset == ProcSubset::Pid;
    if s.protect_kernel_tunables.0 {
        let (name, setting) = ("ProtectKernelTunables", &s.protect_kernel_tunables);
        all.rows(tables::TUNABLES_PROC, name, setting, pid_only);
        all.rows(tables::TUNABLES_SYS, name, setting, false);
        if !s.private_bpf.0 {
            all.rows(tables::TUNABLES_BPF, name, setting, false);
        }
    }
    if s.protect_kernel_modules.0 {
        let setting = &s.protect_kernel_modules;
        all.rows(tables::MODULES, "ProtectKernelModules", setting, false);
    }
    if s.protect_kernel_logs.0 {
        let setting = &s.protect_kernel_logs;
        all.rows(tables::LOGS, "ProtectKernelLogs", setting, pid_only);
    }
    if s.protect_hostname.mode != HostnameMode::No {
        let setting = &s.protect_hostname;
        all.rows(tables::HOSTNAME, "ProtectHostname", setting, pid_only);
    }
    let groups = &s.protect_control_groups;
    let cause = Cause::of("ProtectControlGroups", groups);
    match **groups {
        ProtectControlGroups::Yes => {
            all.add(Entry::new("/sys/fs/cgroup", Mode::ReadOnly, cause));
        }
        kind @ (ProtectControlGroups::Private | ProtectControlGroups::Strict) => {
            let mut entry = Entry::new("/sys/fs/cgroup", Mode::PrivateCgroup, cause);
            entry.options = vec![
                ("source".to_owned(), Some("cgroup2".to_owned())),
                ("nsdelegate".to_owned(), None),
                ("memory_recursiveprot".to_owned(), None),
            ];
            entry.read_only = kind == ProtectControlGroups::Strict;
            all.add(entry);
        }
        _ => {}
    }
    if matches!(
        **groups,
        ProtectControlGroups::Yes | ProtectControlGroups::Strict
    ) {
        // The service has to write to them what it waits for.
        for file in &cx.unit.control_group.watched {
            let mut entry = Entry::new(&file.path, Mode::Bind, cause);
            entry.source = Some(Source::Made(file.source.clone()));
            all.add(entry);
        }
    }
    for directive in [
        "ProtectKernelTunables",
        "ProtectKernelModules",
        "ProtectKernelLogs",
        "ProtectControlGroups",
    ] {
        cx.enforced(directive);
    }
}

fn system(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    let home = &s.protect_home;
    let rows = tables::protect_home(**home);
    if **home == ProtectHome::Tmpfs {
        let cause = Cause::of("ProtectHome", home);
        for (path, mode, _) in rows {
            let usual = if *path == "/root" {
                options::EMPTY_ROOT
            } else {
                options::EMPTY
            };
            let options = tmpfs(usual, options::USUAL, "ro");
            all.add(filled(*path, *mode, cause, options).optional());
        }
    } else {
        all.rows(rows, "ProtectHome", home, false);
    }
    let system = &s.protect_system;
    all.rows(
        tables::protect_system(**system),
        "ProtectSystem",
        system,
        false,
    );
    cx.enforced("ProtectHome");
    cx.enforced("ProtectSystem");
}

/// The kernel's file systems, where a setting shapes them or another root directory lacks them.
fn api(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    for directive in ["ProtectProc", "ProcSubset", "MountAPIVFS", "BindLogSockets"] {
        cx.enforced(directive);
    }
    let Some(cause) = api_cause(cx) else {
        return log_sockets(cx, all);
    };
    for (path, mode, _) in tables::API {
        let mut entry = Entry::new(*path, *mode, cause);
        match mode {
            Mode::Procfs => {
                entry.options = vec![("source".to_owned(), Some("proc".to_owned()))];
                let hide = match *s.protect_proc {
                    ProtectProc::Noaccess => "noaccess",
                    ProtectProc::Invisible => "invisible",
                    ProtectProc::Ptraceable => "ptraceable",
                    _ => "off",
                };
                let subset = *s.proc_subset == ProcSubset::Pid;
                if hide != "off" || subset {
                    entry
                        .options
                        .push(("hidepid".to_owned(), Some(hide.to_owned())));
                }
                if subset {
                    entry
                        .options
                        .push(("subset".to_owned(), Some("pid".to_owned())));
                }
            }
            Mode::Run => {
                let attributes = options::USUAL | libc::MOUNT_ATTR_NOSUID;
                let options = tmpfs(options::RUN, attributes, "");
                entry.options = options.data;
                entry.attributes = options.attributes;
            }
            _ => {}
        }
        all.add(entry);
    }
    log_sockets(cx, all);
}

/// Why the kernel's file systems are mounted anew.
fn api_cause(cx: &Context<'_>) -> Option<Cause> {
    let s = cx.settings;
    let cause = [
        (
            s.mount_api_vfs.0 == Some(true),
            Cause::of("MountAPIVFS", &s.mount_api_vfs),
        ),
        (
            *s.protect_control_groups != ProtectControlGroups::No,
            Cause::of("ProtectControlGroups", &s.protect_control_groups),
        ),
        (
            s.protect_kernel_tunables.0,
            Cause::of("ProtectKernelTunables", &s.protect_kernel_tunables),
        ),
        (
            *s.protect_proc != ProtectProc::Default,
            Cause::of("ProtectProc", &s.protect_proc),
        ),
        (
            *s.proc_subset != ProcSubset::All,
            Cause::of("ProcSubset", &s.proc_subset),
        ),
        (s.private_pids.0, Cause::of("PrivatePIDs", &s.private_pids)),
    ];
    cause
        .into_iter()
        .find_map(|(holds, cause)| holds.then_some(cause))
}

fn log_sockets(cx: &Context<'_>, all: &mut Collection) {
    let s = cx.settings;
    if s.bind_log_sockets.0 != Some(true) {
        return;
    }
    let cause = Cause::of("BindLogSockets", &s.bind_log_sockets);
    for path in tables::LOG_SOCKETS {
        let mut entry = Entry::new(path, Mode::Bind, cause).optional();
        entry.source = Some(Source::Host(path.to_owned()));
        entry.read_only = true;
        entry.attributes =
            libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOEXEC;
        all.add(entry);
    }
}

/// What every mount namespace gets.
fn runtime(cx: &Context<'_>, all: &mut Collection) {
    if let Some(name) = &cx.settings.log_namespace.0 {
        let cause = Cause::of("LogNamespace", &cx.settings.log_namespace);
        let mut entry = Entry::new("/run/systemd/journal", Mode::BindRecursive, cause);
        entry.source = Some(Source::Host(format!("/run/systemd/journal.{name}")));
        entry.read_only = true;
        all.add(entry);
        cx.enforced("LogNamespace");
    }
    let Some(own) = cx.unit.places.credentials() else {
        all.add(Entry::new("/run/credentials", Mode::Inaccessible, Cause::ALWAYS).optional());
        return;
    };
    let (folder, _) = own.rsplit_once('/').unwrap_or(("/run/credentials", ""));
    let attributes = options::USUAL | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
    let options = tmpfs(options::EMPTY, attributes, "ro");
    all.add(filled(folder, Mode::Tmpfs, Cause::ALWAYS, options));
    let mut entry = Entry::new(own, Mode::BindRecursive, Cause::ALWAYS).optional();
    entry.source = Some(Source::Made(own.clone()));
    entry.read_only = true;
    all.add(entry);
}
