//! What is proposed: lines with their evidence and what is weaker, what stays open, and what a person may do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;

use unitward_catalog::{Capabilities, Degree, directive};
use unitward_seccomp::SyscallSet;

use super::calls;

/// Settings that a service is likely to work with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proposal {
    /// The lines, in the order in which they are written.
    pub lines: Vec<Line>,
    /// Checks of the exposure level that stay bad, with the reason.
    pub open: Vec<Open>,
    /// What a person may do, or should know: what was never exercised, which user the service could have.
    pub suggestions: Vec<String>,
    /// The first lines of the drop-in.
    pub(super) title: String,
    /// The systemd that it is for, whose sets of system calls are meant.
    pub(super) systemd: u16,
    /// The root of the files that are named.
    pub(super) root: PathBuf,
    /// What is proposed when the service is not started as another user.
    pub(super) otherwise: Option<Box<Proposal>>,
}

/// A directive with its value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Line {
    /// Its name.
    pub directive: &'static str,
    /// What it is set to.
    pub value: Value,
    /// Sentences without a full stop: what was seen, or not seen, and what was widened.
    pub evidence: Vec<String>,
    /// What would allow more, the smallest step first; the last one leaves the line out.
    pub weaker: Vec<Weaker>,
    /// How much it stops and how likely it breaks something, after the catalogue.
    pub risk: Option<(Degree, Degree)>,
    /// What it holds, for lines that can be loosened by an item.
    pub(super) content: Content,
}

/// The assignments of one directive, in their order: an empty one resets what was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(pub Vec<String>);

/// A weaker value of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weaker {
    /// The value; none to leave the line out.
    pub value: Option<Value>,
    /// What else has to be said then: a directive and its value.
    pub with: Option<(&'static str, String)>,
}

/// A check of the exposure level that stays bad.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Open {
    /// The directive.
    pub directive: &'static str,
    /// Why, as a sentence without a full stop.
    pub reason: String,
    /// What was seen.
    pub evidence: Vec<String>,
}

/// What a line is made of.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A value that has no items.
    Plain,
    /// Calls that are allowed.
    Calls(SyscallSet),
    /// Capabilities that are kept.
    Capabilities(Capabilities),
    /// Words of one assignment; `replaces` puts an empty assignment before it.
    Words {
        words: BTreeSet<String>,
        replaces: bool,
        /// What stands for no words at all.
        none: &'static str,
    },
    /// One assignment an item: an item and what is said of it.
    Items(BTreeMap<String, String>),
}

impl Value {
    /// One assignment.
    #[must_use]
    pub fn one(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }
}

impl Weaker {
    /// Another value.
    pub(super) fn value(text: &str) -> Self {
        Self {
            value: Some(Value::one(text)),
            with: None,
        }
    }

    /// Nothing.
    pub(super) const fn nothing() -> Self {
        Self {
            value: None,
            with: None,
        }
    }
}

impl Line {
    /// A line with a value that has no items.
    pub(super) fn plain(name: &'static str, value: &str, evidence: Vec<String>) -> Self {
        Self {
            directive: name,
            value: Value::one(value),
            evidence,
            weaker: vec![Weaker::nothing()],
            risk: directive(name).and_then(|directive| directive.risk_of(value)),
            content: Content::Plain,
        }
    }

    /// A line with items.
    pub(super) fn of(
        name: &'static str,
        content: Content,
        systemd: u16,
        evidence: Vec<String>,
    ) -> Self {
        let mut line = Self::plain(name, "", evidence);
        line.content = content;
        line.write(systemd);
        line
    }

    pub(super) fn or(mut self, weaker: impl IntoIterator<Item = Weaker>) -> Self {
        self.weaker = weaker.into_iter().chain([Weaker::nothing()]).collect();
        self
    }

    /// Writes the value anew after the content has changed.
    pub(super) fn write(&mut self, systemd: u16) {
        self.value = match &self.content {
            Content::Plain => return,
            Content::Calls(calls) => Value(calls::written(calls, systemd)),
            Content::Capabilities(set) => {
                let names: Vec<String> = set.iter().map(|one| one.to_string()).collect();
                match names.is_empty() {
                    true => Value::one(""),
                    false => Value(vec![String::new(), names.join(" ")]),
                }
            }
            Content::Words {
                words,
                replaces,
                none,
            } => {
                let text = words.iter().cloned().collect::<Vec<_>>().join(" ");
                let text = if words.is_empty() {
                    (*none).to_owned()
                } else {
                    text
                };
                match replaces {
                    true => Value(vec![String::new(), text]),
                    false => Value::one(text),
                }
            }
            Content::Items(items) => Value(
                items
                    .iter()
                    .map(|(item, more)| match more.is_empty() {
                        true => item.clone(),
                        false => format!("{item} {more}"),
                    })
                    .collect(),
            ),
        };
    }
}

impl Proposal {
    /// Every assignment in its order: the directive, and what stands behind the equals sign.
    #[must_use]
    pub fn assignments(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for line in &self.lines {
            for value in &line.value.0 {
                all.push((line.directive.to_owned(), value.clone()));
            }
        }
        all
    }

    /// The line of a directive.
    #[must_use]
    pub fn line(&self, directive: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.directive == directive)
    }

    /// A drop-in with the evidence above every line, and what is left open at its end.
    #[must_use]
    pub fn drop_in(&self) -> String {
        let mut text = String::new();
        for line in self.title.lines() {
            comment(&mut text, "", line);
        }
        text.push_str("[Service]\n");
        for line in &self.lines {
            text.push('\n');
            for sentence in &line.evidence {
                comment(&mut text, "", &format!("{sentence}."));
            }
            for value in &line.value.0 {
                text.push_str(line.directive);
                text.push('=');
                text.push_str(value);
                text.push('\n');
            }
        }
        if !self.open.is_empty() {
            text.push_str("\n# Left open:\n");
            for open in &self.open {
                comment(
                    &mut text,
                    "",
                    &format!("{}=: {}.", open.directive, open.reason),
                );
                for sentence in &open.evidence {
                    comment(&mut text, "  ", &format!("{sentence}."));
                }
            }
        }
        if !self.suggestions.is_empty() {
            text.push_str("\n# To be known:\n");
            for suggestion in &self.suggestions {
                comment(&mut text, "", suggestion);
            }
        }
        text
    }
}

/// Adds a comment of lines that a person can read.
fn comment(text: &mut String, indent: &str, sentence: &str) {
    const WIDTH: usize = 110;
    let mut width = 0;
    for word in sentence.split_whitespace() {
        let word: String = word
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let length = word.chars().count();
        if width == 0 || width + 1 + length > WIDTH {
            if width > 0 {
                end_line(text);
            }
            text.push_str("# ");
            text.push_str(indent);
            width = indent.len();
        } else {
            text.push(' ');
            width += 1;
        }
        text.push_str(&word);
        width += length;
    }
    if width > 0 {
        end_line(text);
    }
}

/// A backslash at the end would make the next line a part of the comment.
fn end_line(text: &mut String) {
    if text.ends_with('\\') {
        text.push('.');
    }
    text.push('\n');
}
