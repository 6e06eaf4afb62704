//! Settings in the form in which `systemctl show` prints them.

use std::borrow::Cow;

use unitward_catalog::Version;

use crate::entry;
use crate::setting::Source;
use crate::table::Settings;

/// A property as `systemctl show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The name, such as `TimeoutStartUSec`.
    pub name: Cow<'static, str>,
    /// The value as printed behind the equals sign.
    pub value: String,
    /// The directive it shows.
    pub directive: &'static str,
    /// Where the value comes from.
    pub source: Source,
}

/// Collects the properties of one setting.
pub(crate) struct Shown<'a> {
    pub(crate) directive: &'static str,
    pub(crate) version: Version,
    source: Source,
    properties: &'a mut Vec<Property>,
}

impl Shown<'_> {
    /// The property that has the name of the directive.
    pub(crate) fn put(&mut self, value: impl Into<String>) {
        self.put_as(self.directive, value);
    }

    /// A property with a name of its own.
    pub(crate) fn put_as(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.properties.push(Property {
            name: name.into(),
            value: value.into(),
            directive: self.directive,
            source: self.source,
        });
    }

    /// A property whose name is that of the directive with something behind it.
    pub(crate) fn put_with(&mut self, suffix: &str, value: impl Into<String>) {
        self.put_as(format!("{}{suffix}", self.directive), value);
    }

    /// A list of words.
    pub(crate) fn put_words<T: AsRef<str>>(&mut self, words: impl IntoIterator<Item = T>) {
        self.put(joined(words));
    }

    /// A list of words, quoted as a shell would need them.
    pub(crate) fn put_quoted(&mut self, words: impl IntoIterator<Item = String>) {
        self.put(joined(words.into_iter().map(|word| quoted(&word))));
    }

    /// Whether the rules of this version, or a newer one, apply.
    pub(crate) fn at_least(&self, version: Version) -> bool {
        self.version >= version
    }
}

/// Words with blanks between them.
pub(crate) fn joined<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word.as_ref());
    }
    text
}

/// A word as systemd prints it in a list: in double quotes where a shell would take it apart.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| !(c <= ' ' || c == '\x7f' || "\"\\`$*?['()<>|&;!".contains(c));
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for character in word.chars() {
        match character {
            '"' | '\\' | '`' | '$' => {
                text.push('\\');
                text.push(character);
            }
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            _ => text.push(character),
        }
    }
    text.push('"');
    text
}

impl Settings {
    /// Where the value of every directive comes from.
    pub fn sources(&self) -> impl Iterator<Item = (&'static str, Source)> {
        entry::all().map(|entry| (entry.directive, (entry.source)(self)))
    }

    /// The settings as `systemctl show --all` prints them, by directive.
    ///
    /// It has what depends on the unit and the manager's configuration. It has no state, and nothing whose default
    /// depends on the machine, such as `TasksMax=`, as long as nobody sets it.
    pub fn properties(&self) -> impl Iterator<Item = Property> {
        let mut properties = Vec::new();
        for entry in entry::known_to(self.version, self.unit.kind()) {
            let mut shown = Shown {
                directive: entry.directive,
                version: self.version,
                source: (entry.source)(self),
                properties: &mut properties,
            };
            (entry.show)(self, &mut shown);
            self.fallbacks(&mut shown);
        }
        properties.into_iter()
    }

    /// Properties that are made of two settings.
    fn fallbacks(&self, shown: &mut Shown<'_>) {
        match shown.directive {
            "TimeoutAbortSec" => {
                let span = self.timeout_abort_sec.0.unwrap_or(self.timeout_stop_sec.0);
                shown.put_as("TimeoutAbortUSec", crate::values::shown_timespan(span));
            }
            "RestartKillSignal" => {
                let signal = self.restart_kill_signal.0.unwrap_or(self.kill_signal.0);
                shown.put(signal.to_string());
            }
            "SyslogLevel" => {
                let priority =
                    u32::from(self.syslog_facility.0) * 8 + u32::from(self.syslog_level.0);
                shown.put_as("SyslogPriority", priority.to_string());
            }
            _ => {}
        }
    }
}
