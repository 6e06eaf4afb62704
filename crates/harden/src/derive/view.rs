//! Facts as the families of directives ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use unitward_catalog::directive;
use unitward_observe::{CallKey, Facts, PathFact, Seen, Use};
use unitward_settings::Settings;

use super::capabilities::Needed;
use super::proposal::{Line, Proposal};
use super::statics::Statics;
use super::user::{self, Becomes};
use super::writes::OWN;
use super::{Level, Service, statics};

/// What is known of a service, and what is wanted.
pub(super) struct View<'a> {
    pub(super) facts: &'a Facts,
    pub(super) service: &'a Service<'a>,
    pub(super) level: Level,
    /// The user that it is to be started as in place of root.
    pub(super) becomes: Option<Becomes>,
    calls: BTreeMap<&'a str, Seen>,
    statics: OnceLock<Statics>,
    /// Capabilities; new when it is to be started as another user.
    pub(super) needed: OnceLock<Needed>,
}

/// What is known of a file: who it belongs to, and who may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) mode: u32,
    pub(super) kind: FileKind,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Directory,
    Link,
    Other,
}

impl File {
    pub(super) fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }

    pub(super) fn is_link(&self) -> bool {
        self.kind == FileKind::Link
    }

    /// Whether its mode permits something (4 to read, 2 to write, 1 to execute or search) to a user with these groups.
    pub(super) fn permits(&self, user: u32, groups: &[u32], bits: u32) -> bool {
        let shift = if user == self.user {
            6
        } else if groups.contains(&self.group) {
            3
        } else {
            0
        };
        self.mode >> shift & bits == bits
    }
}

/// Errors that say that a call was not permitted or is not there: it did not happen, and the program went on.
const DENIED: [&str; 5] = ["EPERM", "EACCES", "ENOSYS", "EROFS", "SIGSYS"];

/// Uses that need a file system that can be written to.
pub(super) const WRITES: [Use; 11] = [
    Use::Write,
    Use::Create,
    Use::Remove,
    Use::Rename,
    Use::Link,
    Use::Mode,
    Use::Owner,
    Use::Times,
    Use::Size,
    Use::Attribute,
    Use::Bind,
];

impl<'a> View<'a> {
    pub(super) fn new(facts: &'a Facts, service: &'a Service<'a>, level: Level) -> Self {
        let mut calls: BTreeMap<&str, Seen> = BTreeMap::new();
        for (CallKey { call, .. }, fact) in &facts.calls {
            let seen = calls.entry(call).or_default();
            if seen.count == 0 || fact.seen.first < seen.first {
                seen.first = fact.seen.first;
            }
            seen.count += fact.seen.count;
            for (error, count) in &fact.seen.errors {
                *seen.errors.entry(error.clone()).or_default() += count;
            }
            seen.programs.extend(fact.seen.programs.iter().cloned());
        }
        Self {
            facts,
            service,
            level,
            becomes: None,
            calls,
            statics: OnceLock::new(),
            needed: OnceLock::new(),
        }
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.service.settings
    }

    pub(super) fn systemd(&self) -> u16 {
        self.settings().version.number()
    }

    /// What programs need besides what they were seen to use.
    pub(super) fn statics(&self) -> &Statics {
        self.statics.get_or_init(|| statics::collect(self))
    }

    /// Whether the version knows a directive.
    pub(super) fn knows(&self, name: &str) -> bool {
        directive(name).is_some_and(|known| known.is_known_to(self.settings().version))
    }

    /// Calls that took effect or could have, with how they were made.
    pub(super) fn calls(&self) -> impl Iterator<Item = (&'a str, &Seen)> {
        self.calls
            .iter()
            .filter(|(name, seen)| took_effect(seen) && !self.is_gone(name))
            .map(|(name, seen)| (*name, seen))
    }

    /// Whether a call is not made any more by a service that starts as another user.
    fn is_gone(&self, name: &str) -> bool {
        self.becomes.is_some() && user::CALLS.contains(&name)
    }

    /// Calls that were always refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = (&'a str, &Seen)> {
        self.calls
            .iter()
            .filter(|(_, seen)| !took_effect(seen))
            .map(|(name, seen)| (*name, seen))
    }

    /// A call that took effect.
    pub(super) fn call(&self, name: &str) -> Option<&Seen> {
        self.calls
            .get(name)
            .filter(|seen| took_effect(seen) && !self.is_gone(name))
    }

    /// Sentences about those of these calls that took effect.
    pub(super) fn evidence_of_calls(&self, names: &[&str]) -> Vec<String> {
        names
            .iter()
            .filter_map(|name| Some(told(&format!("{name}(2)"), self.call(name)?)))
            .collect()
    }

    /// Arguments of a call that took effect: the value, and how it was made.
    pub(super) fn arguments(&self, call: &str) -> impl Iterator<Item = (u64, &'a Seen)> {
        self.facts
            .arguments
            .iter()
            .filter(move |(key, seen)| key.call == call && took_effect(seen))
            .map(|(key, seen)| (key.value, seen))
    }

    /// Paths with one of these uses, which took effect.
    pub(super) fn used(
        &self,
        uses: &'static [Use],
    ) -> impl Iterator<Item = (&'a str, &'a PathFact)> {
        self.facts
            .paths
            .iter()
            .filter(move |(_, fact)| {
                took_effect(&fact.seen) && uses.iter().any(|one| fact.uses.contains(one))
            })
            .map(|(path, fact)| (path.as_str(), fact))
    }

    /// Paths at or below a place that took any effect.
    pub(super) fn below(&self, place: &'a str) -> impl Iterator<Item = (&'a str, &'a PathFact)> {
        self.facts
            .paths
            .iter()
            .filter(move |(path, fact)| is_below(path, place) && took_effect(&fact.seen))
            .map(|(path, fact)| (path.as_str(), fact))
    }

    /// The file that the service knows by this path, links not followed. A directory that systemd makes for the service
    /// counts as there.
    pub(super) fn file(&self, path: &str) -> Option<File> {
        if let Ok(file) = std::fs::symlink_metadata(self.outside(path)) {
            let kind = if file.is_dir() {
                FileKind::Directory
            } else if file.is_symlink() {
                FileKind::Link
            } else {
                FileKind::Other
            };
            return Some(File {
                user: file.uid(),
                group: file.gid(),
                mode: file.mode() & 0o7777,
                kind,
            });
        }
        let settings = self.settings();
        let own = OWN.iter().find(|own| is_below(path, own.place))?;
        let name = path.strip_prefix(own.place)?.strip_prefix('/')?;
        let (names, mode) = match own.directive {
            "StateDirectory" => (&settings.state_directory, settings.state_directory_mode.0),
            "RuntimeDirectory" => (
                &settings.runtime_directory,
                settings.runtime_directory_mode.0,
            ),
            "CacheDirectory" => (&settings.cache_directory, settings.cache_directory_mode.0),
            _ => (&settings.logs_directory, settings.logs_directory_mode.0),
        };
        names.0.contains_key(name).then_some(File {
            user: self.unit_user()?,
            group: self.unit_group()?,
            mode: mode.into(),
            kind: FileKind::Directory,
        })
    }

    /// A path below the root, as this process opens it.
    pub(super) fn outside(&self, path: &str) -> PathBuf {
        self.service.root.join(path.trim_start_matches('/'))
    }

    /// Whether the unit starts the service as root.
    pub(super) fn starts_as_root(&self) -> bool {
        if self.becomes.is_some() {
            return false;
        }
        let settings = self.settings();
        match settings.user.name() {
            Some(user) => user == "root" || user == "0",
            None => !settings.dynamic_user.0 && !self.was_unprivileged(),
        }
    }

    /// Whether the manager itself has no privileges, so that root cannot be had: nothing ran as root.
    fn was_unprivileged(&self) -> bool {
        let users = self.users();
        !users.is_empty() && !users.contains(&0)
    }

    /// The effective users that programs ran as.
    pub(super) fn users(&self) -> BTreeSet<u32> {
        self.identities().map(|(user, _)| user).collect()
    }

    /// The effective users and groups that programs ran as.
    pub(super) fn identities(&self) -> impl Iterator<Item = (u32, u32)> {
        let own = self.becomes.as_ref().map(|one| (one.user, one.group));
        self.facts
            .identities
            .keys()
            .filter_map(|key| identity(key))
            .filter(move |found| own.is_none_or(|own| own == *found))
    }

    /// Whether any program ran as root; as long as nothing is known, the unit says it.
    pub(super) fn ran_as_root(&self) -> bool {
        let users = self.users();
        if users.is_empty() {
            self.starts_as_root()
        } else {
            users.contains(&0)
        }
    }

    /// The number of the user or group that the unit names, by the files of the root.
    pub(super) fn number_of(&self, file: &str, name: &str) -> Option<u32> {
        if let Ok(number) = name.parse() {
            return Some(number);
        }
        let text = std::fs::read_to_string(self.outside(file)).ok()?;
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
        })
    }

    /// The user that the unit starts the service as; none for one that comes and goes.
    pub(super) fn unit_user(&self) -> Option<u32> {
        if let Some(becomes) = &self.becomes {
            return Some(becomes.user);
        }
        let settings = self.settings();
        match settings.user.name() {
            Some(name) => self.number_of("/etc/passwd", name),
            None if settings.dynamic_user.0 => None,
            None => Some(0),
        }
    }

    /// The group that the unit starts the service with; none when it cannot be told.
    pub(super) fn unit_group(&self) -> Option<u32> {
        if let Some(becomes) = &self.becomes {
            return Some(becomes.group);
        }
        let settings = self.settings();
        if let Some(name) = settings.group.name() {
            return self.number_of("/etc/group", name);
        }
        let Some(user) = settings.user.name() else {
            return (!settings.dynamic_user.0).then_some(0);
        };
        let text = std::fs::read_to_string(self.outside("/etc/passwd")).ok()?;
        text.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let is_user = fields.first() == Some(&user) || fields.get(2) == Some(&user);
            is_user.then(|| fields.get(3)?.parse().ok())?
        })
    }

    /// Whether the owner of a file is one that it ran as.
    pub(super) fn owns(&self, file: &File) -> bool {
        self.users().contains(&file.user)
    }

    /// The first lines of the drop-in.
    pub(super) fn title(&self) -> String {
        let seconds: u64 = self
            .facts
            .recordings
            .iter()
            .map(|recording| recording.milliseconds)
            .sum::<u64>()
            .div_ceil(1000);
        format!(
            "Made by unitward harden for {} and systemd {}, level {}.\nTaken from {} of {} s.",
            self.service.unit_name,
            self.systemd(),
            self.level.word(),
            match self.facts.recordings.len() {
                1 => "a recording".to_owned(),
                number => format!("{number} recordings"),
            },
            seconds
        )
    }
}

/// The effective user and group of a key.
pub(super) fn identity(key: &str) -> Option<(u32, u32)> {
    let (user, group) = key.split_once(' ')?;
    Some((user.parse().ok()?, group.parse().ok()?))
}

/// Whether it happened at least once, or failed for another reason than that it may not be.
pub(super) fn took_effect(seen: &Seen) -> bool {
    let denied: u64 = seen
        .errors
        .iter()
        .filter(|(error, _)| DENIED.contains(&error.as_str()))
        .map(|(_, count)| *count)
        .sum();
    seen.count > denied
}

/// Whether a path is at a place, or below it.
pub(super) fn is_below(path: &str, place: &str) -> bool {
    let Some(rest) = path.strip_prefix(place.trim_end_matches('/')) else {
        return false;
    };
    rest.is_empty() || rest.starts_with('/')
}

/// A sentence about something that was done.
pub(super) fn told(what: &str, seen: &Seen) -> String {
    let times = match seen.count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let mut programs: Vec<&str> = seen.programs.iter().map(String::as_str).collect();
    let more = programs.len().saturating_sub(3);
    programs.truncate(3);
    let mut text = format!("{what}: {times}, first after {} ms", seen.first);
    if !programs.is_empty() {
        text.push_str(", by ");
        text.push_str(&programs.join(", "));
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
    }
    if let Some((error, count)) = seen.errors.iter().next() {
        text.push_str(&format!(" (of these {count} with {error})"));
    }
    text
}

/// Some of many sentences, and how many there are besides.
pub(super) fn some(mut sentences: Vec<String>, most: usize) -> Vec<String> {
    let more = sentences.len().saturating_sub(most);
    if more > 0 {
        sentences.truncate(most);
        sentences.push(format!("And {more} more like these"));
    }
    sentences
}

impl Proposal {
    /// Adds a line unless the version does not know the directive.
    pub(super) fn set(&mut self, view: &View<'_>, line: Line) {
        if view.knows(line.directive) {
            self.lines.push(line);
        }
    }

    /// Says why a directive is left as it is.
    pub(super) fn leave(
        &mut self,
        directive: &'static str,
        reason: impl Into<String>,
        evidence: Vec<String>,
    ) {
        self.open.push(super::Open {
            directive,
            reason: reason.into(),
            evidence: some(evidence, 4),
        });
    }
}
