//! ProtectHostname= (systemd.exec(5)).

use unitward_catalog::Version;

use super::Value;
use super::flag::{BOOLEAN, boolean};
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// ProtectHostname=: whether the host name is protected, and which name the service sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectHostname {
    /// How it is protected.
    pub mode: HostnameMode,
    /// The host name inside, where one is given (systemd 258).
    pub name: Option<String>,
}

/// How the host name is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostnameMode {
    /// Not at all.
    #[default]
    No,
    /// An own UTS namespace, whose name cannot be changed.
    Yes,
    /// An own UTS namespace, whose name can be changed (systemd 258).
    Private,
}

impl HostnameMode {
    /// The word as written in a unit file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Private => "private",
        }
    }
}

impl Value for ProtectHostname {
    const PARSER: &'static str = "bool-or-enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let named = cx.at_least(Version::new(258));
        if text.is_empty() && named {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (word, name) = match text.split_once(':') {
            Some((word, name)) if named => (word, Some(name)),
            _ => (text, None),
        };
        let mode = match (word, boolean(word)) {
            (_, Some(true)) => HostnameMode::Yes,
            (_, Some(false)) if name.is_none() => HostnameMode::No,
            ("private", _) if named => HostnameMode::Private,
            _ if named => return cx.ignored(text, "a boolean, private, yes:NAME or private:NAME"),
            _ => return cx.ignored(text, BOOLEAN),
        };
        let name = match name.map(|name| cx.expand(name)) {
            None => None,
            Some(Ok(name)) if is_host_name(&name) => Some(name.into_owned()),
            Some(Ok(_)) => return cx.ignored(text, "a valid host name after the colon"),
            Some(Err(error)) => return cx.ignored(text, error),
        };
        *self = Self { mode, name };
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(super::flag::yes_no(self.mode != HostnameMode::No));
    }
}

/// Labels of letters, digits, `-` and `_`, separated by single dots, 64 bytes at most (hostname(7)).
fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}
