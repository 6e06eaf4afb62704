//! Credentials (systemd.exec(5), "Credentials").

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words, c_unescape};

use super::Value;
use super::keyed::Keyed;
use super::path::normalized;
use crate::context::{Assigned, Context};
use crate::setting::Item;
use crate::show::Shown;

/// LoadCredential= and LoadCredentialEncrypted=: credentials that are read from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadedCredentials(pub Keyed<LoadedCredential>);

/// A credential that is read from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedCredential {
    /// The name under which the service finds it.
    pub name: String,
    /// An absolute path, or the name of a credential of the manager.
    pub source: String,
}

/// SetCredential= and SetCredentialEncrypted=: credentials that stand in the unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetCredentials(pub Keyed<SetCredential>);

/// A credential that stands in the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCredential {
    /// The name under which the service finds it.
    pub name: String,
    /// The value: escapes resolved, or Base64 as written for an encrypted one.
    pub value: String,
}

/// ImportCredential=: patterns of credentials of the manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedCredentials(pub Vec<Item<ImportedCredential>>);

/// A pattern of credentials of the manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCredential {
    /// The pattern: a name that may end in `*`.
    pub pattern: String,
    /// What the matching part of the name is replaced with (systemd 257).
    pub rename: Option<String>,
}

const NAME: &str = "a credential name: a file name of printable ASCII without colon";

/// A file name of at most 255 printable ASCII characters without colon.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name != "."
        && name != ".."
        && name
            .bytes()
            .all(|b| (b' '..=b'~').contains(&b) && b != b':' && b != b'/')
}

impl Value for LoadedCredentials {
    const PARSER: &'static str = "credential";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let mut words = Words::new(text, Mode::PLAIN.separated_by(":").with_empty_words());
        let Some(Ok(first)) = words.next() else {
            return cx.ignored(text, "NAME or NAME:PATH");
        };
        let rest = words.rest();
        let name = match cx.expand(&first.text) {
            Ok(name) if is_name(&name) => name.into_owned(),
            Ok(_) => return cx.ignored(text, NAME),
            Err(error) => return cx.ignored(text, error),
        };
        let source = if rest.is_empty() {
            name.clone()
        } else {
            match cx.expand(rest) {
                Ok(path) if is_name(&path) => path.into_owned(),
                Ok(path) => match normalized(&path, cx.version) {
                    Some(path) => path,
                    None => {
                        return cx.ignored(
                            text,
                            "an absolute path, or a credential name, after the colon",
                        );
                    }
                },
                Err(error) => return cx.ignored(text, error),
            }
        };
        let item = Item {
            value: LoadedCredential {
                name: name.clone(),
                source,
            },
            origin: cx.origin,
        };
        self.0.insert(name, item);
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemctl cannot print credentials, and keeps them in no order.
    }
}

impl Value for SetCredentials {
    const PARSER: &'static str = "credential";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let Some((name, value)) = text.split_once(':').filter(|(_, value)| !value.is_empty())
        else {
            return cx.ignored(text, "NAME:VALUE");
        };
        let name = match cx.expand(name) {
            Ok(name) if is_name(&name) => name.into_owned(),
            Ok(_) => return cx.ignored(text, NAME),
            Err(error) => return cx.ignored(text, error),
        };
        let value = if cx.directive == "SetCredentialEncrypted" {
            if !is_base64(value) {
                return cx.ignored(text, "Base64 after the colon");
            }
            value.to_owned()
        } else {
            match c_unescape(value) {
                Ok(value) => value.into_owned(),
                Err(error) => return cx.ignored(text, error.to_string()),
            }
        };
        let item = Item {
            value: SetCredential {
                name: name.clone(),
                value,
            },
            origin: cx.origin,
        };
        self.0.insert(name, item);
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemctl cannot print credentials, and keeps them in no order.
    }
}

/// Base64 with its padding; white space does not count.
fn is_base64(text: &str) -> bool {
    let digits = text.bytes().filter(|b| !b.is_ascii_whitespace());
    let (mut count, mut padding) = (0_usize, 0_usize);
    for byte in digits {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        count += 1;
    }
    count > 0 && count % 4 == 0 && padding <= 2
}

impl Value for ImportedCredentials {
    const PARSER: &'static str = "credential-glob";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let (pattern, rename) = match text.split_once(':') {
            Some((pattern, rename)) if cx.at_least(Version::V257) => (pattern, Some(rename)),
            _ => (text, None),
        };
        let expanded = match cx.expand(pattern) {
            Ok(pattern) => pattern.into_owned(),
            Err(error) => return cx.ignored(text, error),
        };
        let plain = expanded.strip_suffix('*').unwrap_or(&expanded);
        let is_pattern = (plain.is_empty() && expanded == "*")
            || (is_name(plain) && !plain.contains(['*', '?', '[']));
        if !is_pattern {
            return cx.ignored(text, "a credential name that may end in *");
        }
        let rename = rename.filter(|name| !name.is_empty());
        if rename.is_some_and(|name| !is_name(name)) {
            return cx.ignored(text, NAME);
        }
        let rename = rename.map(str::to_owned);
        let value = ImportedCredential {
            pattern: expanded,
            rename,
        };
        self.0.push(Item {
            value,
            origin: cx.origin,
        });
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if !self.0.is_empty() {
            let mut patterns: Vec<String> = self
                .0
                .iter()
                .map(|item| item.value.pattern.clone())
                .collect();
            patterns.sort_unstable();
            shown.put_quoted(patterns);
        }
    }
}
