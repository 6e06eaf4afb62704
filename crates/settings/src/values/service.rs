//! Settings of services alone (systemd.service(5)).

use std::collections::BTreeSet;

use unitward_catalog::exit_statuses;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::flag::boolean;
use super::number::c_integer;
use super::path::{is_kernels, normalized};
use super::signal::{signal, signal_name};
use super::stdio::is_descriptor_name;
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;
use unitward_catalog::Version;

/// PIDFile=: a path, below `/run` when it was relative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PidFile(pub Option<String>);

/// SuccessExitStatus=: what counts as a clean end besides the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExitStatuses {
    /// Exit statuses.
    pub codes: BTreeSet<u8>,
    /// Signals.
    pub signals: BTreeSet<u8>,
}

/// OpenFile=: files that are opened for the service (systemd 253).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenFiles(pub Vec<Item<OpenFile>>);

/// A file that is opened for the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFile {
    /// The path.
    pub path: String,
    /// The name of the descriptor; empty for that of the file.
    pub name: String,
    /// How it is opened: `read-only`, `append`, `truncate`, `graceful`.
    pub options: Vec<&'static str>,
}

/// RefreshOnReload= (systemd 260).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshOnReload {
    /// `extensions`: extension images and directories.
    pub extensions: bool,
    /// `credentials`.
    pub credentials: bool,
    /// Whether it was said.
    said: bool,
}

impl ExitStatuses {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.signals.is_empty()
    }
}

impl Value for PidFile {
    const PARSER: &'static str = "path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let path = match cx.expand(text) {
            Ok(path) if path.starts_with('/') => path.into_owned(),
            Ok(path) => format!("/run/{path}"),
            Err(error) => return cx.ignored(text, error),
        };
        match normalized(&path, cx.version) {
            Some(path) if !(cx.at_least(Version::V257) && is_kernels(&path)) => {
                self.0 = Some(path);
                Assigned::Set
            }
            _ => cx.refused(text, "a path without .., absolute or below /run"),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

impl Value for ExitStatuses {
    const PARSER: &'static str = "status-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::PLAIN) {
            let Ok(word) = word else { break };
            let named = exit_statuses()
                .iter()
                .find(|status| status.name == word.text);
            let number = || u8::try_from(c_integer(&word.text)?).ok();
            if let Some(code) = named.map(|status| status.code).or_else(number) {
                self.codes.insert(code);
            } else if let Some(number) = signal(&word.text) {
                self.signals.insert(number);
            } else {
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "an exit status up to 255, its name, or a signal",
                );
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let codes = self.codes.iter().map(u8::to_string);
        shown.put_words(codes.chain(self.signals.iter().map(|number| signal_name(*number))));
    }
}

impl OpenFile {
    fn parse(text: &str) -> Option<Self> {
        const OPTIONS: [&str; 4] = ["read-only", "append", "truncate", "graceful"];
        let mut parts = text.splitn(3, ':');
        let path = parts.next().filter(|path| path.starts_with('/'))?;
        let name = parts.next().unwrap_or_default();
        let mut options = Vec::new();
        for option in parts
            .next()
            .unwrap_or_default()
            .split(',')
            .filter(|option| !option.is_empty())
        {
            options.push(*OPTIONS.iter().find(|known| **known == option)?);
        }
        let modes = options
            .iter()
            .filter(|option| **option != "graceful")
            .count();
        (is_descriptor_name(name) && modes <= 1).then(|| Self {
            path: path.to_owned(),
            name: name.to_owned(),
            options,
        })
    }
}

impl Value for OpenFiles {
    const PARSER: &'static str = "open-file";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let Some(value) = OpenFile::parse(text) else {
            return cx.ignored(
                text,
                "PATH:NAME:OPTIONS with an absolute path and one of read-only, append, truncate",
            );
        };
        let origin = cx.origin;
        self.0.push(Item { value, origin });
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in &self.0 {
            let options = value.options.join(",");
            shown.put(match (value.name.as_str(), options.as_str()) {
                ("", "") => value.path.clone(),
                (name, "") => format!("{}:{name}", value.path),
                (name, options) => format!("{}:{name}:{options}", value.path),
            });
        }
    }
}

impl Default for RefreshOnReload {
    fn default() -> Self {
        Self {
            extensions: true,
            credentials: false,
            said: false,
        }
    }
}

impl Value for RefreshOnReload {
    const PARSER: &'static str = "resource-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        if let Some(all) = boolean(text) {
            *self = Self {
                extensions: all,
                credentials: all,
                said: true,
            };
            return Assigned::Set;
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(list) => (true, list),
            None => (false, text),
        };
        let (mut extensions, mut credentials) = (false, false);
        for word in Words::new(list, Mode::PLAIN) {
            match word.as_ref().map(|word| &*word.text) {
                Ok("extensions") => extensions = true,
                Ok("credentials") => credentials = true,
                _ => return cx.ignored(text, "a boolean, or extensions and credentials"),
            }
        }
        if inverted {
            self.extensions &= !extensions;
            self.credentials &= !credentials;
        } else if self.said {
            self.extensions |= extensions;
            self.credentials |= credentials;
        } else {
            (self.extensions, self.credentials) = (extensions, credentials);
        }
        self.said = true;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if self.said {
            let words = [
                (self.extensions, "extensions"),
                (self.credentials, "credentials"),
            ];
            shown.put_words(
                words
                    .into_iter()
                    .filter_map(|(on, word)| on.then_some(word)),
            );
        }
    }
}
