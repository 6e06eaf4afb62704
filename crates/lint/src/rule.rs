//! What a rule is.

use std::fmt;

use crate::finding::Report;
use crate::subject::Subject;

/// A rule.
pub struct Rule {
    /// The code, such as `UWB001`: a family and a number, for ever.
    pub code: &'static str,
    /// The name, such as `missing-path`.
    pub name: &'static str,
    /// The family it belongs to.
    pub family: Family,
    /// How bad a finding is, unless the rule says otherwise for a single one.
    pub severity: Severity,
    /// What it finds, in a sentence.
    pub summary: &'static str,
    /// The directives it is about; empty for rules about the form of a file.
    pub directives: &'static [&'static str],
    pub(crate) source: &'static str,
    pub(crate) check: fn(&Subject<'_>, &mut Report<'_>),
}

/// A family of rules, which is also the start of their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `UWX`: the text of a file.
    Syntax,
    /// `UWC`: settings that do nothing where they stand.
    NoEffect,
    /// `UWV`: settings that the systemd aimed at does not know.
    Version,
    /// `UWH`: protection that a neighbour leaves open.
    Hole,
    /// `UWB`: settings that break the service.
    Breakage,
    /// `UWD`: drop-ins that switch protections off.
    Weakening,
    /// `UWP`: rules of the administrator.
    Policy,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Weaker than it looks, or without effect.
    Warning,
    /// Broken, or wide open.
    Error,
}

impl Rule {
    /// Whether a word names it: its code, its family, its name, or all rules (`ALL`, `*`).
    #[must_use]
    pub fn answers_to(&self, word: &str) -> bool {
        word == "ALL"
            || word == "*"
            || word == self.name
            || word.eq_ignore_ascii_case(self.code)
            || word.eq_ignore_ascii_case(self.family.prefix())
    }

    /// The documentation: the comment at the head of the rule's file, as Markdown.
    #[must_use]
    pub fn documentation(&self) -> String {
        let lines = self
            .source
            .lines()
            .take_while(|line| line.starts_with("//!"));
        let mut text = String::new();
        for line in lines {
            let line = line.trim_start_matches("//!");
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 7] = [
        Self::Syntax,
        Self::NoEffect,
        Self::Version,
        Self::Hole,
        Self::Breakage,
        Self::Weakening,
        Self::Policy,
    ];

    /// The start of its codes.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Syntax => "UWX",
            Self::NoEffect => "UWC",
            Self::Version => "UWV",
            Self::Hole => "UWH",
            Self::Breakage => "UWB",
            Self::Weakening => "UWD",
            Self::Policy => "UWP",
        }
    }

    /// What its rules find, as a heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Syntax => "Syntax",
            Self::NoEffect => "No effect",
            Self::Version => "Version",
            Self::Hole => "Holes",
            Self::Breakage => "Will break",
            Self::Weakening => "Weakening drop-ins",
            Self::Policy => "Policy",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
