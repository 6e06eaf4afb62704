//! What was seen of a service: plain data that serialises and merges.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a service did while it was observed.
///
/// The form is documented in `docs/facts-v1.md`; a later version of it will have another number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of the form: 1.
    pub version: u32,
    /// Where and how it was seen.
    pub recordings: Vec<Recording>,
    /// Programs that were executed, by their path.
    pub programs: BTreeMap<String, Seen>,
    /// System calls, by architecture and name; a call without a name by its number.
    pub calls: BTreeMap<CallKey, CallFact>,
    /// Paths, as the kernel resolved them.
    pub paths: BTreeMap<String, PathFact>,
    /// Sockets that were made.
    pub sockets: BTreeMap<SocketKey, Seen>,
    /// Addresses that sockets were bound to or connected with.
    pub addresses: BTreeMap<AddressKey, Seen>,
    /// Namespaces that were made or entered, by the name of their kind.
    pub namespaces: BTreeMap<String, Seen>,
    /// Memory that was made executable.
    pub executable_memory: BTreeMap<MemoryKey, Seen>,
    /// Arguments that a setting looks at, such as the option of prctl(2), by call and number.
    pub arguments: BTreeMap<ArgumentKey, Seen>,
    /// Capabilities that the kernel was asked for and granted, by name such as `CAP_CHOWN`; only some back ends see them.
    /// That one was granted does not mean that it was needed.
    #[serde(default)]
    pub capabilities: BTreeMap<String, Seen>,
    /// Users and groups that programs ran as, as effective numbers with a blank between: `0 0`.
    #[serde(default)]
    pub identities: BTreeMap<String, Seen>,
    /// Calls that failed, in the order in which they failed first.
    #[serde(default)]
    pub failures: Vec<FailedCall>,
    /// How processes ended, in their order.
    #[serde(default)]
    pub endings: Vec<ProcessEnd>,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCall {
    /// When for the first time, in milliseconds from the beginning of the recording.
    pub first: u64,
    /// When for the last time.
    pub last: u64,
    /// How often: the same call of the same program with the same error, path and address is counted here.
    pub count: u64,
    /// The process that did it first.
    pub pid: i32,
    /// The program.
    pub program: String,
    /// The architecture, as `SystemCallArchitectures=` names it.
    pub architecture: String,
    /// Its name, or its number when it has none.
    pub call: String,
    /// Its arguments when it failed first.
    pub arguments: [u64; 6],
    /// The name of the error, such as `EPERM`.
    pub error: String,
    /// Whether a system call filter of the unit answered, not the call itself.
    pub filtered: bool,
    /// The path that it was about, as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The address that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressKey>,
}

/// The end of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessEnd {
    /// When, in milliseconds from the beginning of the recording.
    pub at: u64,
    /// Which.
    pub pid: i32,
    /// The program that it ran.
    pub program: String,
    /// How.
    pub how: HowEnded,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HowEnded {
    /// By itself, with this status.
    Exit(i32),
    /// By a signal with this number.
    Signal(i32),
}

/// One recording that facts were taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// How it was observed.
    pub backend: Backend,
    /// The name and the release of the kernel.
    pub kernel: String,
    /// When it began, in seconds since 1970.
    pub began: u64,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Whether it would show any capability that the kernel granted.
    #[serde(default)]
    pub capabilities: bool,
    /// Why something may be missing; empty when nothing is.
    pub gaps: BTreeSet<String>,
}

/// How something was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Backend {
    /// By ptrace(2).
    Ptrace,
    /// By programs in the kernel.
    Ebpf,
}

/// When, how often and by whom something was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How often.
    pub count: u64,
    /// When for the first time, in milliseconds from the beginning of the recording.
    pub first: u64,
    /// Errors that came back, by name, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
    /// The programs that did it.
    pub programs: BTreeSet<String>,
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallKey {
    /// The architecture, as `SystemCallArchitectures=` names it.
    pub architecture: String,
    /// Its name, or its number when it has none.
    pub call: String,
}

/// What is known of a system call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFact {
    /// When, how often, by whom. Calls whose results are not waited for have no errors here.
    #[serde(flatten)]
    pub seen: Seen,
}

/// What was done to a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFact {
    /// In which ways.
    pub uses: BTreeSet<Use>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The names that it was asked for by, where symbolic links or `..` led to it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub asked_as: BTreeSet<String>,
    /// When, how often, by whom, with which errors.
    #[serde(flatten)]
    pub seen: Seen,
}

/// A way to use a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Use {
    /// Opened to read.
    Read,
    /// Opened to write.
    Write,
    /// Made: a file, a directory, a link, a node or a socket.
    Create,
    /// Removed.
    Remove,
    /// Given another name, or replaced by one that was.
    Rename,
    /// Given a further name.
    Link,
    /// Its mode was changed.
    Mode,
    /// Its owner was changed.
    Owner,
    /// Its times were changed.
    Times,
    /// It was cut or extended.
    Size,
    /// An extended attribute was changed.
    Attribute,
    /// Executed.
    Execute,
    /// Mapped into memory as code.
    MapExecutable,
    /// Asked for: whether it is there, what it is, where it leads.
    Probe,
    /// Made the working directory.
    WorkingDirectory,
    /// Made the root directory.
    Root,
    /// Watched.
    Watch,
    /// Mounted, or mounted on.
    Mount,
    /// A socket was bound to it.
    Bind,
    /// A socket was connected with it.
    Connect,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket.
    Socket,
    /// A pipe with a name.
    Fifo,
    /// A device that is read and written by bytes: major and minor number.
    CharacterDevice(u32, u32),
    /// A device of blocks.
    BlockDevice(u32, u32),
    /// A symbolic link that was looked at itself.
    Link,
}

/// A kind of socket: family, type and protocol, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SocketKey {
    /// AF_* of socket(2).
    pub family: u32,
    /// SOCK_*, without flags.
    pub kind: u32,
    /// The protocol.
    pub protocol: u32,
}

/// An address, and what a socket did with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressKey {
    /// `bind` or `connect`; `send` for datagrams that were sent without a connection.
    pub action: String,
    /// `tcp`, `udp` or the number of the protocol.
    pub protocol: String,
    /// The address and the port.
    pub address: String,
}

/// Memory that was made executable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemoryKey {
    /// How.
    pub way: MemoryWay,
    /// The file that was mapped; empty for memory of no file.
    pub file: String,
}

/// How memory was made executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryWay {
    /// mmap(2) with writing and executing at once.
    WritableAndExecutable,
    /// mprotect(2) of memory that was there before.
    MadeExecutable,
    /// shmat(2) with SHM_EXEC.
    SharedExecutable,
}

/// An argument that matters, of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArgumentKey {
    /// The call.
    pub call: String,
    /// The argument's value.
    pub value: u64,
}

/// A key of a map that is not what it should be.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0} is no {1}")]
pub struct BadKey(String, &'static str);

/// Keys are strings with blanks between their parts, so that JSON can hold the maps.
macro_rules! keys {
    ($($type:ident, $what:literal: $to:expr, $from:expr;)*) => {$(
        impl From<$type> for String {
            fn from(key: $type) -> Self {
                let to: fn($type) -> String = $to;
                to(key)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadKey;

            fn try_from(text: String) -> Result<Self, BadKey> {
                let from: fn(&str) -> Option<$type> = $from;
                from(&text).ok_or(BadKey(text, $what))
            }
        }
    )*};
}

keys! {
    CallKey, "system call": |key| format!("{} {}", key.architecture, key.call), |text| {
        let (architecture, call) = text.split_once(' ')?;
        Some(CallKey { architecture: architecture.to_owned(), call: call.to_owned() })
    };
    SocketKey, "kind of socket": |key| format!("{} {} {}", key.family, key.kind, key.protocol), |text| {
        let mut numbers = text.split(' ').map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        Some(SocketKey { family: next()?, kind: next()?, protocol: next()? })
    };
    AddressKey, "address": |key| format!("{} {} {}", key.action, key.protocol, key.address), |text| {
        let mut parts = text.splitn(3, ' ').map(str::to_owned);
        Some(AddressKey { action: parts.next()?, protocol: parts.next()?, address: parts.next()? })
    };
    MemoryKey, "way to make memory executable": |key| format!("{} {}", key.way.word(), key.file), |text| {
        let (way, file) = text.split_once(' ')?;
        let way = MemoryWay::ALL.into_iter().find(|known| known.word() == way)?;
        Some(MemoryKey { way, file: file.to_owned() })
    };
    ArgumentKey, "argument of a call": |key| format!("{} {}", key.call, key.value), |text| {
        let (call, value) = text.split_once(' ')?;
        Some(ArgumentKey { call: call.to_owned(), value: value.parse().ok()? })
    };
}

impl MemoryWay {
    const ALL: [Self; 3] = [
        Self::WritableAndExecutable,
        Self::MadeExecutable,
        Self::SharedExecutable,
    ];

    /// The word in a recording.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WritableAndExecutable => "writable-and-executable",
            Self::MadeExecutable => "made-executable",
            Self::SharedExecutable => "shared-executable",
        }
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            recordings: Vec::new(),
            programs: BTreeMap::new(),
            calls: BTreeMap::new(),
            paths: BTreeMap::new(),
            sockets: BTreeMap::new(),
            addresses: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            executable_memory: BTreeMap::new(),
            arguments: BTreeMap::new(),
            capabilities: BTreeMap::new(),
            identities: BTreeMap::new(),
            failures: Vec::new(),
            endings: Vec::new(),
        }
    }
}

impl Facts {
    /// The version of the form that this crate writes and reads.
    pub const VERSION: u32 = 1;

    /// A recording that was lost: it holds nothing, and says so.
    pub(crate) fn lost() -> Self {
        Self {
            recordings: vec![Recording {
                backend: Backend::Ptrace,
                kernel: String::new(),
                began: 0,
                milliseconds: 0,
                capabilities: false,
                gaps: BTreeSet::from(["the tracer was killed".to_owned()]),
            }],
            ..Self::default()
        }
    }

    /// Whether nothing is known to be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.recordings
            .iter()
            .all(|recording| recording.gaps.is_empty())
    }

    /// Whether a capability that is not among those granted was never granted.
    #[must_use]
    pub fn shows_capabilities(&self) -> bool {
        let mut recordings = self.recordings.iter();
        !self.recordings.is_empty() && recordings.all(|recording| recording.capabilities)
    }

    /// Adds what was seen in another recording, of another day or another host.
    pub fn merge(&mut self, other: Self) {
        self.recordings.extend(other.recordings);
        self.failures.extend(other.failures);
        self.endings.extend(other.endings);
        merge_seen(&mut self.capabilities, other.capabilities);
        merge_seen(&mut self.identities, other.identities);
        merge_seen(&mut self.programs, other.programs);
        merge_seen(&mut self.sockets, other.sockets);
        merge_seen(&mut self.addresses, other.addresses);
        merge_seen(&mut self.namespaces, other.namespaces);
        merge_seen(&mut self.executable_memory, other.executable_memory);
        merge_seen(&mut self.arguments, other.arguments);
        for (key, fact) in other.calls {
            self.calls.entry(key).or_default().seen.merge(fact.seen);
        }
        for (path, fact) in other.paths {
            let own = self.paths.entry(path).or_default();
            own.uses.extend(fact.uses);
            own.asked_as.extend(fact.asked_as);
            own.kind = own.kind.or(fact.kind);
            own.seen.merge(fact.seen);
        }
    }

    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// When the text is no recording of this version.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let version: Version = serde_json::from_str(text)?;
        if version.version != Self::VERSION {
            return Err(ReadError::Version(version.version));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The text of a recording.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Maps with keys that become strings always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no recording.
    #[error("it is no recording of unitward: {0}")]
    Form(#[from] serde_json::Error),
    /// It has a form that is not known here.
    #[error("its form has version {0}, and only version 1 is known")]
    Version(u32),
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Seen {
    /// Adds one more time.
    pub(crate) fn again(&mut self, at: u64, program: &str, error: Option<&str>) {
        if self.count == 0 {
            self.first = at;
        }
        self.count += 1;
        if !self.programs.contains(program) {
            self.programs.insert(program.to_owned());
        }
        if let Some(error) = error {
            *self.errors.entry(error.to_owned()).or_default() += 1;
        }
    }

    /// How often it succeeded.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.count.saturating_sub(self.errors.values().sum())
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.first = if self.count == 0 {
            other.first
        } else {
            self.first.min(other.first)
        };
        self.count += other.count;
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
        self.programs.extend(other.programs);
    }
}

fn merge_seen<K: Ord>(own: &mut BTreeMap<K, Seen>, other: BTreeMap<K, Seen>) {
    for (key, seen) in other {
        own.entry(key).or_default().merge(seen);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        let call = CallKey {
            architecture: "x86-64".to_owned(),
            call: "openat".to_owned(),
        };
        facts
            .calls
            .entry(call)
            .or_default()
            .seen
            .again(3, "/bin/a", Some("ENOENT"));
        let path = facts.paths.entry("/etc/a b".to_owned()).or_default();
        path.uses.insert(Use::Read);
        path.kind = Some(Kind::CharacterDevice(1, 3));
        path.seen.again(5, "/bin/a", None);
        let key = AddressKey {
            action: "bind".to_owned(),
            protocol: "tcp".to_owned(),
            address: "[::]:80".to_owned(),
        };
        facts
            .addresses
            .entry(key)
            .or_default()
            .again(7, "/bin/a", None);
        let key = MemoryKey {
            way: MemoryWay::MadeExecutable,
            file: String::new(),
        };
        facts
            .executable_memory
            .entry(key)
            .or_default()
            .again(9, "/bin/a", None);
        facts
    }

    #[test]
    fn a_recording_comes_back_as_it_went() {
        let facts = facts();
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
    }

    #[test]
    fn another_version_is_refused() {
        assert!(matches!(
            Facts::from_json("{\"version\": 2}"),
            Err(ReadError::Version(2))
        ));
        assert!(matches!(Facts::from_json("[]"), Err(ReadError::Form(_))));
    }

    #[test]
    fn merging_adds_up() {
        let mut both = facts();
        both.merge(facts());
        let path = &both.paths["/etc/a b"];
        assert_eq!((path.seen.count, path.seen.first), (2, 5));
        let call = both.calls.values().next().unwrap();
        assert_eq!(call.seen.errors["ENOENT"], 2);
        assert_eq!(call.seen.successes(), 0);
    }
}
