//! Logging (systemd.exec(5), "Logging and Standard Input/Output").

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::number::c_integer;
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// SyslogLevel=: from 0 (`emerg`) to 7 (`debug`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyslogLevel(pub u8);

/// LogLevelMax=: from 0 (`emerg`) to 7 (`debug`); none for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogLevelMax(pub Option<u8>);

/// SyslogFacility=, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyslogFacility(pub u8);

/// LogExtraFields=: fields of the journal, as `FIELD=VALUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFields(pub Vec<Item<String>>);

/// LogFilterPatterns=: regular expressions of PCRE2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilters(pub Vec<Item<LogFilter>>);

/// A pattern of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// Whether matching messages are kept; otherwise they are dropped.
    pub keep: bool,
    /// The regular expression.
    pub pattern: String,
}

/// LogNamespace=: the instance of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogNamespace(pub Option<String>);

const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const LEVEL: &str = "one of emerg, alert, crit, err, warning, notice, info, debug";

/// The place of a word in a list, or a number up to `max`.
fn named(text: &str, names: &[&str], max: u8) -> Option<u8> {
    if text.is_empty() {
        return None;
    }
    match names.iter().position(|name| *name == text) {
        Some(at) => u8::try_from(at).ok(),
        None => u8::try_from(c_integer(text)?)
            .ok()
            .filter(|number| *number <= max),
    }
}

impl Default for SyslogLevel {
    fn default() -> Self {
        Self(6)
    }
}

impl Default for SyslogFacility {
    fn default() -> Self {
        Self(3)
    }
}

impl Value for SyslogLevel {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(level) = named(text, &LEVELS, 7) else {
            return cx.ignored(text, LEVEL);
        };
        self.0 = level;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.to_string());
    }
}

impl Value for LogLevelMax {
    const PARSER: &'static str = "log-level";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(level) = named(text, &LEVELS, 7) else {
            return cx.ignored(text, LEVEL);
        };
        self.0 = Some(level);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(
            self.0
                .map_or_else(|| "-1".to_owned(), |level| level.to_string()),
        );
    }
}

impl Value for SyslogFacility {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(facility) = named(text, &FACILITIES, 127) else {
            return cx.ignored(text, "a facility such as daemon, auth or local0");
        };
        self.0 = facility;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.to_string());
    }
}

/// Up to 64 capital letters, digits and `_`, starting with a letter.
fn is_field(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

impl Value for LogFields {
    const PARSER: &'static str = "field-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE_C) {
            let word = match word {
                Ok(word) => word,
                Err(error) => {
                    cx.report(
                        Effect::Skipped,
                        text,
                        error.offset..text.len(),
                        error.to_string(),
                    );
                    break;
                }
            };
            match cx.expand(&word.text) {
                Ok(field)
                    if field
                        .split_once('=')
                        .is_some_and(|(name, _)| is_field(name)) =>
                {
                    let origin = cx.origin;
                    self.0.push(Item {
                        value: field.into_owned(),
                        origin,
                    });
                }
                Ok(_) => cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "FIELD=VALUE with a field in capital letters",
                ),
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if !self.0.is_empty() {
            shown.put_words(self.0.iter().map(|item| &item.value));
        }
    }
}

impl Value for LogFilters {
    const PARSER: &'static str = "regex";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let (keep, pattern) = match text.strip_prefix('~') {
            Some(pattern) => (false, pattern),
            None => (true, text),
        };
        if pattern.is_empty() {
            return cx.ignored(text, "a regular expression");
        }
        let value = LogFilter {
            keep,
            pattern: pattern.to_owned(),
        };
        let origin = cx.origin;
        self.0.push(Item { value, origin });
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemd leaves out patterns that its PCRE2 cannot compile, which is unknown here.
    }
}

impl Value for LogNamespace {
    const PARSER: &'static str = "string";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let valid = |name: &str| {
            !name.is_empty()
                && name.len() <= 222
                && name != "."
                && name != ".."
                && name.bytes().all(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_' | b'.' | b'@')
                })
        };
        match cx.expand(text) {
            Ok(name) if valid(&name) => {
                self.0 = Some(name.into_owned());
                Assigned::Set
            }
            Ok(_) => cx.ignored(text, "a name of letters, digits, :, -, _ and ."),
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}
