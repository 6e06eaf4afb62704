//! Standard input, output and error (systemd.exec(5), "Logging and Standard Input/Output").

use unitward_unit::words::c_unescape;

use super::Value;
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// StandardInput=.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardInput(pub Stream);

/// StandardOutput=.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardOutput(pub Stream);

/// StandardError=.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardError(pub Stream);

/// StandardInputText= and StandardInputData=: what standard input gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputData(pub Vec<u8>);

/// What a standard stream is connected with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A word such as `null`, `journal` or `socket`.
    Word(&'static str),
    /// `fd:`: a descriptor of a socket unit by its name; none for the name of the stream.
    Descriptor(Option<String>),
    /// `file:`: a file.
    File(String),
    /// `append:`: a file that is appended to.
    Append(String),
    /// `truncate:`: a file that is emptied first.
    Truncate(String),
}

const INPUTS: [&str; 7] = [
    "null",
    "tty",
    "tty-force",
    "tty-fail",
    "socket",
    "fd",
    "data",
];
const OUTPUTS: [&str; 9] = [
    "inherit",
    "null",
    "tty",
    "journal",
    "kmsg",
    "journal+console",
    "kmsg+console",
    "socket",
    "fd",
];

/// The most data that is kept.
const DATA_MAX: usize = 64 * 1024 * 1024;

impl Stream {
    fn assign(
        &mut self,
        text: &str,
        cx: &mut Context<'_>,
        words: &'static [&'static str],
        modes: &[&str],
    ) -> Assigned {
        let (mode, rest) = text.split_once(':').unwrap_or((text, ""));
        if text.contains(':') && mode == "fd" {
            return match cx.expand(rest) {
                Ok(name) if name.is_empty() => self.set(Self::Descriptor(None)),
                Ok(name) if is_descriptor_name(&name) => {
                    self.set(Self::Descriptor(Some(name.into_owned())))
                }
                Ok(_) => cx.ignored(text, "the name of a file descriptor behind fd:"),
                Err(error) => cx.ignored(text, error),
            };
        }
        if text.contains(':') && modes.contains(&mode) {
            let path = match cx.expand(rest) {
                Ok(path) => normalized(&path, cx.version),
                Err(error) => return cx.ignored(text, error),
            };
            return match (mode, path) {
                (_, None) => cx.ignored(text, PATH),
                ("append", Some(path)) => self.set(Self::Append(path)),
                ("truncate", Some(path)) => self.set(Self::Truncate(path)),
                (_, Some(path)) => self.set(Self::File(path)),
            };
        }
        match words.iter().find(|word| **word == text) {
            Some(&"fd") => self.set(Self::Descriptor(None)),
            Some(word) => self.set(Self::Word(word)),
            None => {
                let expected = format!(
                    "one of {}, or one of them with a name or path: fd:, {}:",
                    words.join(", "),
                    modes.join(":, ")
                );
                cx.ignored(text, expected)
            }
        }
    }

    fn set(&mut self, stream: Self) -> Assigned {
        *self = stream;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>, own_name: &str) {
        let mut name = "";
        match self {
            Self::Word(word) => shown.put(*word),
            Self::Descriptor(given) => {
                shown.put("fd");
                name = given.as_deref().unwrap_or(own_name);
            }
            // systemctl leaves the path out.
            Self::File(_) => shown.put("file"),
            Self::Append(_) => shown.put("append"),
            Self::Truncate(_) => shown.put("truncate"),
        }
        shown.put_with("FileDescriptorName", name);
    }
}

/// Printable ASCII without colon, 255 bytes at most (sd_listen_fds(3)).
pub(crate) fn is_descriptor_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b':')
}

impl Default for StandardInput {
    fn default() -> Self {
        Self(Stream::Word("null"))
    }
}

impl Default for StandardOutput {
    fn default() -> Self {
        Self(Stream::Word("journal"))
    }
}

impl Default for StandardError {
    fn default() -> Self {
        Self(Stream::Word("inherit"))
    }
}

impl Value for StandardInput {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        self.0.assign(text, cx, &INPUTS, &["file"])
    }

    fn show(&self, shown: &mut Shown<'_>) {
        self.0.show(shown, "stdin");
    }
}

impl Value for StandardOutput {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let text = modern(text, cx);
        self.0
            .assign(text, cx, &OUTPUTS, &["file", "append", "truncate"])
    }

    fn show(&self, shown: &mut Shown<'_>) {
        self.0.show(shown, "stdout");
    }
}

impl Value for StandardError {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let text = modern(text, cx);
        self.0
            .assign(text, cx, &OUTPUTS, &["file", "append", "truncate"])
    }

    fn show(&self, shown: &mut Shown<'_>) {
        self.0.show(shown, "stderr");
    }
}

/// `syslog` is an old word for `journal`.
fn modern<'t>(text: &'t str, cx: &mut Context<'_>) -> &'t str {
    let word = match text {
        "syslog" => "journal",
        "syslog+console" => "journal+console",
        _ => return text,
    };
    cx.report(
        crate::context::Effect::Noted,
        text,
        0..text.len(),
        format!("{word}, its new name"),
    );
    word
}

impl InputData {
    fn add(&mut self, text: &str, more: &[u8], cx: &mut Context<'_>) -> Assigned {
        if self.0.len().saturating_add(more.len()) > DATA_MAX {
            return cx.ignored(text, "at most 64 megabytes of input");
        }
        self.0.extend_from_slice(more);
        Assigned::Set
    }
}

impl Value for InputData {
    const PARSER: &'static str = "base64";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        if cx.directive == "StandardInputData" {
            return match super::base64::decoded(text) {
                Some(bytes) => self.add(text, &bytes, cx),
                None => cx.ignored(text, "Base64"),
            };
        }
        let unescaped = match c_unescape(text) {
            Ok(unescaped) => unescaped,
            Err(error) => return cx.ignored(text, error.to_string()),
        };
        match cx.expand(&unescaped) {
            Ok(line) => {
                let line = format!("{line}\n");
                self.add(text, line.as_bytes(), cx)
            }
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_as("StandardInputData", super::base64::encoded(&self.0));
    }
}
