//! Free text and single words.

use std::collections::BTreeMap;

use unitward_unit::Origin;
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// Text with specifiers, such as PAMName=; empty unsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Option<String>);

/// OOMRules= and LUOSession=: names (systemd 262).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub BTreeMap<String, Origin>);

impl Value for Names {
    const PARSER: &'static str = "name-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let plain = cx.directive == "LUOSession";
        for word in Words::new(text, if plain { Mode::PLAIN } else { Mode::UNQUOTE }) {
            let Ok(word) = word else {
                return cx.ignored(text, "balanced quotes");
            };
            let graphic = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\'' | b'"' | b'/');
            if plain && !word.text.bytes().all(graphic) {
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "a name of printable ASCII",
                );
                continue;
            }
            self.0.entry(word.text.into_owned()).or_insert(cx.origin);
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.keys().cloned());
    }
}

/// BusName=: a name on the message bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusName(pub Option<String>);

/// WorkingDirectory= (systemd.exec(5)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDirectory {
    /// The directory; none for the default.
    pub directory: Option<Directory>,
    /// `-`: a missing directory is no error.
    pub optional: bool,
}

/// Where a service starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory {
    /// `~`: the home directory of its user.
    Home,
    /// A path.
    Path(String),
}

impl WorkingDirectory {
    /// Whether it is the home directory of the user.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.directory == Some(Directory::Home)
    }

    /// Whether it is, or is below, `/proc`, `/sys` or `/dev`.
    #[must_use]
    pub fn is_kernels(&self) -> bool {
        match &self.directory {
            Some(Directory::Path(path)) => super::path::is_kernels(path),
            _ => false,
        }
    }
}

impl Value for Text {
    const PARSER: &'static str = "string";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        match cx.expand(text) {
            Ok(expanded) => {
                self.0 = (!expanded.is_empty()).then(|| expanded.into_owned());
                Assigned::Set
            }
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

impl Value for BusName {
    const PARSER: &'static str = "bus-name";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        match cx.expand(text) {
            Ok(name) if is_bus_name(&name) => {
                self.0 = Some(name.into_owned());
                Assigned::Set
            }
            Ok(_) => cx.ignored(text, "a name on the bus, such as org.example.Name1"),
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

/// At least two elements of letters, digits, `_` and `-`, separated by dots, none starting with a digit, 255 bytes
/// at most (D-Bus specification, "Bus names").
fn is_bus_name(name: &str) -> bool {
    // Unique names begin with a colon, and their elements may begin with digits.
    let (unique, elements) = match name.strip_prefix(':') {
        Some(elements) => (true, elements),
        None => (false, name),
    };
    name.len() <= 255
        && name.contains('.')
        && elements.split('.').all(|element| {
            !element.is_empty()
                && (unique || !element.starts_with(|c: char| c.is_ascii_digit()))
                && element
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        })
}

impl Value for WorkingDirectory {
    const PARSER: &'static str = "path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (optional, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest == "~" {
            *self = Self {
                directory: Some(Directory::Home),
                optional,
            };
            return Assigned::Set;
        }
        let path = cx.expand(rest).and_then(|path| {
            super::path::normalized(&path, cx.version).ok_or_else(|| super::path::PATH.to_owned())
        });
        match path {
            Ok(path) => {
                *self = Self {
                    directory: Some(Directory::Path(path)),
                    optional,
                };
                Assigned::Set
            }
            Err(expected) if optional => cx.ignored(text, expected),
            Err(expected) => cx.refused(text, expected),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let mark = if self.optional { "!" } else { "" };
        shown.put(match &self.directory {
            None => String::new(),
            Some(Directory::Home) => format!("{mark}~"),
            Some(Directory::Path(path)) => format!("{mark}{path}"),
        });
    }
}
