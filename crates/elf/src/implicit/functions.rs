//! What the functions of the C library open, by the names that objects import.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Certainty::{self, Likely, Possible};
use super::{Collector, nss};
use crate::imports::imports;

/// What a group of functions opens.
pub(super) struct Group {
    functions: &'static [&'static str],
    /// The database in nsswitch.conf(5) that they read.
    pub(super) database: Option<&'static str>,
    /// Absolute paths, and ones beside the C library.
    paths: &'static [&'static str],
    /// Modules of the C library that dlopen(3) finds by name.
    modules: &'static [&'static str],
    pub(super) why: &'static str,
    certainty: Certainty,
}

/// A group in use.
pub(super) struct Use {
    pub(super) group: &'static Group,
    /// The first file that calls one of its functions.
    pub(super) by: usize,
    pub(super) certainty: Certainty,
}

pub(super) fn collect(collector: &mut Collector<'_>, process: usize) {
    let uses = uses(collector, process);
    let running = collector.closure.processes.get(process);
    let libc = running.and_then(|process| process.libc());
    let glibc = running.is_some_and(|process| process.is_glibc());
    for Use {
        group,
        by,
        certainty,
    } in &uses
    {
        for path in group.paths {
            let directories = match path.strip_prefix('/') {
                Some(_) => vec![PathBuf::from("/")],
                None => collector.library_directories(*by),
            };
            let paths: Vec<_> = directories
                .iter()
                .map(|directory| directory.join(path))
                .collect();
            if let Some(path) = collector.existing(paths) {
                collector.path(path, *by, group.why, *certainty);
            }
        }
        for module in group.modules {
            let by = libc.unwrap_or(*by);
            collector.module(process, module.as_ref(), by, group.why, *certainty);
        }
    }
    if let Some(libc) = libc.filter(|_| glibc) {
        nss::collect(collector, process, libc, &uses);
    }
}

/// The groups in use. That a library further below calls a function says little of the program.
fn uses(collector: &Collector<'_>, process: usize) -> Vec<Use> {
    let mut groups: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (number, group) in GROUPS.iter().enumerate() {
        for name in group.functions {
            groups.entry(name.as_bytes()).or_default().push(number);
        }
    }
    let mut users = vec![None; GROUPS.len()];
    let Some(process) = collector.closure.processes.get(process) else {
        return Vec::new();
    };
    let libc = process.libc();
    for (file, elf) in process.mapped().filter(|(file, _)| Some(*file) != libc) {
        let Some(needed) = collector.closure.files.get(file) else {
            continue;
        };
        let Ok(object) = collector.root.open_file(&needed.located) else {
            continue;
        };
        // A table that cannot be read tells nothing; the loader's own list is complete.
        let _ = imports(elf, &object, |name| {
            for number in groups.get(name).into_iter().flatten() {
                if let Some(user @ None) = users.get_mut(*number) {
                    *user = Some((file, process.is_direct(file)));
                }
            }
        });
    }
    let uses = GROUPS.iter().zip(users);
    let uses = uses.filter_map(|(group, user)| {
        let (by, direct) = user?;
        let certainty = if direct { group.certainty } else { Possible };
        Some(Use {
            group,
            by,
            certainty,
        })
    });
    uses.collect()
}

const GROUPS: &[Group] = &[
    Group {
        functions: &[
            "getaddrinfo",
            "gethostbyname",
            "gethostbyname2",
            "gethostbyname_r",
            "gethostbyname2_r",
            "gethostbyaddr",
            "gethostbyaddr_r",
            "getnameinfo",
        ],
        database: Some("hosts"),
        paths: &[
            "/etc/resolv.conf",
            "/etc/hosts",
            "/etc/host.conf",
            "/etc/gai.conf",
        ],
        modules: &[],
        why: "looks up hosts",
        certainty: Likely,
    },
    Group {
        functions: &[
            "getpwnam",
            "getpwnam_r",
            "getpwuid",
            "getpwuid_r",
            "getpwent",
            "getpwent_r",
        ],
        database: Some("passwd"),
        paths: &["/etc/passwd"],
        modules: &[],
        why: "looks up users",
        certainty: Likely,
    },
    Group {
        functions: &[
            "getgrnam",
            "getgrnam_r",
            "getgrgid",
            "getgrgid_r",
            "getgrent",
            "getgrent_r",
        ],
        database: Some("group"),
        paths: &["/etc/group"],
        modules: &[],
        why: "looks up groups",
        certainty: Likely,
    },
    Group {
        functions: &["initgroups", "getgrouplist"],
        database: Some("initgroups"),
        paths: &["/etc/group"],
        modules: &[],
        why: "looks up the groups of users",
        certainty: Likely,
    },
    Group {
        functions: &["getspnam", "getspnam_r", "getspent"],
        database: Some("shadow"),
        paths: &["/etc/shadow"],
        modules: &[],
        why: "looks up passwords",
        certainty: Likely,
    },
    Group {
        functions: &[
            "getaddrinfo",
            "getservbyname",
            "getservbyname_r",
            "getservbyport",
            "getservbyport_r",
            "getservent",
        ],
        database: Some("services"),
        paths: &["/etc/services"],
        modules: &[],
        why: "looks up services",
        certainty: Possible,
    },
    Group {
        functions: &[
            "getprotobyname",
            "getprotobyname_r",
            "getprotobynumber",
            "getprotobynumber_r",
            "getprotoent",
        ],
        database: Some("protocols"),
        paths: &["/etc/protocols"],
        modules: &[],
        why: "looks up protocols",
        certainty: Possible,
    },
    Group {
        functions: &[
            "getnetbyname",
            "getnetbyname_r",
            "getnetbyaddr",
            "getnetent",
        ],
        database: Some("networks"),
        paths: &["/etc/networks"],
        modules: &[],
        why: "looks up networks",
        certainty: Possible,
    },
    Group {
        functions: &["innetgr", "setnetgrent", "getnetgrent"],
        database: Some("netgroup"),
        paths: &["/etc/netgroup"],
        modules: &[],
        why: "looks up groups of hosts",
        certainty: Possible,
    },
    Group {
        functions: &["pthread_cancel", "pthread_exit", "backtrace"],
        database: None,
        paths: &[],
        modules: &["libgcc_s.so.1"],
        why: "ends threads, for which the C library loads it, and aborts without",
        certainty: Likely,
    },
    Group {
        functions: &["iconv_open"],
        database: None,
        paths: &["gconv", "/usr/share/i18n/charmaps"],
        modules: &[],
        why: "converts between character sets other than UTF-8",
        certainty: Possible,
    },
    Group {
        functions: &["setlocale", "newlocale"],
        database: None,
        paths: &[
            "gconv/gconv-modules.cache",
            "/usr/lib/locale",
            "/usr/share/locale",
            "/etc/locale.alias",
        ],
        modules: &[],
        why: "uses the language that LANG= or LC_*= names, and plain C without it",
        certainty: Possible,
    },
    Group {
        functions: &["localtime", "localtime_r", "mktime", "tzset", "strftime"],
        database: None,
        paths: &["/etc/localtime", "/usr/share/zoneinfo"],
        modules: &[],
        why: "reads the time zone, and uses UTC without it",
        certainty: Possible,
    },
    Group {
        functions: &[
            "syslog",
            "vsyslog",
            "openlog",
            "__syslog_chk",
            "__vsyslog_chk",
        ],
        database: None,
        paths: &["/dev/log", "/run/systemd/journal/dev-log"],
        modules: &[],
        why: "writes to the system log",
        certainty: Likely,
    },
    Group {
        functions: &[
            "sd_notify",
            "sd_notifyf",
            "sd_pid_notify",
            "sd_watchdog_enabled",
        ],
        database: None,
        paths: &["/run/systemd/notify"],
        modules: &[],
        why: "tells systemd that it is ready",
        certainty: Likely,
    },
    Group {
        functions: &[
            "sd_journal_send",
            "sd_journal_sendv",
            "sd_journal_print",
            "sd_journal_stream_fd",
        ],
        database: None,
        paths: &["/run/systemd/journal/socket", "/run/systemd/journal/stdout"],
        modules: &[],
        why: "writes to the journal",
        certainty: Likely,
    },
    Group {
        functions: &[
            "getutxent",
            "pututxline",
            "updwtmpx",
            "logwtmp",
            "pututline",
            "updwtmp",
        ],
        database: None,
        paths: &["/run/utmp", "/var/log/wtmp"],
        modules: &[],
        why: "reads or writes who is logged in",
        certainty: Possible,
    },
];
