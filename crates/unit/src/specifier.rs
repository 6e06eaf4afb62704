//! Specifiers: `%n` and its siblings (systemd.unit(5), "Specifiers").

use crate::host::{HostFacts, OsField};
use crate::load::real_path;
use crate::name::UnitName;
use crate::name::{path_unescape, unescape};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

/// What specifiers stand for in a unit.
#[derive(Clone, Copy, Debug)]
pub struct Specifiers<'a> {
    /// The unit.
    pub name: &'a UnitName,
    /// Its main file.
    pub fragment: Option<&'a Path>,
    /// The system and the user.
    pub facts: &'a HostFacts,
    /// The major version of systemd: `%D` is known from 255 on.
    pub systemd: u16,
    /// The slice that the lines above have set, for the outdated `%c` and `%r`.
    pub slice: Option<&'a str>,
}

/// A specifier that stands for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecifierError {
    /// The letter.
    pub letter: char,
    /// Where its `%` stands in the text, in bytes.
    pub offset: usize,
    /// Why.
    pub cause: SpecifierCause,
}

/// Why a specifier stands for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecifierCause {
    /// There is no such specifier.
    Unknown,
    /// What it stands for is not known here.
    Unresolved,
}

impl fmt::Display for SpecifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            SpecifierCause::Unknown => {
                write!(
                    f,
                    "a known specifier instead of %{} (%% is a percent sign)",
                    self.letter
                )
            }
            SpecifierCause::Unresolved => {
                write!(
                    f,
                    "a specifier that can be resolved here instead of %{}",
                    self.letter
                )
            }
        }
    }
}

impl std::error::Error for SpecifierError {}

impl Specifiers<'_> {
    /// Puts in what specifiers stand for. A `%` in front of something that is neither letter nor digit stays.
    ///
    /// # Errors
    /// An unknown letter or digit, or one that stands for nothing here.
    pub fn expand<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, SpecifierError> {
        if !text.contains('%') {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            let offset = text.len() - rest.len() + at;
            out.push_str(rest.get(..at).unwrap_or_default());
            let mut behind = rest.get(at + 1..).unwrap_or_default().chars();
            match behind.next() {
                None => out.push('%'),
                Some('%') => out.push('%'),
                Some(letter) if letter.is_ascii_alphanumeric() => {
                    let fail = |cause| SpecifierError {
                        letter,
                        offset,
                        cause,
                    };
                    let value = self.value(letter).ok_or(fail(SpecifierCause::Unknown))?;
                    out.push_str(&value.ok_or(fail(SpecifierCause::Unresolved))?);
                }
                Some(other) => {
                    out.push('%');
                    out.push(other);
                }
            }
            rest = behind.as_str();
        }
        out.push_str(rest);
        Ok(Cow::Owned(out))
    }

    /// What a letter stands for; none for an unknown one, some none for one that stands for nothing here.
    fn value(&self, letter: char) -> Option<Option<Cow<'_, str>>> {
        let facts = self.facts;
        let prefix = self.name.prefix();
        let instance = self.name.instance().unwrap_or_default();
        let last = || prefix.rsplit('-').next().unwrap_or(prefix);
        let text = |text: &'static str| Some(Cow::Borrowed(text));
        let value = match letter {
            'n' => Some(self.name.as_str().into()),
            'N' => Some(self.name.stem().into()),
            'p' => Some(prefix.into()),
            'P' => unescape(prefix).ok(),
            'i' => Some(instance.into()),
            'I' => unescape(instance).ok(),
            'j' => Some(last().into()),
            'J' => unescape(last()).ok(),
            'f' if instance.is_empty() => path_unescape(prefix).ok().map(Cow::Owned),
            'f' => path_unescape(instance).ok().map(Cow::Owned),
            'y' => self
                .real_fragment()
                .map(|path| path.to_string_lossy().into_owned().into()),
            'Y' => {
                let path = self.real_fragment();
                path.as_deref()
                    .and_then(Path::parent)
                    .map(|parent| parent.to_string_lossy().into_owned().into())
            }
            // Control groups as they are known while a unit is read: a slice that is set further down, or nowhere, is not.
            'c' => Some(format!("{}/{}", self.slice_path(), self.name).into()),
            'r' => Some(
                self.slice_name()
                    .map_or(String::new(), |name| format!("/{name}.slice"))
                    .into(),
            ),
            'R' => text(""),
            'd' => Some(format!("{}/credentials/{}", self.runtime()?, self.name).into()),
            't' => self.runtime().map(Into::into),
            'S' => self.folder("/var/lib", |user| user.state.as_deref(), ".local/state"),
            'C' => self.folder("/var/cache", |user| user.cache.as_deref(), ".cache"),
            'L' => self
                .folder("/var/log", |user| user.state.as_deref(), ".local/state")
                .map(|folder| {
                    if facts.of_user().is_some() {
                        folder + "/log"
                    } else {
                        folder
                    }
                }),
            'E' => self.folder("/etc", |user| user.config.as_deref(), ".config"),
            'D' if self.systemd < 255 => return None,
            'D' => self.folder("/usr/share", |user| user.data.as_deref(), ".local/share"),
            'T' => text("/tmp"),
            'V' => text("/var/tmp"),
            'u' => Some(facts.of_user().map_or("root", |user| &user.name).into()),
            'U' => Some(
                facts
                    .of_user()
                    .map_or(0, |user| user.uid)
                    .to_string()
                    .into(),
            ),
            'g' => Some(facts.of_user().map_or("root", |user| &user.group).into()),
            'G' => Some(
                facts
                    .of_user()
                    .map_or(0, |user| user.gid)
                    .to_string()
                    .into(),
            ),
            'h' => Some(facts.of_user().map_or("/root", |user| &user.home).into()),
            's' => Some(
                facts
                    .of_user()
                    .map_or_else(|| facts.root_shell(), |user| &user.shell)
                    .into(),
            ),
            'm' => facts.machine_id().map(Into::into),
            'b' => facts.boot_id().map(Into::into),
            'H' => facts.host_name().map(Into::into),
            'l' => facts
                .host_name()
                .map(|name| name.split('.').next().unwrap_or(name).into()),
            'q' => facts.pretty_host_name().map(Into::into),
            'v' => facts.kernel().map(Into::into),
            'a' => text(architecture()),
            'o' => Some(facts.os_release(OsField::Id).into()),
            'w' => Some(facts.os_release(OsField::VersionId).into()),
            'B' => Some(facts.os_release(OsField::BuildId).into()),
            'M' => Some(facts.os_release(OsField::ImageId).into()),
            'A' => Some(facts.os_release(OsField::ImageVersion).into()),
            'W' => Some(facts.os_release(OsField::VariantId).into()),
            _ => return None,
        };
        Some(value)
    }

    /// The main file with all symbolic links followed, as seen below the root directory.
    fn real_fragment(&self) -> Option<PathBuf> {
        let fragment = self.fragment?;
        Some(real_path(self.facts.root(), fragment).unwrap_or_else(|| fragment.to_owned()))
    }

    fn runtime(&self) -> Option<String> {
        match self.facts.of_user() {
            None => Some("/run".to_owned()),
            Some(user) => user.runtime.clone(),
        }
    }

    /// A folder of the system, or that of a user: from the environment, else below the home directory.
    fn folder(
        &self,
        system: &'static str,
        own: impl Fn(&crate::host::UserFacts) -> Option<&str>,
        below_home: &str,
    ) -> Option<Cow<'_, str>> {
        match self.facts.of_user() {
            None => Some(system.into()),
            Some(user) => Some(match own(user) {
                Some(folder) => folder.to_owned().into(),
                None => format!("{}/{below_home}", user.home).into(),
            }),
        }
    }

    /// The slice without its ending; none for the root slice.
    fn slice_name(&self) -> Option<&str> {
        let name = self.slice?.strip_suffix(".slice")?;
        (name != "-").then_some(name)
    }

    /// The control group of the slice: that of `a-b.slice` is below that of `a.slice`.
    fn slice_path(&self) -> String {
        let Some(name) = self.slice_name() else {
            return String::new();
        };
        let ends = name.match_indices('-').map(|(at, _)| at);
        let slices = ends.chain([name.len()]).filter_map(|end| name.get(..end));
        slices.map(|slice| format!("/{slice}.slice")).collect()
    }
}

/// systemd's word for the architecture this program was built for.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64-le",
        "powerpc64" => "ppc64",
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn expand(unit: &str, text: &str) -> Result<String, char> {
        let name = UnitName::parse(unit).unwrap();
        let facts = HostFacts::default();
        let fragment = Some(Path::new("/etc/systemd/system/x@.service"));
        let specifiers = Specifiers {
            name: &name,
            fragment,
            facts: &facts,
            systemd: 257,
            slice: Some("my-x.slice"),
        };
        let expanded = specifiers.expand(text).map_err(|error| error.letter);
        expanded.map(Cow::into_owned)
    }

    #[test]
    fn names_are_taken_apart() {
        let unit = r"foo-bar@a-b\x2dc.service";
        for (text, value) in [
            ("%n", unit),
            ("%N", r"foo-bar@a-b\x2dc"),
            ("%p %P", "foo-bar foo/bar"),
            ("%i", r"a-b\x2dc"),
            ("%I", "a/b-c"),
            ("%j %J", "bar bar"),
            ("%f", "/a/b-c"),
            ("%Y", "/etc/systemd/system"),
            ("100%%", "100%"),
            ("100% x%", "100% x%"),
            ("%t/%S/%u%U", "/run//var/lib/root0"),
            ("%r|%R", "/my-x.slice|"),
        ] {
            assert_eq!(expand(unit, text).as_deref(), Ok(value), "{text}");
        }
        assert_eq!(expand("foo.service", "%i|%f").as_deref(), Ok("|/foo"));
    }

    #[test]
    fn unknown_letters_are_errors() {
        assert_eq!(expand("a.service", "x%Qy"), Err('Q'));
        assert_eq!(expand("a.service", "%z"), Err('z'));
        assert_eq!(expand("a.service", "%3"), Err('3'));
        assert_eq!(expand("a.service", "%-%é").as_deref(), Ok("%-%é"));
        assert_eq!(expand(r"a@b\x2.service", "%I"), Err('I'));
        assert_eq!(expand("a@-b.service", "%f"), Err('f'));
    }
}
