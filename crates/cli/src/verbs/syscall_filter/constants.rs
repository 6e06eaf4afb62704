//! Arguments of system calls in words.

use unitward_settings::{FAMILIES, Namespace};

/// Constants that filters look at, besides address families and kinds of namespaces (kernel headers, generic values).
const CONSTANTS: &[(&str, u64)] = &[
    ("AF_LOCAL", 1),
    ("AF_FILE", 1),
    ("AF_ROUTE", 16),
    ("SOCK_STREAM", 1),
    ("SOCK_DGRAM", 2),
    ("SOCK_RAW", 3),
    ("PROT_NONE", 0),
    ("PROT_READ", 1),
    ("PROT_WRITE", 2),
    ("PROT_EXEC", 4),
    ("MAP_SHARED", 1),
    ("MAP_PRIVATE", 2),
    ("MAP_FIXED", 0x10),
    ("MAP_ANONYMOUS", 0x20),
    ("SHM_EXEC", 0o100_000),
    ("SHM_RDONLY", 0o10_000),
    ("O_RDONLY", 0),
    ("O_WRONLY", 1),
    ("O_RDWR", 2),
    ("O_CREAT", 0o100),
    ("O_EXCL", 0o200),
    ("O_TRUNC", 0o1000),
    ("O_CLOEXEC", 0o2_000_000),
    ("AT_FDCWD", -100_i64 as u64),
    ("S_ISUID", 0o4000),
    ("S_ISGID", 0o2000),
    ("S_ISVTX", 0o1000),
    ("S_IFREG", 0o100_000),
    ("S_IFCHR", 0o20_000),
    ("S_IFBLK", 0o60_000),
    ("SCHED_OTHER", 0),
    ("SCHED_FIFO", 1),
    ("SCHED_RR", 2),
    ("SCHED_BATCH", 3),
    ("SCHED_IDLE", 5),
    ("SCHED_DEADLINE", 6),
    ("SCHED_EXT", 7),
    ("PER_LINUX", 0),
    ("PER_LINUX32", 8),
    ("CLONE_VM", 0x100),
    ("CLONE_FS", 0x200),
    ("CLONE_FILES", 0x400),
    ("CLONE_SIGHAND", 0x800),
    ("CLONE_VFORK", 0x4000),
    ("CLONE_THREAD", 0x1_0000),
    ("SIGCHLD", 17),
];

/// The value of an argument: a number, decimal, `0x` or `0` for octal, negative too; a name; or several with `|`.
pub(super) fn value(word: &str) -> Option<u64> {
    word.split('|')
        .map(|part| number(part).or_else(|| constant(part)))
        .try_fold(0, |all, part| Some(all | part?))
}

fn number(word: &str) -> Option<u64> {
    if let Some(rest) = word.strip_prefix('-') {
        return magnitude(rest).map(u64::wrapping_neg);
    }
    magnitude(word)
}

fn magnitude(word: &str) -> Option<u64> {
    let (digits, radix) = match word.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if word.len() > 1 && word.starts_with('0') => (word, 8),
        None => (word, 10),
    };
    // The parser of the library would take a sign.
    let plain = digits.chars().all(|digit| digit.is_ascii_hexdigit());
    u64::from_str_radix(digits, radix).ok().filter(|_| plain)
}

fn constant(name: &str) -> Option<u64> {
    let family = FAMILIES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(number, _)| u64::from(*number));
    let namespace = || {
        let kind = name.strip_prefix("CLONE_NEW")?;
        let known = Namespace::ALL
            .into_iter()
            .find(|namespace| clone_name(*namespace) == kind)?;
        Some(u64::from(known.flag()))
    };
    let other = || {
        CONSTANTS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    family.or_else(namespace).or_else(other)
}

/// What follows `CLONE_NEW` in the kernel's name.
const fn clone_name(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Cgroup => "CGROUP",
        Namespace::Ipc => "IPC",
        Namespace::Net => "NET",
        Namespace::Mnt => "NS",
        Namespace::Pid => "PID",
        Namespace::User => "USER",
        Namespace::Uts => "UTS",
        Namespace::Time => "TIME",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_values() {
        for (word, expected) in [
            ("12", Some(12)),
            ("0x10", Some(16)),
            ("04755", Some(0o4755)),
            ("0", Some(0)),
            ("-1", Some(u64::MAX)),
            ("AT_FDCWD", Some(-100_i64 as u64)),
            ("AF_INET6", Some(10)),
            ("CLONE_NEWUSER", Some(0x1000_0000)),
            ("CLONE_NEWNS|SIGCHLD", Some(0x2_0011)),
            ("PROT_READ|0x4", Some(5)),
            ("", None),
            ("|", None),
            ("AF_", None),
            ("--1", None),
            ("0x", None),
            ("+1", None),
            ("af_inet", None),
        ] {
            assert_eq!(value(word), expected, "{word}");
        }
    }
}
