//! RestrictNamespaces= and DelegateNamespaces= (systemd.exec(5)).

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::flag::boolean;
use crate::context::{Assigned, Context};

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

impl Value for RestrictNamespaces {
    const PARSER: &'static str = "namespace-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.allowed = None;
            return Assigned::Reset;
        }
        if let Some(restricted) = boolean(text) {
            self.allowed = Some(if restricted {
                Namespaces::NONE
            } else {
                Namespaces::ALL
            });
            return Assigned::Set;
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut named = 0;
        for word in Words::new(list, Mode::PLAIN) {
            let kind = word.ok().and_then(|word| {
                Namespace::ALL
                    .into_iter()
                    .find(|kind| kind.word() == word.text)
            });
            let Some(kind) = kind else {
                return cx.ignored(
                    text,
                    "a boolean, or kinds of namespaces: cgroup, ipc, net, mnt, pid, user, uts, time",
                );
            };
            named |= kind.bit();
        }
        let named = Namespaces(named);
        self.allowed = Some(match (self.allowed, inverted) {
            (None, false) => named,
            (None, true) => Namespaces(!named.0),
            (Some(set), false) => Namespaces(set.0 | named.0),
            (Some(set), true) => Namespaces(set.0 & !named.0),
        });
        Assigned::Set
    }
}
