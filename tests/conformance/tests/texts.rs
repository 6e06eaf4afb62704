//! Outputs of `systemd-analyze security` to the byte.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use unitward_conformance::analyze::Analyze;
use unitward_conformance::compare::first_difference;
use unitward_conformance::corpus::{Corpus, VERSIONS, home};

struct Case {
    file: &'static str,
    environment: &'static [(&'static str, &'static str)],
    options: &'static [&'static str],
    units: &'static [&'static str],
    exit: i32,
}

const PLAIN: Case = Case {
    file: "",
    environment: &[],
    options: &[],
    units: &[],
    exit: 0,
};

/// Recorded with all three versions.
const EVERYWHERE: &[Case] = &[
    Case {
        file: "base.txt",
        units: &["base.service"],
        ..PLAIN
    },
    Case {
        file: "everything-good-and-clock.txt",
        units: &["everything-good-and-clock.service"],
        ..PLAIN
    },
    Case {
        file: "protectproc-noaccess.txt",
        units: &["protectproc-noaccess.service"],
        ..PLAIN
    },
];

/// Recorded with 252 only.
const WITH_252: &[Case] = &[
    Case {
        file: "user-name.ascii.txt",
        environment: &[("LC_ALL", "C")],
        units: &["user-name.service"],
        ..PLAIN
    },
    Case {
        file: "user-name.debug.txt",
        environment: &[("SYSTEMD_ANALYZE_DEBUG", "1")],
        units: &["user-name.service"],
        ..PLAIN
    },
    Case {
        file: "user-name.pretty.json",
        options: &["--json=pretty"],
        units: &["user-name.service"],
        ..PLAIN
    },
    Case {
        file: "three-units-one-refused.txt",
        units: &[
            "user-name.service",
            "refused-no-exec.service",
            "switch-privatenetwork.service",
        ],
        exit: 1,
        ..PLAIN
    },
];

fn check(version: &str, case: &Case) {
    let expected = fs::read_to_string(home().join("text").join(version).join(case.file)).unwrap();
    let folder = Corpus::Exposure.units();
    let found = Analyze::unitward(version)
        .unwrap()
        .security(&folder, case.environment, case.options, case.units)
        .unwrap();
    if let Some(text) = first_difference(&expected, &found.stdout) {
        panic!(
            "{} of systemd {version}:\n{text}{}",
            case.file, found.stderr
        );
    }
    assert_eq!(found.exit, case.exit, "{} of systemd {version}", case.file);
}

#[test]
fn tables_are_the_same_bytes() {
    for version in VERSIONS {
        for case in EVERYWHERE {
            check(version, case);
        }
    }
}

#[test]
fn other_forms_are_the_same_bytes() {
    for case in WITH_252 {
        check("252", case);
    }
}

#[test]
fn a_policy_changes_the_table_as_recorded() {
    let policy = format!(
        "--security-policy={}",
        home().join("policy/policy.json").display()
    );
    let folder = Corpus::Exposure.units();
    for version in VERSIONS {
        let expected =
            fs::read_to_string(home().join(format!("policy/base-{version}.txt"))).unwrap();
        let found = Analyze::unitward(version)
            .unwrap()
            .security(&folder, &[], &[&policy], &["base.service"])
            .unwrap();
        if let Some(text) = first_difference(&expected, &found.stdout) {
            panic!("policy with systemd {version}:\n{text}{}", found.stderr);
        }
    }
}

/// Other verbs of systemd-analyze: the file, and the words of the call.
const TOOLS: &[(&str, &[&str])] = &[
    ("capability.txt", &["capability"]),
    (
        "capability-some.txt",
        &["capability", "CAP_CHOWN", "5", "cap_sys_admin"],
    ),
    ("capability-mask.txt", &["capability", "--mask", "3"]),
    ("exit-status.txt", &["exit-status"]),
    (
        "exit-status-some.txt",
        &[
            "exit-status",
            "SUCCESS",
            "EXEC",
            "203",
            "226",
            "DATAERR",
            "7",
        ],
    ),
    ("syscall-filter.txt", &["syscall-filter"]),
    (
        "syscall-filter-some.txt",
        &["syscall-filter", "@clock", "@swap", "@known"],
    ),
    (
        "filesystems-some.txt",
        &["filesystems", "@network", "@temporary", "@known"],
    ),
];

#[test]
fn other_verbs_print_the_same_bytes() {
    let mut wrong = String::new();
    for version in VERSIONS {
        let analyze = Analyze::unitward(version).unwrap();
        for (file, words) in TOOLS {
            // 252 has no --mask, and its Debian build knows no file systems.
            let Ok(expected) =
                fs::read_to_string(home().join("text/tools").join(version).join(file))
            else {
                assert_eq!(version, "252", "{file} is missing");
                continue;
            };
            let found = analyze.call(home(), &[], words).unwrap();
            if let Some(text) = first_difference(&expected, &found.stdout) {
                wrong.push_str(&format!(
                    "{version} {}:\n{text}{}",
                    words.join(" "),
                    found.stderr
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
