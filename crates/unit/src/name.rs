//! Unit names: validity, kinds, templates and instances, escaping. See systemd.unit(5).

mod escape;

pub use escape::{EscapeError, escape, path_unescape, unescape};

use std::fmt;
use std::str::FromStr;

/// The longest unit name in bytes.
pub const NAME_MAX: usize = 255;

/// The type of a unit, which is the suffix of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum UnitKind {
    Service,
    Socket,
    Target,
    Device,
    Mount,
    Automount,
    Swap,
    Timer,
    Path,
    Slice,
    Scope,
}

impl UnitKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Service,
        Self::Socket,
        Self::Target,
        Self::Device,
        Self::Mount,
        Self::Automount,
        Self::Swap,
        Self::Timer,
        Self::Path,
        Self::Slice,
        Self::Scope,
    ];

    /// The suffix without the dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Socket => "socket",
            Self::Target => "target",
            Self::Device => "device",
            Self::Mount => "mount",
            Self::Automount => "automount",
            Self::Swap => "swap",
            Self::Timer => "timer",
            Self::Path => "path",
            Self::Slice => "slice",
            Self::Scope => "scope",
        }
    }

    /// The kind with this suffix, given without the dot.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.suffix() == suffix)
    }

    /// The name of the section that belongs to the kind, such as `Service`; targets and devices have none.
    pub fn section(self) -> Option<&'static str> {
        Some(match self {
            Self::Service => "Service",
            Self::Socket => "Socket",
            Self::Target | Self::Device => return None,
            Self::Mount => "Mount",
            Self::Automount => "Automount",
            Self::Swap => "Swap",
            Self::Timer => "Timer",
            Self::Path => "Path",
            Self::Slice => "Slice",
            Self::Scope => "Scope",
        })
    }

    /// Whether its settings say something about a sandbox or about resources.
    pub fn has_execution_settings(self) -> bool {
        matches!(
            self,
            Self::Service | Self::Socket | Self::Mount | Self::Swap | Self::Slice | Self::Scope
        )
    }

    /// Whether a symbolic link may give such a unit a second name.
    pub fn may_have_aliases(self) -> bool {
        matches!(
            self,
            Self::Service | Self::Socket | Self::Target | Self::Device | Self::Timer | Self::Path
        )
    }

    /// Whether there are templates of this kind.
    pub fn may_be_template(self) -> bool {
        matches!(
            self,
            Self::Service | Self::Socket | Self::Target | Self::Timer | Self::Path
        )
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.suffix())
    }
}

/// A valid unit name: plain (`a.service`), a template (`a@.service`) or an instance (`a@b.service`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitName {
    text: Box<str>,
    /// Offset of the first `@` before the suffix.
    at: Option<u8>,
    /// Offset of the dot of the suffix.
    dot: u8,
    kind: UnitKind,
}

impl UnitName {
    /// Checks a name.
    ///
    /// # Errors
    /// When systemd would not take it for a unit name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_MAX {
            return Err(NameError::TooLong);
        }
        let (stem, suffix) = text.rsplit_once('.').ok_or(NameError::Suffix)?;
        let kind = UnitKind::from_suffix(suffix).ok_or(NameError::Suffix)?;
        if stem.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(bad) = stem.chars().find(|&character| !valid_character(character)) {
            return Err(NameError::Character(bad));
        }
        let at = stem.find('@');
        if at == Some(0) {
            return Err(NameError::Empty);
        }
        Ok(Self {
            at: at.and_then(|at| u8::try_from(at).ok()),
            dot: u8::try_from(stem.len()).map_err(|_| NameError::TooLong)?,
            kind,
            text: text.into(),
        })
    }

    /// The whole name (`%n`).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The type.
    pub fn kind(&self) -> UnitKind {
        self.kind
    }

    /// The name without the suffix (`%N`).
    pub fn stem(&self) -> &str {
        self.text.get(..self.dot.into()).unwrap_or_default()
    }

    /// What comes before `@`, or else before the suffix (`%p`).
    pub fn prefix(&self) -> &str {
        self.text
            .get(..self.at.unwrap_or(self.dot).into())
            .unwrap_or_default()
    }

    /// What stands between `@` and the suffix (`%i`); empty for a template, `None` for a plain name.
    pub fn instance(&self) -> Option<&str> {
        let at = usize::from(self.at?);
        self.text.get(at + 1..self.dot.into())
    }

    /// Whether it is a template, that is, has an empty instance.
    pub fn is_template(&self) -> bool {
        self.instance() == Some("")
    }

    /// Whether it is an instance of a template.
    pub fn is_instance(&self) -> bool {
        self.instance().is_some_and(|instance| !instance.is_empty())
    }

    /// The template of an instance.
    pub fn template(&self) -> Option<Self> {
        if !self.is_instance() {
            return None;
        }
        Self::parse(&format!("{}@.{}", self.prefix(), self.kind)).ok()
    }

    /// The instance of this template or of this instance's template.
    ///
    /// # Errors
    /// When the name has no `@`, or when the result is not valid.
    pub fn with_instance(&self, instance: &str) -> Result<Self, NameError> {
        if self.at.is_none() {
            return Err(NameError::NotATemplate);
        }
        Self::parse(&format!("{}@{instance}.{}", self.prefix(), self.kind))
    }

    /// The names of the directories whose drop-ins count for this name, most specific first: for `a-b@c.service` these are
    /// `a-b@c.service.d`, `a-b@.service.d`, `a-.service.d`, `a-@c.service.d` and `a-@.service.d`. The directory of the kind,
    /// `service.d`, comes after those of all names of a unit and is not among them.
    pub fn drop_in_dirs(&self) -> Vec<String> {
        let kind = self.kind;
        let instance = self.instance().filter(|instance| !instance.is_empty());
        let mut dirs = Vec::new();
        let mut add = |dir: String| dirs.push(dir);
        let Some(instance) = instance else {
            add(format!("{}.d", self.text));
            truncated(self.prefix()).for_each(|prefix| add(format!("{prefix}.{kind}.d")));
            return dirs;
        };
        add(format!("{}.d", self.text));
        add(format!("{}@.{kind}.d", self.prefix()));
        truncated(self.prefix()).for_each(|prefix| add(format!("{prefix}.{kind}.d")));
        for prefix in truncated(self.prefix()) {
            add(format!("{prefix}@{instance}.{kind}.d"));
            add(format!("{prefix}@.{kind}.d"));
        }
        dirs
    }
}

/// The beginnings of a prefix that end with a dash: `a-b-` and `a-` for `a-b-c`.
fn truncated(prefix: &str) -> impl Iterator<Item = &str> {
    let mut prefix = prefix;
    std::iter::from_fn(move || {
        let dash = prefix.strip_suffix('-').unwrap_or(prefix).rfind('-')?;
        prefix = prefix.get(..=dash).filter(|_| dash > 0)?;
        Some(prefix)
    })
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for UnitName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl AsRef<str> for UnitName {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

fn valid_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, ':' | '-' | '_' | '.' | '\\' | '@')
}

/// Why a text is no unit name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing stands before the suffix or before `@`.
    Empty,
    /// Longer than [`NAME_MAX`].
    TooLong,
    /// No suffix such as `.service`, or an unknown one.
    Suffix,
    /// A character that unit names do not have.
    Character(char),
    /// An instance was asked for where there is no `@`.
    NotATemplate,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("A unit name needs something before its suffix and before “@”.")
            }
            Self::TooLong => write!(f, "A unit name has at most {NAME_MAX} bytes."),
            Self::Suffix => f.write_str("A unit name ends with a unit type, such as “.service”."),
            Self::Character(character) => write!(
                f,
                "A unit name has only ASCII letters, digits and “:-_.\\@”, not {character:?}."
            ),
            Self::NotATemplate => f.write_str("Only a name with “@” has instances."),
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests;
