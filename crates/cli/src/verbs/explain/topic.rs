//! From a word to the page that is meant.

use unitward_catalog::{
    Capability, Directive, ExitStatus, directives, exit_status, exit_statuses, keys,
    manager_directives, suggest,
};
use unitward_exposure::{CHECKS, Check};
use unitward_lint::{Family, Rule, rules};
use unitward_seccomp::{FilesystemGroup, Sets, Syscall, filesystem_groups};

use super::signal::{self, Signal};

/// What a page is about.
pub(super) enum Topic {
    Directive(&'static Directive),
    Rule(&'static Rule),
    Family(Family),
    ExitStatus(&'static ExitStatus),
    /// A signal that ended a service.
    Signal(&'static Signal),
    /// An exit status without a meaning of its own.
    FreeStatus(u8),
    SyscallSet(&'static str),
    FilesystemSet(&'static FilesystemGroup),
    Capability(Capability),
    Syscall(Syscall),
    Check(&'static Check),
    /// A key of a unit file that has nothing to do with the sandbox.
    Key(&'static str),
    Config,
    ExitCodes,
}

/// A topic, and what to say when the word was not its name.
pub(super) struct Found {
    pub(super) topic: Topic,
    pub(super) note: Option<String>,
}

const NEWEST: u16 = unitward_catalog::Version::NEWEST.number();

/// The topic of a word: by its name, by another name, in another case, or the nearest.
pub(super) fn find(word: &str) -> Option<Found> {
    let word = word.trim();
    // A line of a unit file is as good as the name in it.
    let name = word.split_once('=').map_or(word, |(name, _)| name).trim();
    if let Some(topic) = by_name(name).or_else(|| by_name(word)) {
        return Some(Found { topic, note: None });
    }
    if let Some((topic, shown)) = in_another_case(name) {
        return Some(Found {
            topic,
            note: Some(format!("Nothing is called {name}; showing {shown}.")),
        });
    }
    let shown = suggest(name, names())?;
    let topic = by_name(shown)?;
    Some(Found {
        topic,
        note: Some(format!(
            "Nothing is called {}; showing {shown}.",
            crate::ui::printable(name)
        )),
    })
}

fn by_name(name: &str) -> Option<Topic> {
    topic_of_unitward(name)
        .or_else(|| directive(name).map(Topic::Directive))
        .or_else(|| rule(name))
        .or_else(|| status(name))
        .or_else(|| set(name))
        .or_else(|| {
            Capability::by_name(name)
                .filter(|c| c.name() == Some(name))
                .map(Topic::Capability)
        })
        .or_else(|| Syscall::by_name(name).map(Topic::Syscall))
        .or_else(|| {
            CHECKS
                .iter()
                .find(|check| check.id == name || check.name == name)
                .map(Topic::Check)
        })
        .or_else(|| key(name))
}

fn topic_of_unitward(name: &str) -> Option<Topic> {
    match name {
        "config" | "configuration" | "unitward.toml" => Some(Topic::Config),
        "exit-codes" | "exit-code" => Some(Topic::ExitCodes),
        _ => None,
    }
}

/// A directive of units, else a key of system.conf.
fn directive(name: &str) -> Option<&'static Directive> {
    unitward_catalog::directive(name).or_else(|| unitward_catalog::manager_directive(name))
}

fn rule(name: &str) -> Option<Topic> {
    let family = Family::ALL
        .into_iter()
        .find(|family| family.prefix().eq_ignore_ascii_case(name));
    unitward_lint::find(name)
        .map(Topic::Rule)
        .or(family.map(Topic::Family))
}

/// `226`, `226/NAMESPACE`, `NAMESPACE`, `EXIT_NAMESPACE`; what stands before `=` is gone, so `status=226` is read whole.
fn status(word: &str) -> Option<Topic> {
    let word = word.strip_prefix("status=").unwrap_or(word);
    if let Some(signal) = signal::find(word) {
        return Some(Topic::Signal(signal));
    }
    let number = word.split_once('/').map_or(word, |(number, _)| number);
    if let Ok(code) = number.parse() {
        return Some(exit_status(code).map_or(Topic::FreeStatus(code), Topic::ExitStatus));
    }
    let name = word.strip_prefix("EXIT_").unwrap_or(word);
    exit_statuses()
        .iter()
        .find(|status| status.name == name)
        .map(Topic::ExitStatus)
}

/// A set of system calls, else of file systems. Both have @known; that of system calls counts.
fn set(name: &str) -> Option<Topic> {
    if !name.starts_with('@') {
        return None;
    }
    let calls = Sets::of(NEWEST)
        .group(name)
        .map(|group| Topic::SyscallSet(group.name));
    let filesystems = || {
        filesystem_groups(NEWEST)
            .iter()
            .find(|set| set.name == name)
    };
    calls.or_else(|| filesystems().map(Topic::FilesystemSet))
}

fn key(name: &str) -> Option<Topic> {
    let section = keys::sections_of(name).next()?;
    keys::find(section, name).map(|key| Topic::Key(key.name))
}

/// The topic of a name in another case, or without its prefix, with the right name.
fn in_another_case(word: &str) -> Option<(Topic, &'static str)> {
    let same = |name: &&'static str| name.eq_ignore_ascii_case(word);
    if let Some(name) = names().find(same) {
        return by_name(name).map(|topic| (topic, name));
    }
    let capability = Capability::by_name(&format!("CAP_{word}"))?;
    Some((Topic::Capability(capability), capability.name()?))
}

/// Every name, those first that win where a word is near to several.
fn names() -> impl Iterator<Item = &'static str> {
    directives()
        .iter()
        .chain(manager_directives())
        .map(|directive| directive.name)
        .chain(rules().iter().map(|rule| rule.name))
        .chain(Sets::of(NEWEST).groups().iter().map(|group| group.name))
        .chain(filesystem_groups(NEWEST).iter().map(|group| group.name))
        .chain(Capability::all().filter_map(Capability::name))
        .chain(exit_statuses().iter().map(|status| status.name))
        .chain(Syscall::all().map(Syscall::name))
        .chain(["config", "exit-codes"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> (String, Option<String>) {
        let Some(found) = find(word) else {
            return ("nothing".to_owned(), None);
        };
        let name = match found.topic {
            Topic::Directive(d) => d.name.to_owned(),
            Topic::Rule(r) => r.code.to_owned(),
            Topic::Family(f) => f.prefix().to_owned(),
            Topic::ExitStatus(s) => format!("status {}", s.code),
            Topic::Signal(signal) => format!("signal {}", signal.number),
            Topic::FreeStatus(code) => format!("free {code}"),
            Topic::SyscallSet(name) => name.to_owned(),
            Topic::FilesystemSet(set) => format!("fs {}", set.name),
            Topic::Capability(c) => c.to_string(),
            Topic::Syscall(c) => c.name().to_owned(),
            Topic::Check(check) => format!("check {}", check.id),
            Topic::Key(name) => format!("key {name}"),
            Topic::Config => "config".to_owned(),
            Topic::ExitCodes => "exit codes".to_owned(),
        };
        (name, found.note)
    }

    #[test]
    fn names_lead_to_pages() {
        for (word, page) in [
            ("UMask", "UMask"),
            ("UMask=", "UMask"),
            ("UMask=0077", "UMask"),
            ("DefaultLimitNOFILE", "DefaultLimitNOFILE"),
            ("226", "status 226"),
            ("226/NAMESPACE", "status 226"),
            ("NAMESPACE", "status 226"),
            ("EXIT_NAMESPACE", "status 226"),
            ("status=226/NAMESPACE", "status 226"),
            ("100", "free 100"),
            ("status=31/SYS", "signal 31"),
            ("SIGKILL", "signal 9"),
            ("@system-service", "@system-service"),
            ("@basic-api", "fs @basic-api"),
            ("CAP_SYS_ADMIN", "CAP_SYS_ADMIN"),
            ("openat", "openat"),
            ("UWC001", "UWC001"),
            ("uwc", "UWC"),
            ("UserOrDynamicUser", "check UserOrDynamicUser"),
            ("WantedBy", "key WantedBy"),
            ("config", "config"),
        ] {
            assert_eq!(shown(word), (page.to_owned(), None), "{word}");
        }
    }

    #[test]
    fn other_spellings_lead_to_pages_with_a_note() {
        for (word, page) in [
            ("umask", "umask"),
            ("UmaskX", "UMask"),
            ("privatetmp", "PrivateTmp"),
            ("cap_sys_admin", "CAP_SYS_ADMIN"),
            ("sys_admin", "CAP_SYS_ADMIN"),
            ("ProtectSytem", "ProtectSystem"),
            ("@system-sevice", "@system-service"),
        ] {
            let (found, note) = shown(word);
            assert_eq!(found, page, "{word}");
            assert_eq!(note.is_some(), found != word, "{word}");
        }
        assert_eq!(shown("nothing-like-this-at-all").0, "nothing");
        assert_eq!(shown("").0, "nothing");
    }
}
