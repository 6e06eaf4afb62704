//! The environment of the processes (systemd.exec(5), "Environment").

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::keyed::Keyed;
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// Environment=: variables by name; a later one replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(pub Keyed<Variable>);

/// A variable and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// EnvironmentFile=: files that are read when the service starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFiles(pub Vec<Item<EnvironmentFile>>);

/// A file of variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// The path, or a pattern of paths.
    pub path: String,
    /// `-`: a missing file is no error.
    pub optional: bool,
}

/// PassEnvironment=: names of variables of the manager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableNames(pub Keyed<String>);

/// UnsetEnvironment=: names, or variables with the value that is unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsetVariables(pub Vec<Item<String>>);

/// Letters, digits and `_`, not starting with a digit.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The name and value of an assignment. Control characters but tab and newline make it invalid.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let plain = |c: char| !c.is_ascii_control() || matches!(c, '\t' | '\n');
    (is_name(name) && value.chars().all(plain)).then_some((name, value))
}

/// Gives every word with its specifiers expanded; bad ones are skipped with a warning.
fn each_word(
    text: &str,
    mode: Mode,
    cx: &mut Context<'_>,
    expected: &'static str,
    mut take: impl FnMut(&str, &Context<'_>) -> bool,
) -> Assigned {
    for word in Words::new(text, mode) {
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
            Ok(expanded) if take(&expanded, cx) => {}
            Ok(_) => cx.report(Effect::Skipped, &word.text, word.range, expected),
            Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
        }
    }
    Assigned::Set
}

impl Value for Environment {
    const PARSER: &'static str = "env-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        each_word(text, Mode::UNQUOTE_C, cx, "NAME=VALUE", |word, cx| {
            let Some((name, value)) = assignment(word) else {
                return false;
            };
            let variable = Variable {
                name: name.to_owned(),
                value: value.to_owned(),
            };
            let origin = cx.origin;
            self.0.insert(
                name.to_owned(),
                Item {
                    value: variable,
                    origin,
                },
            );
            true
        })
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(
            self.0
                .iter()
                .map(|item| format!("{}={}", item.value.name, item.value.value)),
        );
    }
}

impl Value for EnvironmentFiles {
    const PARSER: &'static str = "file-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let expanded = match cx.expand(text) {
            Ok(expanded) => expanded,
            Err(error) => return cx.ignored(text, error),
        };
        let (optional, path) = match expanded.strip_prefix('-') {
            Some(path) => (true, path),
            None => (false, &*expanded),
        };
        let Some(path) = normalized(path, cx.version) else {
            return cx.ignored(text, PATH);
        };
        let value = EnvironmentFile { path, optional };
        let origin = cx.origin;
        self.0.push(Item { value, origin });
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in &self.0 {
            let ignore = if value.optional { "yes" } else { "no" };
            shown.put_as(
                "EnvironmentFiles",
                format!("{} (ignore_errors={ignore})", value.path),
            );
        }
    }
}

impl Value for VariableNames {
    const PARSER: &'static str = "name-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        each_word(
            text,
            Mode::UNQUOTE,
            cx,
            "the name of a variable",
            |word, cx| {
                let valid = is_name(word);
                if valid {
                    let origin = cx.origin;
                    let value = word.to_owned();
                    self.0.insert(word.to_owned(), Item { value, origin });
                }
                valid
            },
        )
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_words(self.0.iter().map(|item| &item.value));
    }
}

impl Value for UnsetVariables {
    const PARSER: &'static str = "name-or-assignment-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        each_word(
            text,
            Mode::UNQUOTE_C,
            cx,
            "NAME or NAME=VALUE",
            |word, cx| {
                let valid = is_name(word) || assignment(word).is_some();
                self.0.extend(valid.then(|| Item {
                    value: word.to_owned(),
                    origin: cx.origin,
                }));
                valid
            },
        )
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.iter().map(|item| item.value.clone()));
    }
}
