//! The table against what real systemd versions did with the same attempts.

use unitward_escapes::golden::{Recorded, VERSIONS, of_version};
use unitward_escapes::table::ESCAPES;
use unitward_escapes::verdict::Verdict;

/// Where a real systemd does not close the way, and why unitward must.
const DIFFERENCES: &[(&str, &[u32], &str)] = &[
    (
        "symlink-race",
        &[252, 257, 262],
        "systemd makes a missing mount point by a path that was checked before: the accomplice wins now and then",
    ),
    (
        "take-port",
        &[252],
        "the recorded build, that of Debian 12, does not filter bind(2)",
    ),
];

#[test]
fn real_systemd_holds_what_the_table_says() {
    for &version in VERSIONS {
        let recorded = of_version(version);
        for escape in ESCAPES.iter().filter(|escape| escape.since <= version) {
            let line = recorded.iter().find(|line| line.name == escape.name);
            let Some(Recorded { without, with, .. }) = line else {
                panic!("{} was not recorded with {version}", escape.name);
            };
            if *without != Verdict::Out {
                assert!(
                    escape.lack(without).is_some(),
                    "{} with {version}: {without} without the setting",
                    escape.name
                );
                continue;
            }
            let differs = DIFFERENCES
                .iter()
                .any(|(name, versions, _)| *name == escape.name && versions.contains(&version));
            assert!(
                differs || escape.held.allows(with),
                "{} with {version}: {with}, expected {:?}",
                escape.name,
                escape.held
            );
        }
    }
}

#[test]
fn names_are_unique_and_settings_are_settings() {
    for (at, escape) in ESCAPES.iter().enumerate() {
        let rest = ESCAPES.iter().skip(at + 1);
        assert!(
            rest.clone().all(|other| other.name != escape.name),
            "{}",
            escape.name
        );
        assert!(!escape.closing.is_empty(), "{}", escape.name);
        for setting in escape.shared.iter().chain(escape.closing) {
            assert!(setting.contains('='), "{}: {setting}", escape.name);
        }
    }
}
