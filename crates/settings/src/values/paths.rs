//! Lists of paths (systemd.exec(5), "Sandboxing").

use std::fmt;

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::keyed::Keyed;
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// A path with the marks in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedPath {
    /// The absolute path.
    pub path: String,
    /// `-`: a missing path is no error.
    pub optional: bool,
    /// `+`: the path is inside RootDirectory= or RootImage=.
    pub in_root: bool,
}

/// ReadWritePaths=, ReadOnlyPaths=, InaccessiblePaths=, ExecPaths=, NoExecPaths=: paths separated by white space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedPaths(pub Vec<Item<MarkedPath>>);

/// Paths without marks, one an assignment: IPIngressFilterPath= and IPEgressFilterPath=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathLines(pub Keyed<String>);

/// TemporaryFileSystem=: mount points with options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemporaryFileSystems(pub Vec<Item<TemporaryFileSystem>>);

/// One entry of TemporaryFileSystem=.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryFileSystem {
    /// The mount point.
    pub path: String,
    /// Options of the mount, separated by commas, as written; empty for none.
    pub options: String,
}

/// BindPaths= and BindReadOnlyPaths=: one list, since an empty line of either clears both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binds(pub Vec<Item<Bind>>);

/// One entry of BindPaths= or BindReadOnlyPaths=.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The host's path.
    pub source: String,
    /// Where it appears.
    pub destination: String,
    /// `-`: a missing source is no error.
    pub optional: bool,
    /// Whether it comes from BindReadOnlyPaths=.
    pub read_only: bool,
    /// Whether mounts below the source come along.
    pub recursive: bool,
}

impl MarkedPath {
    /// Takes the marks `-` and `+`, in this order, from a word.
    fn marks(word: &str) -> (bool, bool, &str) {
        let (optional, rest) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        match rest.strip_prefix('+') {
            Some(path) => (optional, true, path),
            None => (optional, false, rest),
        }
    }
}

impl fmt::Display for MarkedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = if self.optional { "-" } else { "" };
        let in_root = if self.in_root { "+" } else { "" };
        write!(f, "{optional}{in_root}{}", self.path)
    }
}

impl fmt::Display for Bind {
    /// As systemctl prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = if self.optional { "-" } else { "" };
        let recursive = if self.recursive { ":rbind" } else { "" };
        write!(
            f,
            "{optional}{}:{}{recursive}",
            self.source, self.destination
        )
    }
}

impl Value for MarkedPaths {
    const PARSER: &'static str = "path-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE) {
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
            let expanded = match cx.expand(&word.text) {
                Ok(expanded) => expanded,
                Err(error) => {
                    cx.report(Effect::Skipped, &word.text, word.range, error);
                    continue;
                }
            };
            let (optional, in_root, path) = MarkedPath::marks(&expanded);
            match normalized(path, cx.version) {
                Some(path) => {
                    let value = MarkedPath {
                        path,
                        optional,
                        in_root,
                    };
                    self.0.push(Item {
                        value,
                        origin: cx.origin,
                    });
                }
                None => cx.report(Effect::Skipped, &word.text, word.range, PATH),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.iter().map(|item| item.value.to_string()));
    }
}

/// ExecSearchPath=: directories separated by colons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColonPaths(pub Vec<Item<String>>);

impl Value for ColonPaths {
    const PARSER: &'static str = "path-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::PLAIN.separated_by(":")).filter_map(Result::ok) {
            match cx
                .expand(&word.text)
                .map(|path| normalized(&path, cx.version))
            {
                Ok(Some(value)) => self.0.push(Item {
                    value,
                    origin: cx.origin,
                }),
                Ok(None) => cx.report(Effect::Skipped, &word.text, word.range, PATH),
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.iter().map(|item| item.value.clone()));
    }
}

impl Value for PathLines {
    const PARSER: &'static str = "path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let expanded = match cx.expand(text) {
            Ok(expanded) => expanded,
            Err(error) => return cx.ignored(text, error),
        };
        match normalized(&expanded, cx.version) {
            Some(value) => {
                let origin = cx.origin;
                self.0.insert(value.clone(), Item { value, origin });
                Assigned::Set
            }
            None => cx.ignored(text, PATH),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.iter().map(|item| item.value.clone()));
    }
}

impl Value for TemporaryFileSystems {
    const PARSER: &'static str = "tmpfs-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE) {
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
            let (path, options) = word.text.split_once(':').unwrap_or((&word.text, ""));
            let entry = cx.expand(path).and_then(|path| {
                let path = normalized(&path, cx.version).ok_or_else(|| PATH.to_owned())?;
                let options = cx.expand(options)?.into_owned();
                Ok(TemporaryFileSystem { path, options })
            });
            match entry {
                Ok(value) => self.0.push(Item {
                    value,
                    origin: cx.origin,
                }),
                Err(expected) => cx.report(Effect::Skipped, &word.text, word.range, expected),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_words(
            self.0
                .iter()
                .map(|Item { value, .. }| match value.options.as_str() {
                    "" => value.path.clone(),
                    options => format!("{}:{options}", value.path),
                }),
        );
    }
}

impl TemporaryFileSystem {
    /// Whether the options make it read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.options.split(',').any(|option| option.trim() == "ro")
    }
}

impl Value for Binds {
    const PARSER: &'static str = "bind-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let read_only = cx.directive == "BindReadOnlyPaths";
        // Up to 261, what follows a bad part is a source again; later the rest of its word is skipped.
        if cx.version < Version::V262 {
            self.read(text, 0, BIND, read_only, cx);
            return Assigned::Set;
        }
        for word in Words::new(text, WORD) {
            match word {
                Ok(word) => self.read(&word.text, word.range.start, COLONS, read_only, cx),
                Err(error) => {
                    let range = error.offset..text.len();
                    cx.report(Effect::Skipped, text, range, error.to_string());
                    break;
                }
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for (name, read_only) in [("BindPaths", false), ("BindReadOnlyPaths", true)] {
            let binds = self
                .0
                .iter()
                .filter(|item| item.value.read_only == read_only);
            shown.put_as(
                name,
                crate::show::joined(binds.map(|item| item.value.to_string())),
            );
        }
    }
}

/// Words whose quotes are gone and whose escapes stay.
const WORD: Mode = Mode {
    backslash: unitward_unit::words::Backslash::Ordinary,
    ..Mode::UNQUOTE
};
/// The parts of such a word.
const COLONS: Mode = Mode::UNQUOTE.separated_by(":").with_empty_words();
/// Colons and blanks divide alike; which of the two it was decides what the next word is.
const BIND: Mode = Mode::UNQUOTE.separated_by(": \t\n\r").with_empty_words();

impl Binds {
    /// Reads all that stands in `text`, which starts at `shift` of the value.
    fn read(
        &mut self,
        text: &str,
        shift: usize,
        mode: Mode,
        read_only: bool,
        cx: &mut Context<'_>,
    ) {
        let mut words = Words::new(text, mode);
        while let Some(source) = words.next() {
            let from = source.as_ref().map_or(0, |source| source.range.start);
            let bind = source
                .map_err(|error| error.to_string())
                .and_then(|source| Bind::read(&source.text, text, &mut words, mode, cx));
            let origin = cx.origin;
            match bind {
                Ok(value) => {
                    let value = Bind { read_only, ..value };
                    self.0.push(Item { value, origin });
                }
                Err(expected) => {
                    let word = text.get(from..words.offset()).unwrap_or_default();
                    let range = from + shift..from + shift + word.len();
                    cx.report(Effect::Skipped, word, range, expected);
                    if mode == COLONS {
                        break;
                    }
                }
            }
        }
    }
}

impl Bind {
    /// Reads what follows the source. After a bad part, the next word is a source again.
    fn read(
        source: &str,
        text: &str,
        words: &mut Words<'_>,
        mode: Mode,
        cx: &Context<'_>,
    ) -> Result<Self, String> {
        let path = |text: &str| {
            let text = cx.expand(text)?;
            normalized(&text, cx.version).ok_or_else(|| PATH.to_owned())
        };
        let colon = |words: &Words<'_>| {
            let before = words.offset().checked_sub(1);
            before.and_then(|at| text.as_bytes().get(at)) == Some(&b':')
        };
        let source = cx.expand(source)?;
        let (optional, source) = match source.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, &*source),
        };
        let source = normalized(source, cx.version).ok_or_else(|| PATH.to_owned())?;
        let mut destination = source.clone();
        let mut recursive = true;
        if colon(words) {
            let word = words.next().ok_or("a destination after the colon")?;
            destination = path(&word.map_err(|error| error.to_string())?.text)?;
            if colon(words) {
                words.set_mode(Mode::UNQUOTE);
                let options = words
                    .next()
                    .transpose()
                    .map_err(|error| error.to_string())?;
                words.set_mode(mode);
                recursive = match options.as_ref().map_or("", |word| &*word.text) {
                    "" | "rbind" => true,
                    "norbind" => false,
                    _ => return Err("rbind or norbind".to_owned()),
                };
            }
        }
        Ok(Self {
            source,
            destination,
            optional,
            read_only: false,
            recursive,
        })
    }
}
