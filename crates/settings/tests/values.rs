//! What single values mean, as tables: a line, and what it makes of a property or which remark it causes.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use unitward_catalog::Version;
use unitward_settings::{Base, Effect, Options, Resolution, Scope, Source, resolve};
use unitward_unit::load::{Loader, ManagerConfig, SearchPath};
use unitward_unit::{HostFacts, Unit};

fn load(text: &str) -> Unit {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let name = "foo@bar.service".parse().unwrap();
    loader.load_text(&name, Path::new("/test"), text)
}

fn resolved(lines: &str, version: Version, base: Option<&Base>) -> Resolution {
    let facts = HostFacts::default();
    let options = Options {
        version,
        scope: Scope::System,
        facts: &facts,
        user_umask: 0o22,
    };
    let unit = load(&format!("[Service]\nExecStart=/bin/true\n{lines}\n"));
    match base {
        Some(base) => base.resolve(&unit, &options),
        None => resolve(&unit, &options),
    }
}

/// What a property shows; its parts are joined with ` | `.
fn property(resolution: &Resolution, name: &str) -> String {
    let values: Vec<String> = resolution
        .settings
        .properties()
        .filter(|property| property.name == name)
        .map(|property| property.value)
        .collect();
    values.join(" | ")
}

/// Lines (`;` between them), a property, and what it shows in 252, 257 and 262.
#[test]
fn values_are_read_as_systemd_reads_them() {
    const SAME: [&str; 15] = [
        "RuntimeMaxSec=1min30s|RuntimeMaxUSec|1min 30s",
        "RuntimeMaxSec=0.5|RuntimeMaxUSec|500ms",
        "RuntimeMaxSec=3 min 20 sec|RuntimeMaxUSec|3min 20s",
        "TimeoutStopSec=0|TimeoutAbortUSec|infinity",
        "MemoryHigh=1.5G|MemoryHigh|1610612736",
        "MemoryHigh=1K 2|MemoryHigh|1026",
        "LimitNICE=-5:-20|LimitNICE|40",
        "LimitCPU=500ms:1min|LimitCPUSoft|1",
        "KillSignal=RTMIN+3;RestartKillSignal=9|RestartKillSignal|9",
        "CPUAffinity=0-2 1,5|CPUAffinity|0-2 5",
        "CPUSchedulingPolicy=fifo;CPUSchedulingPolicy=other|CPUSchedulingPriority|0",
        "Environment=A=b;Environment=A=c B=d|Environment|A=c B=d",
        "CapabilityBoundingSet=CAP_KILL;CapabilityBoundingSet=~CAP_KILL|CapabilityBoundingSet|",
        "SecureBits=noroot;SecureBits=keep-caps|SecureBits|16",
        "StandardInputText=a|StandardInput|data",
    ];
    for row in SAME {
        let (lines, rest) = row.split_once('|').unwrap();
        let (name, expected) = rest.split_once('|').unwrap();
        for version in Version::REFERENCE {
            let resolution = resolved(&lines.replace(';', "\n"), version, None);
            assert_eq!(
                property(&resolution, name),
                expected,
                "{lines} in {version}"
            );
        }
    }
}

#[test]
fn versions_differ() {
    let rows = [
        (
            "PIDFile=/proc/x",
            "PIDFile",
            ["/proc/x", "refused", "refused"],
        ),
        ("SocketBindAllow=0", "SocketBindAllow", ["", "0", "0"]),
        ("AllowedCPUs=0-3 x", "AllowedCPUs", ["", "", "0-3"]),
        (
            "BindPaths=a:/b",
            "BindPaths",
            ["/b:/b:rbind", "/b:/b:rbind", ""],
        ),
        ("SetCredential=a:b", "Type", ["simple", "exec", "exec"]),
        (
            "ExecStartPre=!!/bin/true",
            "ExecStartPreEx",
            ["ambient", "ambient", "flags= "],
        ),
        (
            "RootImagePolicy=root=foo",
            "RootImagePolicy",
            ["", "refused", ""],
        ),
        (
            "RestrictNamespaces=time",
            "RestrictNamespaces",
            ["yes", "yes", "time"],
        ),
        (
            "DynamicUser=yes",
            "PrivateTmpEx",
            ["", "disconnected", "disconnected"],
        ),
    ];
    for (line, name, expected) in rows {
        for (version, expected) in Version::REFERENCE.into_iter().zip(expected) {
            let resolution = resolved(line, version, None);
            if expected == "refused" {
                assert!(!resolution.is_accepted(), "{line} in {version}");
                continue;
            }
            assert!(resolution.is_accepted(), "{line} in {version}");
            let shown = property(&resolution, name);
            let fits = if expected.is_empty() {
                shown.is_empty()
            } else {
                shown.contains(expected)
            };
            assert!(fits, "{line} in {version}: {shown}");
        }
    }
}

/// A line and what systemd does with it, the same in all versions; none where it says nothing.
#[test]
fn bad_values_have_their_effect() {
    use Effect::{Ignored, Noted, Refused, Skipped, SkippedSilently};
    let rows = [
        ("RuntimeMaxSec=5x", Some(Ignored)),
        ("MemoryHigh=1k", Some(Ignored)),
        ("MemoryMax=0", Some(Ignored)),
        ("MemorySwapMax=0", None),
        ("LimitNOFILE=2:1", Some(Ignored)),
        ("LimitNICE=infinity", Some(Ignored)),
        ("KillSignal=sigterm", Some(Ignored)),
        ("KillMode=none", Some(Noted)),
        ("SecureBits=noroot no-root", Some(SkippedSilently)),
        ("DisableControllers=cpu foo", Some(SkippedSilently)),
        ("SuccessExitStatus=1 foo", Some(Skipped)),
        ("Environment=A=b =c", Some(Skipped)),
        ("Environment=\"A=b", Some(Skipped)),
        ("PassEnvironment=1A", Some(Skipped)),
        ("RuntimeDirectory=a ../b", Some(Skipped)),
        ("RuntimeDirectory=private/x", Some(Skipped)),
        ("StandardOutput=file:x", Some(Ignored)),
        ("StandardOutput=syslog", Some(Noted)),
        ("Slice=foo.service", Some(Ignored)),
        ("SELinuxContext=%z", Some(Refused)),
        ("SELinuxContext=-%z", Some(Ignored)),
        ("PIDFile=/a/../b", Some(Refused)),
        ("PIDFile=relative", None),
        ("User=nobody", Some(Noted)),
        ("SystemCallFilter=~ptrace:4096", Some(Skipped)),
        ("IODeviceWeight=/dev/sda 0", Some(Ignored)),
        ("RootHash=abcd", Some(Ignored)),
        ("OOMScoreAdjust=1001", Some(Ignored)),
        ("Nice=-21", Some(Ignored)),
        ("CPUQuota=0%", Some(Ignored)),
        ("TasksMax=50%", None),
    ];
    for (line, expected) in rows {
        for version in Version::REFERENCE {
            let resolution = resolved(line, version, None);
            let found = resolution.diagnostics.first().map(|remark| remark.effect);
            assert_eq!(found, expected, "{line} in {version}");
        }
    }
}

fn manager(text: &str) -> Base {
    let config = ManagerConfig {
        files: load(&format!("[Manager]\n{text}\n")).files,
        ..ManagerConfig::default()
    };
    let facts = HostFacts::default();
    Base::new(&config, Version::V262, Scope::System, &facts)
}

#[test]
fn the_manager_gives_defaults() {
    let base = manager(
        "DefaultLimitNOFILE=100:200\nDefaultTasksMax=50\nDefaultTimeoutStopSec=5\nDefaultOOMPolicy=kill\n\
         DefaultMemoryAccounting=no\nNoNewPrivileges=yes\nDefaultTimeoutStartSec=x\nNoSuchKey=1",
    );
    let remarks: Vec<_> = base.diagnostics.iter().map(|d| &*d.directive).collect();
    assert_eq!(remarks, ["DefaultTimeoutStartSec", "NoSuchKey"]);
    assert!(base.manager().no_new_privileges.0);

    let plain = resolved("", Version::V262, Some(&base));
    for (name, value) in [
        ("LimitNOFILESoft", "100"),
        ("TasksMax", "50"),
        ("TimeoutAbortUSec", "5s"),
        ("TimeoutStartUSec", "1min 30s"),
        ("OOMPolicy", "kill"),
        ("MemoryAccounting", "no"),
    ] {
        assert_eq!(property(&plain, name), value, "{name}");
    }
    let source = plain.settings.tasks_max.source();
    assert!(matches!(source, Source::Manager(origin) if origin.line == 3));
    assert!(plain.settings.manager.no_new_privileges.0);

    // What a unit says counts; what it resets goes back to the manager's default.
    let own = resolved(
        "TasksMax=7\nTasksMax=\nLimitNOFILE=1:2",
        Version::V262,
        Some(&base),
    );
    assert_eq!(property(&own, "TasksMax"), "50");
    assert_eq!(property(&own, "LimitNOFILE"), "2");
    assert!(own.settings.limit_nofile.is_assigned());

    // What inherits from nothing gets the default of the manager; a socket gives both ways.
    let base = manager("DefaultStandardOutput=kmsg\nDefaultTimeoutAbortSec=9");
    let inherits = resolved(
        "StandardOutput=inherit\nTimeoutAbortSec=",
        Version::V262,
        Some(&base),
    );
    assert_eq!(property(&inherits, "StandardOutput"), "kmsg");
    assert_eq!(property(&inherits, "TimeoutAbortUSec"), "1min 30s");
    let socket = resolved("StandardInput=socket", Version::V262, Some(&base));
    assert_eq!(property(&socket, "StandardOutput"), "inherit");
}

/// Remarks about commands behind a `;` point into the whole value.
#[test]
fn remarks_point_into_the_whole_value() {
    for (line, word) in [
        (r"ExecStartPre=/bin/a b ; /bin/c \y", r"\y"),
        (r"ExecStartPre=/bin/a ; /bin/b \; c ; /bin/c d \y e", r"\y"),
        ("ExecStartPre=/bin/a ; !!/bin/c d", "!!/bin/c"),
    ] {
        let resolution = resolved(line, Version::V262, None);
        let remark = &resolution.diagnostics[0];
        let (_, value) = line.split_once('=').unwrap();
        assert_eq!(value.get(remark.range.clone()), Some(word), "{line}");
    }
}

/// From 258 on `[]` ends the reading of its file, whether something stands below it or not.
#[test]
fn a_nameless_section_ends_its_file() {
    let facts = HostFacts::default();
    let options = |version| Options {
        version,
        scope: Scope::System,
        facts: &facts,
        user_umask: 0o22,
    };
    for (main, drop_in, accepted, user) in [
        ("[]\n", "[Service]\nUser=b\n", false, "a"),
        ("", "[Service]\nUser=b\n[]\n", true, "b"),
        ("", "[]\n[Service]\nUser=b\n", true, "a"),
        ("", "[Service]\nUser=b\n[]\n[Service]\nUser=c\n", true, "b"),
    ] {
        let unit = load(&format!("[Service]\nExecStart=/bin/true\nUser=a\n{main}"));
        let unit = unit.with_drop_in(Path::new("/x.conf"), drop_in);
        let new = resolve(&unit, &options(Version::V262));
        assert_eq!(new.is_accepted(), accepted, "{main:?} {drop_in:?}");
        assert_eq!(property(&new, "User"), user, "{main:?} {drop_in:?}");
        let old = resolve(&unit, &options(Version::V257));
        assert!(old.is_accepted(), "{main:?} {drop_in:?}");
    }
}

#[test]
fn outdated_specifiers_stand_for_the_slice_set_above() {
    let lines = "Environment=A=%c B=%r\nSlice=my-x.slice\nEnvironment=C=%c D=%r E=%R";
    let shown = property(&resolved(lines, Version::V262, None), "Environment");
    let unit = "foo@bar.service";
    assert_eq!(
        shown,
        format!("A=/{unit} B= C=/my.slice/my-x.slice/{unit} D=/my-x.slice E=")
    );
}
