//! The device policy: which devices the rules of a unit mean on this system (systemd.resource-control(5),
//! "DeviceAllow=").

use rustix::fs::{FileType, major, minor, stat};
use unitward_settings::{DevicePolicy, DeviceRule, Settings};

use super::bpf::{DeviceKind, DeviceNumbers};
use crate::plan::Cause;

/// The devices that every policy but `strict` grants: null, zero, full, random, urandom, tty, ptmx, and the nodes of no
/// device that stand for what is inaccessible.
const STATIC: [(DeviceKind, u32, u32); 9] = [
    (DeviceKind::Char, 1, 3),
    (DeviceKind::Char, 1, 5),
    (DeviceKind::Char, 1, 7),
    (DeviceKind::Char, 1, 8),
    (DeviceKind::Char, 1, 9),
    (DeviceKind::Char, 5, 0),
    (DeviceKind::Char, 5, 2),
    (DeviceKind::Char, 0, 0),
    (DeviceKind::Block, 0, 0),
];

/// The rules of a unit, and the directive that asks for them.
#[derive(Debug)]
pub(super) struct Devices {
    pub(super) directive: &'static str,
    pub(super) cause: Cause,
    pub(super) rules: Vec<DeviceNumbers>,
}

/// The devices of a unit; none when all are granted.
pub(super) fn of(settings: &Settings) -> Option<Devices> {
    let drivers = std::fs::read_to_string("/proc/devices").unwrap_or_default();
    resolve(settings, &drivers)
}

fn resolve(settings: &Settings, drivers: &str) -> Option<Devices> {
    let policy = &settings.device_policy;
    let allow = &settings.device_allow;
    let (directive, cause) = match **policy {
        DevicePolicy::Auto if allow.0.is_empty() => return None,
        DevicePolicy::Auto => ("DeviceAllow", Cause::of("DeviceAllow", allow)),
        _ => ("DevicePolicy", Cause::of("DevicePolicy", policy)),
    };
    let mut rules = Vec::new();
    if **policy != DevicePolicy::Strict {
        rules.extend(STATIC.map(|(kind, major, minor)| DeviceNumbers {
            kind,
            major: Some(major),
            minor: Some(minor),
            read: true,
            write: true,
            mknod: true,
        }));
        rules.extend(class(
            &DeviceRule {
                device: "char-pts".to_owned(),
                read: true,
                write: true,
                mknod: false,
                origin: None,
            },
            drivers,
        ));
    }
    for rule in &allow.0 {
        if rule.device.starts_with('/') {
            rules.extend(node(rule));
        } else {
            rules.extend(class(rule, drivers));
        }
    }
    let mut known = std::collections::HashSet::new();
    rules.retain(|rule| known.insert(*rule));
    Some(Devices {
        directive,
        cause,
        rules,
    })
}

/// The device of a node; none when there is no such node.
fn node(rule: &DeviceRule) -> Option<DeviceNumbers> {
    let (kind, major, minor) = match named_by_numbers(&rule.device) {
        Some(found) => found,
        None => {
            let found = stat(rule.device.as_str()).ok()?;
            let kind = match FileType::from_raw_mode(found.st_mode) {
                FileType::BlockDevice => DeviceKind::Block,
                FileType::CharacterDevice => DeviceKind::Char,
                _ => return None,
            };
            (kind, major(found.st_rdev), minor(found.st_rdev))
        }
    };
    Some(numbers(rule, kind, Some(major), Some(minor)))
}

/// `/dev/char/M:m` and `/dev/block/M:m` say the device even where there is no node.
fn named_by_numbers(path: &str) -> Option<(DeviceKind, u32, u32)> {
    let (kind, name) = match path.strip_prefix("/dev/char/") {
        Some(name) => (DeviceKind::Char, name),
        None => (DeviceKind::Block, path.strip_prefix("/dev/block/")?),
    };
    let (major, minor) = name.split_once(':')?;
    Some((kind, major.parse().ok()?, minor.parse().ok()?))
}

/// The devices of `char-NAME` or `block-NAME`, by the names of drivers.
fn class(rule: &DeviceRule, drivers: &str) -> Vec<DeviceNumbers> {
    let (kind, name) = match rule.device.split_once('-') {
        Some(("char", name)) => (DeviceKind::Char, name),
        Some(("block", name)) => (DeviceKind::Block, name),
        _ => return Vec::new(),
    };
    if name == "*" {
        return vec![numbers(rule, kind, None, None)];
    }
    if let Ok(major) = name.parse() {
        return vec![numbers(rule, kind, Some(major), None)];
    }
    let heading = match kind {
        DeviceKind::Char => "Character devices:",
        DeviceKind::Block => "Block devices:",
    };
    drivers
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.trim().split_once(' '))
        .filter(|(_, driver)| matches(name.as_bytes(), driver.trim().as_bytes()))
        .filter_map(|(major, _)| major.parse().ok().filter(|major| *major > 0))
        .map(|major| numbers(rule, kind, Some(major), None))
        .collect()
}

fn numbers(
    rule: &DeviceRule,
    kind: DeviceKind,
    major: Option<u32>,
    minor: Option<u32>,
) -> DeviceNumbers {
    DeviceNumbers {
        kind,
        major,
        minor,
        read: rule.read,
        write: rule.write,
        mknod: rule.mknod,
    }
}

/// Whether a pattern matches a whole name, as fnmatch(3) without flags.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // Where to go on when a star has to take one more byte.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        let matched = match pattern.split_first() {
            Some((b'*', rest)) => {
                star = Some((rest, name));
                pattern = rest;
                continue;
            }
            Some((&byte, rest)) => name
                .split_first()
                .and_then(|(&first, after)| Some((one(byte, rest, first)?, after))),
            None if name.is_empty() => return true,
            None => None,
        };
        if let Some((rest, after)) = matched {
            (pattern, name) = (rest, after);
            continue;
        }
        let Some((rest, from)) = star else {
            return false;
        };
        let Some((_, after)) = from.split_first() else {
            return false;
        };
        star = Some((rest, after));
        (pattern, name) = (rest, after);
    }
}

/// Whether one element of a pattern, which begins with `byte`, matches one byte; gives the pattern behind it.
fn one(byte: u8, rest: &[u8], first: u8) -> Option<&[u8]> {
    match byte {
        b'?' => Some(rest),
        b'\\' => {
            let (escaped, rest) = rest.split_first()?;
            (*escaped == first).then_some(rest)
        }
        b'[' => match bracket(rest, first) {
            Some((true, rest)) => Some(rest),
            Some((false, _)) => None,
            // Without an end it is a bracket like any other byte.
            None => (first == b'[').then_some(rest),
        },
        byte => (byte == first).then_some(rest),
    }
}

/// A set in brackets: whether it has a byte, and what follows; none when it does not end.
fn bracket(set: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let inverted = matches!(set.first(), Some(b'!' | b'^'));
    let mut rest = if inverted { set.get(1..)? } else { set };
    let mut has = false;
    let mut at_start = true;
    loop {
        let (&from, after) = rest.split_first()?;
        if from == b']' && !at_start {
            return Some((has != inverted, after));
        }
        at_start = false;
        match after {
            [b'-', to, after @ ..] if *to != b']' => {
                has |= (from..=*to).contains(&byte);
                rest = after;
            }
            _ => {
                has |= from == byte;
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIVERS: &str = "Character devices:\n  1 mem\n  0 none\n  4 tty\n  4 ttyS\n136 pts\n253 rtc\n\n\
                           Block devices:\n  7 loop\n254 virtblk\n";

    fn rule(device: &str, rights: &str) -> DeviceRule {
        DeviceRule {
            device: device.to_owned(),
            read: rights.contains('r'),
            write: rights.contains('w'),
            mknod: rights.contains('m'),
            origin: None,
        }
    }

    fn lines(device: &str) -> Vec<String> {
        let rule = rule(device, "r");
        let found = class(&rule, DRIVERS);
        found.iter().map(DeviceNumbers::line).collect()
    }

    #[test]
    fn drivers_are_found_by_name_number_and_pattern() {
        assert_eq!(lines("char-rtc"), ["c 253:* r"]);
        assert_eq!(lines("char-tty*"), ["c 4:* r", "c 4:* r"]);
        assert_eq!(lines("block-loop"), ["b 7:* r"]);
        assert_eq!(lines("char-loop"), [""; 0]);
        assert_eq!(lines("char-none"), [""; 0]);
        assert_eq!(lines("block-*"), ["b *:* r"]);
        assert_eq!(lines("char-77"), ["c 77:* r"]);
        assert_eq!(lines("block-v?rt[a-c]lk"), ["b 254:* r"]);
    }

    #[test]
    fn numbers_in_a_path_need_no_node() {
        let found = node(&rule("/dev/char/200:300", "rw"));
        assert_eq!(
            found.map(|found| found.line()),
            Some("c 200:300 rw".to_owned())
        );
        let found = node(&rule("/dev/block/200:300", "m"));
        assert_eq!(
            found.map(|found| found.line()),
            Some("b 200:300 m".to_owned())
        );
        assert_eq!(node(&rule("/dev/null/none", "r")), None);
        assert_eq!(node(&rule("/dev", "r")), None);
        let null = node(&rule("/dev/null", "rwm"));
        assert_eq!(null.map(|null| null.line()), Some("c 1:3 rwm".to_owned()));
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdef", false),
            ("[!a]b", "bb", true),
            ("[]]", "]", true),
            ("[a", "[a", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("**********b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
