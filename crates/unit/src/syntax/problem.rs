//! What is wrong with the syntax of a file.

use super::Span;
use std::fmt;

/// A piece of a file that systemd does not read as its author meant it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Where, in bytes of the file.
    pub span: Span,
    /// The number of the line, starting at 1.
    pub line: u32,
}

impl Problem {
    /// What systemd makes of it.
    pub fn effect(&self) -> Effect {
        self.kind.effect()
    }

    /// The problem as a sentence.
    pub fn message(&self) -> &'static str {
        self.kind.message()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message())
    }
}

/// What systemd makes of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// The text is read, without a word, in a way that is hardly meant.
    Accepted,
    /// The line is skipped, usually with a warning.
    Ignored,
    /// Reading stops: a unit file is refused as a whole, a drop-in counts up to this line.
    Fatal,
}

/// The kinds of syntax problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// An assignment, or other text, before the first section header.
    OutsideSection,
    /// A line in a section without `=`.
    MissingEquals,
    /// A line that starts with `=`.
    MissingKey,
    /// Bytes that are not UTF-8, outside a comment.
    InvalidUtf8,
    /// A line longer than [`LINE_MAX`](super::LINE_MAX), or a continued line that becomes longer.
    LineTooLong,
    /// A NUL byte. systemd takes it for the end of a line.
    NulByte,
    /// A line that starts with `[` and does not end with `]`.
    InvalidSectionHeader,
    /// Control characters, quotes or backslashes in the name of a section.
    UnsafeSectionName,
    /// Blanks after a backslash at the end of a line, which cancel the continuation.
    BlankAfterBackslash,
    /// The file ends in the middle of a continued line.
    UnfinishedContinuation,
    /// The file is longer than 4 GiB and was not parsed.
    FileTooLarge,
}

impl ProblemKind {
    /// What systemd makes of such a problem.
    pub fn effect(self) -> Effect {
        match self {
            Self::OutsideSection | Self::MissingEquals | Self::MissingKey => Effect::Ignored,
            Self::NulByte | Self::BlankAfterBackslash | Self::UnfinishedContinuation => {
                Effect::Accepted
            }
            Self::InvalidUtf8
            | Self::LineTooLong
            | Self::InvalidSectionHeader
            | Self::UnsafeSectionName
            | Self::FileTooLarge => Effect::Fatal,
        }
    }

    /// A sentence for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::OutsideSection => {
                "This line stands before the first section header, so systemd ignores it."
            }
            Self::MissingEquals => {
                "This line has no “=”, so systemd ignores it. An assignment is written Key=value."
            }
            Self::MissingKey => "There is no key before “=”, so systemd ignores this line.",
            Self::InvalidUtf8 => {
                "This line is not valid UTF-8; systemd stops reading the file here."
            }
            Self::LineTooLong => {
                "This line is longer than 1 MiB; systemd stops reading the file here."
            }
            Self::NulByte => "A NUL byte stands here; systemd takes it for the end of a line.",
            Self::InvalidSectionHeader => {
                "This section header does not end with “]”; systemd stops reading the file here."
            }
            Self::UnsafeSectionName => {
                "This section name holds control characters, quotes or backslashes; systemd stops reading the file here."
            }
            Self::BlankAfterBackslash => {
                "Blanks follow the backslash, so the line is not continued and the backslash is part of the value."
            }
            Self::UnfinishedContinuation => {
                "The file ends after a backslash that announces another line."
            }
            Self::FileTooLarge => "This file is larger than 4 GiB and was not read.",
        }
    }
}
