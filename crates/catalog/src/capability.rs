//! Capabilities of the kernel (capabilities(7)) and sets of them.

use std::fmt;
use std::str::FromStr;

/// A capability, by its number in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(u8);

/// A set of capabilities: bit N is capability N.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Capabilities(u64);

/// A word that names no capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseCapabilityError(String);

/// Names by number (include/uapi/linux/capability.h, Linux 5.9 and later).
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

macro_rules! constants {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Capability { $(#[doc = concat!("CAP_", stringify!($name), ".")] pub const $name: Self = Self($number);)* }
    };
}

constants! {
    CHOWN = 0; DAC_OVERRIDE = 1; DAC_READ_SEARCH = 2; FOWNER = 3; FSETID = 4; KILL = 5; SETGID = 6; SETUID = 7;
    SETPCAP = 8; LINUX_IMMUTABLE = 9; NET_BIND_SERVICE = 10; NET_BROADCAST = 11; NET_ADMIN = 12; NET_RAW = 13;
    IPC_LOCK = 14; IPC_OWNER = 15; SYS_MODULE = 16; SYS_RAWIO = 17; SYS_CHROOT = 18; SYS_PTRACE = 19;
    SYS_PACCT = 20; SYS_ADMIN = 21; SYS_BOOT = 22; SYS_NICE = 23; SYS_RESOURCE = 24; SYS_TIME = 25;
    SYS_TTY_CONFIG = 26; MKNOD = 27; LEASE = 28; AUDIT_WRITE = 29; AUDIT_CONTROL = 30; SETFCAP = 31;
    MAC_OVERRIDE = 32; MAC_ADMIN = 33; SYSLOG = 34; WAKE_ALARM = 35; BLOCK_SUSPEND = 36; AUDIT_READ = 37;
    PERFMON = 38; BPF = 39; CHECKPOINT_RESTORE = 40;
}

impl Capability {
    /// The highest capability with a name.
    pub const LAST: Self = Self(NAMES.len() as u8 - 1);

    /// The capability of this number; none above 63.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < 64 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number in the kernel.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The name, such as `CAP_CHOWN`; none for a number the kernel has not given out.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// Every capability with a name, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NAMES.len() as u8).map(Self)
    }

    /// The capability of this name, with its `CAP_`, in any case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .position(|n| n.eq_ignore_ascii_case(name))
            .map(|at| Self(at as u8))
    }
}

impl Capabilities {
    /// No capability.
    pub const NONE: Self = Self(0);
    /// Every bit, named or not: the start value of a bounding set.
    pub const ALL: Self = Self(u64::MAX);
    /// Every capability with a name.
    pub const NAMED: Self = Self((1 << NAMES.len()) - 1);

    /// A set by its bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether no capability is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this capability is in it.
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & (1 << capability.0) != 0
    }

    /// Whether the sets share a capability.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Every bit that is not in it.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(!self.0)
    }

    /// Adds a capability.
    pub const fn insert(&mut self, capability: Capability) {
        self.0 |= 1 << capability.0;
    }

    /// The capabilities with a name in it, by number.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::all().filter(move |c| self.contains(*c))
    }

    /// A set of the given capabilities.
    #[must_use]
    pub const fn of(list: &[Capability]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < list.len() {
            bits |= 1 << list[at].0;
            at += 1;
        }
        Self(bits)
    }
}

impl FromStr for Capability {
    type Err = ParseCapabilityError;

    /// Reads a name with or without `CAP_`, in any case, or a number from 0 to 63.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ParseCapabilityError(text.to_owned());
        if let Ok(number) = text.parse() {
            return Self::new(number).ok_or_else(unknown);
        }
        Self::by_name(text)
            .or_else(|| Self::by_name(&format!("CAP_{text}")))
            .ok_or_else(unknown)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for ParseCapabilityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no capability", self.0)
    }
}

impl std::error::Error for ParseCapabilityError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        assert_eq!(Capability::SYS_ADMIN.name(), Some("CAP_SYS_ADMIN"));
        assert_eq!(Capability::CHECKPOINT_RESTORE, Capability::LAST);
        assert_eq!("sys_admin".parse(), Ok(Capability::SYS_ADMIN));
        assert_eq!("Cap_Kill".parse(), Ok(Capability::KILL));
        assert_eq!("39".parse(), Ok(Capability::BPF));
        assert!("64".parse::<Capability>().is_err());
        assert!("no-root".parse::<Capability>().is_err());
    }

    #[test]
    fn every_named_capability_is_in_the_named_set() {
        assert_eq!(Capabilities::NAMED.iter().count(), 41);
        assert_eq!(Capabilities::NAMED.bits(), 0x1ff_ffff_ffff);
    }
}
