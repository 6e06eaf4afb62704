#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use unitward_catalog::Version;
use unitward_exposure::{Rules, assess};
use unitward_observe::Facts;
use unitward_settings::{Options, Resolution, Scope, resolve};
use unitward_unit::load::{Loader, SearchPath};
use unitward_unit::{HostFacts, Unit};

use super::*;

fn unit(lines: &str) -> Unit {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let name = "foo.service".parse().unwrap();
    let text = format!("[Service]\nExecStart=/usr/sbin/food\n{lines}\n");
    loader.load_text(&name, Path::new("/test"), text)
}

fn resolved(unit: &Unit, version: Version) -> Resolution {
    let facts = HostFacts::default();
    let options = Options {
        version,
        scope: Scope::System,
        facts: &facts,
        user_umask: 0o22,
    };
    resolve(unit, &options)
}

/// Facts from rows: what they are, and their key.
fn facts(rows: &[&str]) -> Facts {
    let mut json = serde_json::json!({
        "version": 1, "recordings": [], "programs": {}, "calls": {}, "paths": {}, "sockets": {}, "addresses": {},
        "namespaces": {}, "executable_memory": {}, "arguments": {}, "capabilities": {}, "identities": {},
    });
    for row in rows {
        let (map, key) = row.split_once(' ').unwrap();
        let mut seen = serde_json::json!({"count": 1, "first": 5, "programs": ["/usr/sbin/food"]});
        let mut key = key.to_owned();
        if map == "calls" {
            key = format!("{} {key}", unitward_seccomp::Arch::NATIVE.name());
        }
        if map == "paths" {
            let (path, uses) = key.split_once(' ').unwrap();
            let uses: Vec<&str> = uses.split(' ').collect();
            seen["uses"] = uses.into();
            key = path.to_owned();
        }
        if let Some((name, error)) = key.clone().split_once('!') {
            seen["errors"] = serde_json::json!({ error: 1 });
            key = name.to_owned();
        }
        json[map][key] = seen;
    }
    Facts::from_json(&json.to_string()).unwrap()
}

/// A root with a few files, which goes with the value.
struct Root(std::path::PathBuf);

impl Root {
    fn new(name: &str, paths: &[&str]) -> Self {
        let root =
            std::env::temp_dir().join(format!("unitward-derive-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        for path in paths {
            let path = root.join(path);
            if path.to_string_lossy().ends_with('/') {
                std::fs::create_dir_all(path).unwrap();
            } else {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
        }
        Self(root)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn derived(facts: &Facts, unit: &Unit, version: Version, root: &Path, level: Level) -> Proposal {
    let resolution = resolved(unit, version);
    let service = Service {
        settings: &resolution.settings,
        unit_name: "foo.service",
        root,
        command: false,
        jail: false,
    };
    derive(facts, &service, level)
}

fn at_tight(rows: &[&str], lines: &str) -> Proposal {
    let root = Root::new("none", &[]);
    derived(
        &facts(rows),
        &unit(lines),
        Version::V257,
        &root.0,
        Level::Tight,
    )
}

fn value(proposal: &Proposal, directive: &str) -> Option<String> {
    Some(proposal.line(directive)?.value.0.join("|"))
}

const QUIET: &[&str] = &["identities 0 0", "calls openat", "calls execve"];

/// Rows, the directive, and the assignments that it gets at the level `tight`.
#[test]
fn lines_follow_from_facts() {
    let table: &[(&[&str], &str, Option<&str>)] = &[
        (&[], "ProtectSystem", Some("strict")),
        (&[], "ProtectHome", Some("yes")),
        (&[], "PrivateTmp", Some("yes")),
        (&[], "PrivateDevices", Some("yes")),
        (&[], "ProtectClock", Some("yes")),
        (&["calls clock_settime"], "ProtectClock", None),
        (&["calls clock_settime!EPERM"], "ProtectClock", Some("yes")),
        (&["calls sethostname"], "ProtectHostname", None),
        (
            &["paths /proc/sys/net/core/somaxconn write"],
            "ProtectKernelTunables",
            None,
        ),
        (
            &["paths /proc/sys/net/core/somaxconn read"],
            "ProtectKernelTunables",
            Some("yes"),
        ),
        (
            &["paths /proc/sys/net/core/somaxconn read"],
            "ProcSubset",
            None,
        ),
        (&["paths /proc/77/stat read"], "ProcSubset", Some("pid")),
        (&["paths /proc/1/stat read"], "ProtectProc", None),
        (&[], "ProtectProc", Some("invisible")),
        (
            &["arguments sched_setscheduler 1"],
            "RestrictRealtime",
            None,
        ),
        (
            &["arguments sched_setscheduler 0"],
            "RestrictRealtime",
            Some("yes"),
        ),
        (
            &["arguments personality 4294967295"],
            "LockPersonality",
            Some("yes"),
        ),
        (&["arguments personality 262144"], "LockPersonality", None),
        (&["arguments chmod 2048"], "RestrictSUIDSGID", None),
        (
            &["executable_memory made-executable "],
            "MemoryDenyWriteExecute",
            None,
        ),
        (&[], "MemoryDenyWriteExecute", Some("yes")),
        (&[], "RestrictNamespaces", Some("yes")),
        (
            &["namespaces user", "namespaces net"],
            "RestrictNamespaces",
            Some("net user"),
        ),
        (&["namespaces any"], "RestrictNamespaces", None),
        (&[], "RestrictAddressFamilies", Some("|AF_UNIX")),
        (
            &["sockets 2 1 6", "sockets 1 1 0"],
            "RestrictAddressFamilies",
            Some("|AF_INET AF_UNIX"),
        ),
        (&[], "PrivateNetwork", Some("yes")),
        (&["sockets 2 1 6"], "PrivateNetwork", None),
        (&[], "IPAddressDeny", Some("any")),
        (
            &["sockets 2 1 6", "addresses bind tcp 127.0.0.1:6379"],
            "IPAddressAllow",
            Some("localhost"),
        ),
        (
            &["sockets 2 1 6", "addresses bind tcp 0.0.0.0:80"],
            "IPAddressDeny",
            None,
        ),
        (
            &["sockets 2 1 6", "addresses connect tcp 10.1.2.3:80"],
            "IPAddressAllow",
            Some("10.1.2.3|localhost"),
        ),
        (
            &["sockets 2 1 6", "addresses bind tcp 0.0.0.0:80"],
            "SocketBindAllow",
            Some("ipv4:tcp:80"),
        ),
        (
            &["sockets 2 2 17", "addresses bind udp 0.0.0.0:0"],
            "SocketBindAllow",
            Some("ipv4:udp"),
        ),
        (&[], "SocketBindDeny", Some("any")),
        (&[], "CapabilityBoundingSet", Some("")),
        (
            &["addresses bind tcp 0.0.0.0:80"],
            "CapabilityBoundingSet",
            Some("|CAP_NET_BIND_SERVICE"),
        ),
        (
            &[
                "arguments setuid 33",
                "arguments setgid 33",
                "calls setgroups",
            ],
            "CapabilityBoundingSet",
            Some("|CAP_SETGID CAP_SETUID"),
        ),
        (
            &["arguments setuid 33!EPERM"],
            "CapabilityBoundingSet",
            Some(""),
        ),
        (&[], "PrivateUsers", Some("yes")),
        (&["addresses bind tcp 0.0.0.0:80"], "PrivateUsers", None),
        (&["arguments setuid 33"], "PrivateUsers", Some("identity")),
        (&[], "UMask", Some("0077")),
        (&["paths /run/foo.sock bind"], "UMask", None),
        (&[], "SystemCallArchitectures", Some("native")),
    ];
    for (rows, directive, expected) in table {
        let rows = [QUIET, rows].concat();
        let proposal = at_tight(&rows, "");
        assert_eq!(
            value(&proposal, directive).as_deref(),
            *expected,
            "{directive} of {rows:?}"
        );
    }
}

#[test]
fn a_drop_in_is_read_without_a_remark_and_scores_well() {
    let rows = [
        QUIET,
        &[
            "sockets 2 1 6",
            "addresses bind tcp 127.0.0.1:6379",
            "calls socket",
        ],
    ]
    .concat();
    let facts = facts(&rows);
    let root = Root::new("score", &["var/lib/foo/"]);
    for version in Version::REFERENCE {
        for level in [Level::Safe, Level::Tight, Level::Paranoid] {
            for lines in ["", "User=foo"] {
                let unit = unit(lines);
                let proposal = derived(&facts, &unit, version, &root.0, level);
                let text = proposal.drop_in();
                let hardened = unit.with_drop_in(Path::new("foo.conf"), text.clone());
                let resolution = resolved(&hardened, version);
                assert!(resolution.is_accepted(), "{text}");
                assert_eq!(resolution.diagnostics, [], "{version:?} {text}");
                let exposure = assess(&resolution.settings, Rules::Offline, None).unwrap();
                let most = if level == Level::Safe { 25 } else { 13 };
                assert!(
                    exposure.level().0 <= most,
                    "{} at {level:?} of {version:?}\n{text}",
                    exposure.level().0
                );
            }
        }
    }
}

#[test]
fn the_list_of_calls_allows_what_was_seen() {
    let rows = [
        QUIET,
        &[
            "calls setuid",
            "calls chown",
            "identities 9 9",
            "paths /srv/x owner",
            "calls fallocate",
            "calls mlockall",
            "calls prlimit64",
        ],
    ]
    .concat();
    for version in Version::REFERENCE {
        for level in [Level::Safe, Level::Tight, Level::Paranoid] {
            let unit = unit("");
            let root = Root::new("calls", &[]);
            let proposal = derived(&facts(&rows), &unit, version, &root.0, level);
            let hardened = unit.with_drop_in(Path::new("foo.conf"), proposal.drop_in());
            let settings = resolved(&hardened, version).settings;
            let allows = |name: &str| {
                settings
                    .system_call_filter
                    .allows(unitward_seccomp::Syscall::by_name(name).unwrap())
            };
            for call in [
                "setuid",
                "setresuid",
                "chown",
                "fchownat",
                "openat",
                "mlockall",
                "prlimit64",
                "epoll_wait",
                "clone3",
                "execve",
                "read",
            ] {
                assert!(
                    allows(call),
                    "{call} at {level:?}: {:?}",
                    value(&proposal, "SystemCallFilter")
                );
            }
            for call in [
                "mount",
                "reboot",
                "init_module",
                "bpf",
                "ptrace",
                "swapon",
                "clock_settime",
                "iopl",
            ] {
                assert!(
                    !allows(call),
                    "{call} at {level:?}: {:?}",
                    value(&proposal, "SystemCallFilter")
                );
            }
        }
    }
}

#[test]
fn what_the_unit_says_is_not_weakened() {
    let lines = "SystemCallFilter=~chown\nCapabilityBoundingSet=CAP_KILL\nProtectSystem=strict\nPrivateTmp=yes\n\
                 RestrictNamespaces=yes\nRestrictAddressFamilies=AF_UNIX\nNoExecPaths=/\nUMask=0777";
    let rows = [
        QUIET,
        &[
            "calls chown",
            "addresses bind tcp 0.0.0.0:80",
            "sockets 2 1 6",
            "sockets 1 1 0",
        ],
    ]
    .concat();
    let proposal = at_tight(&rows, lines);
    for gone in [
        "ProtectSystem",
        "PrivateTmp",
        "RestrictNamespaces",
        "RestrictAddressFamilies",
        "NoExecPaths",
        "UMask",
    ] {
        assert_eq!(value(&proposal, gone), None, "{gone}");
    }
    assert_eq!(
        value(&proposal, "CapabilityBoundingSet").as_deref(),
        Some("")
    );
    let filter = value(&proposal, "SystemCallFilter").unwrap();
    let words: Vec<&str> = filter.split([' ', '|']).collect();
    assert!(
        !words.contains(&"chown") && !words.contains(&"@chown"),
        "{filter}"
    );
}

#[test]
fn paths_become_the_directories_that_fit() {
    let root = Root::new(
        "paths",
        &["var/lib/foo/db", "srv/data/a", "etc/shadow", "run/"],
    );
    let user = format!(
        "User={}\nGroup={}",
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw()
    );
    let rows = [
        "identities 4242 4242",
        "paths /var/lib/foo/db write create",
        "paths /srv/data/a write",
        "paths /run/foo.pid create write",
        "paths /var/log/foo/x.log create write",
    ];
    let lines = if rustix::process::getuid().is_root() {
        String::new()
    } else {
        user
    };
    let proposal = derived(
        &facts(&rows),
        &unit(&lines),
        Version::V257,
        &root.0,
        Level::Tight,
    );
    assert_eq!(value(&proposal, "StateDirectory").as_deref(), Some("foo"));
    // The directory of logs is not there, so what is above it has to be.
    assert_eq!(
        value(&proposal, "ReadWritePaths").as_deref(),
        Some("/run|/srv/data/a|/var")
    );
    assert_eq!(
        value(&proposal, "InaccessiblePaths").as_deref(),
        Some("-/etc/shadow")
    );
    let safe = derived(
        &facts(&rows),
        &unit(&lines),
        Version::V257,
        &root.0,
        Level::Safe,
    );
    assert_eq!(
        value(&safe, "ReadWritePaths").as_deref(),
        Some("/run|/srv/data|/var")
    );
}

#[test]
fn a_line_is_loosened_by_as_little_as_there_is() {
    let root = Root::new("loosen", &["srv/x/z"]);
    let mut proposal = derived(
        &facts(QUIET),
        &unit(""),
        Version::V257,
        &root.0,
        Level::Tight,
    );
    let change = proposal
        .loosen("SystemCallFilter", Loosening::Call("mount".to_owned()))
        .unwrap();
    assert_ne!(change.before, change.after);
    assert!(proposal.words("SystemCallFilter").contains("mount"));
    proposal
        .loosen(
            "CapabilityBoundingSet",
            Loosening::Capability("CAP_KILL".to_owned()),
        )
        .unwrap();
    assert_eq!(
        value(&proposal, "CapabilityBoundingSet").as_deref(),
        Some("|CAP_KILL")
    );
    proposal
        .loosen(
            "RestrictAddressFamilies",
            Loosening::Family("AF_NETLINK".to_owned()),
        )
        .unwrap();
    assert_eq!(
        value(&proposal, "RestrictAddressFamilies").as_deref(),
        Some("|AF_NETLINK AF_UNIX")
    );
    let how = Loosening::Path {
        path: "/srv/x/y".to_owned(),
        access: Access::Create,
    };
    let change = proposal.loosen("ProtectSystem", how).unwrap();
    assert_eq!(change.with, Some(("ReadWritePaths", Value::one("/srv/x"))));
    assert_eq!(value(&proposal, "ProtectSystem").as_deref(), Some("strict"));
    for expected in [Some("full"), Some("yes"), None] {
        proposal.loosen("ProtectSystem", Loosening::Step).unwrap();
        assert_eq!(value(&proposal, "ProtectSystem").as_deref(), expected);
    }
    assert_eq!(proposal.loosen("ProtectSystem", Loosening::Step), None);
    let how = Loosening::Path {
        path: "/home/a/b".to_owned(),
        access: Access::Read,
    };
    proposal.loosen("ProtectHome", how).unwrap();
    assert_eq!(value(&proposal, "ProtectHome").as_deref(), Some("tmpfs"));
    assert_eq!(
        value(&proposal, "BindReadOnlyPaths").as_deref(),
        Some("/home/a/b")
    );
    let how = Loosening::Device {
        path: "/dev/fuse".to_owned(),
        rights: "rw".to_owned(),
    };
    proposal.loosen("PrivateDevices", how).unwrap();
    assert_eq!(
        value(&proposal, "DeviceAllow").as_deref(),
        Some("/dev/fuse rw")
    );
    assert_eq!(value(&proposal, "PrivateDevices"), None);
}

#[test]
fn hostile_paths_stay_in_their_comments_and_words() {
    let rows = [
        "identities 0 0",
        "paths /srv/a%n\"b write",
        "paths /srv/\u{7}x write",
        "paths /srv/end\\ write",
    ];
    let proposal = at_tight(&rows, "");
    let text = proposal.drop_in();
    assert!(
        text.lines()
            .all(|line| !line.ends_with('\\') && !line.chars().any(char::is_control)),
        "{text}"
    );
    let unit = unit("");
    let resolution = resolved(
        &unit.with_drop_in(Path::new("foo.conf"), text.clone()),
        Version::V257,
    );
    assert_eq!(resolution.diagnostics, [], "{text}");
}

#[test]
fn a_jail_holds_what_is_used_and_nothing_undoes_it() {
    let root = Root::new(
        "jail",
        &[
            "etc/food/a.conf",
            "etc/food/b.conf",
            "etc/passwd",
            "srv/food/data",
            "home/a/b",
        ],
    );
    let rows = [
        "identities 0 0",
        "paths /etc/food/a.conf read",
        "paths /srv/food/data write",
        "paths /etc/passwd read",
    ];
    let unit = unit("ProtectSystem=strict\nNoExecPaths=/");
    let resolution = resolved(&unit, Version::V257);
    let service = Service {
        settings: &resolution.settings,
        unit_name: "foo.service",
        root: &root.0,
        command: false,
        jail: true,
    };
    let proposal = derive(&facts(&rows), &service, Level::Tight);
    let jailed = unit.with_drop_in(Path::new("foo.conf"), proposal.drop_in());
    let resolution = resolved(&jailed, Version::V257);
    assert_eq!(resolution.diagnostics, []);
    let settings = resolution.settings;
    assert_eq!(
        value(&proposal, "TemporaryFileSystem").as_deref(),
        Some("/:ro")
    );
    assert_eq!(
        *settings.protect_system,
        unitward_settings::ProtectSystem::No
    );
    let at_root =
        |item: &unitward_settings::Item<unitward_settings::MarkedPath>| item.value.path == "/";
    assert!(!settings.no_exec_paths.0.iter().any(at_root));
    let read_only = value(&proposal, "BindReadOnlyPaths").unwrap();
    assert!(
        read_only.contains("-/etc/food|") && read_only.contains("-/etc/passwd"),
        "{read_only}"
    );
    assert!(
        read_only.contains("/run/systemd/notify") && !read_only.contains("/home"),
        "{read_only}"
    );
    assert_eq!(
        value(&proposal, "BindPaths").as_deref(),
        Some("/srv/food/data")
    );
}

#[test]
fn sessions_of_users_are_left_alone() {
    let rows = [
        "identities 0 0",
        "identities 1000 1000",
        "arguments setuid 1000",
        "calls setgroups",
        "paths /etc/pam.d/sshd read",
        "calls openat",
    ];
    let root = Root::new("sessions", &[]);
    let at = |level| derived(&facts(&rows), &unit(""), Version::V257, &root.0, level);
    let (safe, tight) = (at(Level::Safe), at(Level::Tight));
    for left in [
        "ProtectSystem",
        "ProtectHome",
        "PrivateTmp",
        "NoExecPaths",
        "UMask",
    ] {
        assert_eq!(value(&tight, left), None, "{left}");
    }
    assert_eq!(value(&tight, "NoNewPrivileges").as_deref(), Some("yes"));
    assert_eq!(value(&safe, "NoNewPrivileges"), None);
}

#[test]
fn a_service_that_becomes_a_user_starts_as_it_where_files_permit() {
    let own = rustix::process::getuid().as_raw();
    let group = rustix::process::getgid().as_raw();
    let user = own.max(1) + 7;
    let root = Root::new("becomes", &["etc/", "var/lib/food/", "srv/open"]);
    std::fs::write(
        root.0.join("etc/passwd"),
        format!("food:x:{user}:{user}::/:/bin/false\n"),
    )
    .unwrap();
    std::fs::write(root.0.join("etc/group"), format!("food:x:{user}:\n")).unwrap();
    let identity = format!("identities {user} {user}");
    let change = format!("arguments setuid {user}");
    let rows = [
        "identities 0 0",
        &identity,
        &change,
        "calls setuid",
        "paths /srv/open read",
        "addresses bind tcp 0.0.0.0:80",
    ];
    let at = |rows: &[&str]| {
        derived(
            &facts(rows),
            &unit(""),
            Version::V257,
            &root.0,
            Level::Tight,
        )
    };
    let mut proposal = at(&rows);
    assert_eq!(value(&proposal, "User").as_deref(), Some("food"));
    assert_eq!(
        value(&proposal, "AmbientCapabilities").as_deref(),
        Some("CAP_NET_BIND_SERVICE")
    );
    assert_eq!(
        value(&proposal, "CapabilityBoundingSet").as_deref(),
        Some("|CAP_NET_BIND_SERVICE")
    );
    // When it does not work so, all that root needs comes back at once.
    proposal.loosen("User", Loosening::Step).unwrap();
    assert_eq!(value(&proposal, "User"), None);
    assert_eq!(
        value(&proposal, "CapabilityBoundingSet").as_deref(),
        Some("|CAP_SETUID CAP_NET_BIND_SERVICE")
    );
    // A directory of its name is handed over.
    let written = [&rows[..], &["paths /var/lib/food/x create write"]].concat();
    assert_eq!(
        value(&at(&written), "StateDirectory").as_deref(),
        Some("food").filter(|_| own == 0)
    );
    // Another one is an obstacle, and is named.
    let written = [&rows[..], &["paths /var/lib/other/x create write"]].concat();
    let proposal = at(&written);
    assert_eq!(value(&proposal, "User"), None, "{own} {group}");
    assert!(
        proposal
            .suggestions
            .iter()
            .any(|text| text.contains("/var/lib/other/x"))
    );
}
