//! The lossless syntax of unit files and of the manager's configuration files.
//!
//! [`Document::parse`] never fails. It cuts a file into [`Item`]s that cover every byte, so that the bytes come out
//! again as they went in, and notes [`Problem`]s beside them. The rules are those of systemd 252 to 262, see
//! systemd.syntax(7) and what its parser was seen to do:
//!
//! * A line ends with LF, CR or NUL, or with several of them in any order as long as none comes twice and NUL comes last.
//! * A line whose first character other than blank and tab is `#` or `;` is a comment, also inside a continued line,
//!   which then goes on.
//! * An odd number of backslashes at the very end of a line joins it with the next one; the last backslash turns into
//!   a blank. An empty line ends the continuation. Blanks after the backslash undo it.
//! * Blanks around lines, keys and values are stripped; a byte order mark at the start of one line is skipped.

mod document;
mod parser;
mod problem;

#[cfg(test)]
mod tests;

pub use document::{Assignment, Assignments, Document, Item, ItemKind, Items, Value};
pub use problem::{Effect, Problem, ProblemKind};

/// systemd reads lines shorter than this, and joined lines up to this length, in bytes (`LONG_LINE_MAX`).
pub const LINE_MAX: usize = 1024 * 1024;

/// How many problems a document records; the first fatal one is always among them.
pub const PROBLEMS_MAX: usize = 10_000;

/// A range of bytes in a file, end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset of the byte after the last.
    pub end: u32,
}

impl Span {
    /// The span as a range, for slicing the document's bytes.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a file for people, both numbers starting at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line number. Lines end where systemd ends them.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}
