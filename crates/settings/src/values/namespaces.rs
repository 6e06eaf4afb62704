//! RestrictNamespaces= and DelegateNamespaces= (systemd.exec(5)).

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::flag::boolean;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// A kind of namespace (namespaces(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `CLONE_NEWCGROUP`.
    Cgroup,
    /// `CLONE_NEWIPC`.
    Ipc,
    /// `CLONE_NEWNET`.
    Net,
    /// `CLONE_NEWNS`.
    Mnt,
    /// `CLONE_NEWPID`.
    Pid,
    /// `CLONE_NEWUSER`.
    User,
    /// `CLONE_NEWUTS`.
    Uts,
    /// `CLONE_NEWTIME`.
    Time,
}

/// A set of kinds of namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Namespaces(u8);

/// RestrictNamespaces=: which kinds of namespaces a service may create and enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestrictNamespaces {
    /// The kinds that may be created; none when nothing is restricted because nothing was said.
    pub allowed: Option<Namespaces>,
}

impl Namespace {
    /// Every kind, in the order in which systemd prints them.
    pub const ALL: [Self; 8] = [
        Self::Cgroup,
        Self::Ipc,
        Self::Net,
        Self::Mnt,
        Self::Pid,
        Self::User,
        Self::Uts,
        Self::Time,
    ];

    /// The word as written in a unit file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Ipc => "ipc",
            Self::Net => "net",
            Self::Mnt => "mnt",
            Self::Pid => "pid",
            Self::User => "user",
            Self::Uts => "uts",
            Self::Time => "time",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Namespaces {
    /// Every kind.
    pub const ALL: Self = Self(u8::MAX);
    /// No kind.
    pub const NONE: Self = Self(0);

    /// Every kind, as systemd counts: before 262, the time namespace is known but none of them.
    fn every(version: Version) -> Self {
        if version < Version::V262 {
            Self(Self::ALL.0 & !Namespace::Time.bit())
        } else {
            Self::ALL
        }
    }

    /// Whether this kind is in it.
    #[must_use]
    pub const fn contains(self, namespace: Namespace) -> bool {
        self.0 & namespace.bit() != 0
    }

    /// The kinds in it.
    pub fn iter(self) -> impl Iterator<Item = Namespace> {
        Namespace::ALL
            .into_iter()
            .filter(move |kind| self.contains(*kind))
    }
}

impl RestrictNamespaces {
    /// Whether this kind of namespace may be created.
    #[must_use]
    pub fn allows(&self, namespace: Namespace) -> bool {
        self.allowed.is_none_or(|set| set.contains(namespace))
    }
}

/// DelegateNamespaces=: kinds of namespaces that belong to the user namespace of the service (systemd 258).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelegateNamespaces {
    /// The kinds; none when nothing was said.
    pub delegated: Option<Namespaces>,
}

/// One assignment: a boolean, or kinds with their inversion.
enum Line {
    All(bool),
    Kinds { inverted: bool, named: Namespaces },
}

impl Line {
    /// None when a word is unknown.
    fn parse(text: &str, user: bool) -> Option<Self> {
        if let Some(all) = boolean(text) {
            return Some(Self::All(all));
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut named = 0;
        for word in Words::new(list, Mode::PLAIN) {
            let word = word.ok()?;
            let kind = Namespace::ALL
                .into_iter()
                .find(|kind| kind.word() == word.text)?;
            named |= kind.bit();
        }
        let named = Namespaces(named);
        (user || inverted || !named.contains(Namespace::User))
            .then_some(Self::Kinds { inverted, named })
    }

    /// `every` is what counts as every kind.
    fn applied(self, before: Option<Namespaces>, every: Namespaces) -> Namespaces {
        match (self, before) {
            (Self::All(all), _) => {
                if all {
                    every
                } else {
                    Namespaces::NONE
                }
            }
            (
                Self::Kinds {
                    inverted: false,
                    named,
                },
                None,
            ) => named,
            (
                Self::Kinds {
                    inverted: true,
                    named,
                },
                None,
            ) => Namespaces(every.0 & !named.0),
            (
                Self::Kinds {
                    inverted: false,
                    named,
                },
                Some(set),
            ) => Namespaces(set.0 | named.0),
            (
                Self::Kinds {
                    inverted: true,
                    named,
                },
                Some(set),
            ) => Namespaces(set.0 & !named.0),
        }
    }
}

impl Value for RestrictNamespaces {
    const PARSER: &'static str = "namespace-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.allowed = None;
            return Assigned::Reset;
        }
        let every = Namespaces::every(cx.version);
        match Line::parse(text, true) {
            None => return cx.ignored(
                text,
                "a boolean, or kinds of namespaces: cgroup, ipc, net, mnt, pid, user, uts, time",
            ),
            // `yes` restricts: nothing is allowed.
            Some(Line::All(restricted)) => {
                self.allowed = Some(if restricted { Namespaces::NONE } else { every });
            }
            Some(line) => self.allowed = Some(line.applied(self.allowed, every)),
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        // Older programs do not print the time namespace.
        let time = shown.at_least(Version::V262);
        let most = if time { 8 } else { 7 };
        let kinds = self.allowed.unwrap_or(Namespaces::ALL).iter();
        let named: Vec<_> = kinds
            .filter(|kind| time || *kind != Namespace::Time)
            .map(Namespace::word)
            .collect();
        shown.put(match named.len() {
            0 => "yes".to_owned(),
            count if count == most => "no".to_owned(),
            _ => crate::show::joined(named),
        });
    }
}

impl Value for DelegateNamespaces {
    const PARSER: &'static str = "namespace-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.delegated = None;
            return Assigned::Reset;
        }
        let Some(line) = Line::parse(text, false) else {
            return cx.ignored(
                text,
                "a boolean, or kinds of namespaces: cgroup, ipc, net, mnt, pid, uts, time",
            );
        };
        self.delegated = Some(line.applied(self.delegated, Namespaces::ALL));
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemctl prints bits of the kernel.
    }
}
