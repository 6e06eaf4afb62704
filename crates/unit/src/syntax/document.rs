//! The parsed file and the views into it.

use super::parser::{Raw, Segment};
use super::{Effect, Position, Problem, Span, parser};
use std::ops::Range;
use std::sync::OnceLock;

/// A unit file or configuration file: its bytes, and what they are.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub(super) text: Text,
    /// Continued lines as systemd joins them, one after the other.
    pub(super) joined: String,
    pub(super) segments: Vec<Segment>,
    pub(super) items: Vec<Raw>,
    pub(super) problems: Vec<Problem>,
    /// How many items come before the point where systemd stops reading.
    pub(super) readable: usize,
    pub(super) places: OnceLock<Places>,
}

impl Document {
    /// Parses a file. Takes time and memory linear in its length.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Self {
        parser::parse(bytes.into())
    }

    /// The bytes of the file, exactly as given to [`Document::parse`].
    pub fn bytes(&self) -> &[u8] {
        self.text.bytes()
    }

    /// All items in the order of the file. Their spans follow each other and cover all bytes.
    pub fn items(&self) -> Items<'_> {
        Items {
            document: self,
            next: 0,
        }
    }

    /// The assignments that systemd reads: those in a section and before a fatal problem.
    pub fn assignments(&self) -> Assignments<'_> {
        Assignments {
            document: self,
            next: 0,
            section: "",
        }
    }

    /// The problems in the order of the file, at most [`PROBLEMS_MAX`](super::PROBLEMS_MAX).
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The problem at which systemd stops reading the file.
    pub fn fatal(&self) -> Option<&Problem> {
        self.problems
            .iter()
            .find(|problem| problem.effect() == Effect::Fatal)
    }

    /// The place of a byte for people. An offset beyond the end means the end. The first call takes time linear in the length
    /// of the file, later ones hardly any.
    pub fn position(&self, offset: u32) -> Position {
        let Places { lines, characters } = self.places.get_or_init(|| Places::new(self.bytes()));
        let bytes = self.bytes();
        let offset = (offset as usize).min(bytes.len());
        let line = lines.partition_point(|&start| start as usize <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|line| lines.get(line))
            .copied()
            .unwrap_or(0);
        let before = |offset: usize| {
            let block = offset / BLOCK;
            let rest = bytes.get(block * BLOCK..offset).unwrap_or_default();
            characters.get(block).copied().unwrap_or(0) + count(rest)
        };
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX).max(1),
            column: before(offset)
                .saturating_sub(before(start as usize))
                .saturating_add(1),
        }
    }

    fn slice(&self, item: &Raw, range: &Range<u32>) -> &str {
        let range = range.start as usize..range.end as usize;
        match item.segments.is_empty() {
            false => self.joined.get(range).unwrap_or_default(),
            true => self.text.slice(range),
        }
    }

    fn segments(&self, item: &Raw) -> &[Segment] {
        let range = item.segments.start as usize..item.segments.end as usize;
        self.segments.get(range).unwrap_or_default()
    }

    fn item_end(&self, index: usize) -> u32 {
        match self.items.get(index + 1) {
            Some(next) => next.start,
            None => u32::try_from(self.bytes().len()).unwrap_or(u32::MAX),
        }
    }

    /// The bytes of the file that a range of the text of an item stands for.
    fn source_span(&self, item: &Raw, range: Range<u32>) -> Span {
        let segments = self.segments(item);
        if segments.is_empty() {
            return Span {
                start: range.start,
                end: range.end,
            };
        }
        let place = |offset: u32| {
            let index = segments.partition_point(|segment| segment.joined <= offset);
            let segment = index.checked_sub(1).and_then(|i| segments.get(i));
            segment.map_or(item.start, |s| s.source + (offset - s.joined))
        };
        let start = place(range.start);
        match range.end.checked_sub(1) {
            Some(last) if last >= range.start => Span {
                start,
                end: place(last) + 1,
            },
            _ => Span { start, end: start },
        }
    }
}

/// What [`Document::position`] needs to know.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Where every line starts.
    lines: Vec<u32>,
    /// How many characters come before every block of bytes.
    characters: Vec<u32>,
}

const BLOCK: usize = 1024;

impl Places {
    fn new(bytes: &[u8]) -> Self {
        let next = |&start: &usize| parser::next_line(bytes, start);
        let lines = std::iter::successors(Some(0), next)
            .filter(|&start| start < bytes.len() || parser::ends_line(bytes))
            .map(|start| u32::try_from(start).unwrap_or(u32::MAX));
        let sum = |sum: &mut u32, block: &[u8]| {
            let before = *sum;
            *sum = before.saturating_add(count(block));
            Some(before)
        };
        Self {
            lines: lines.collect(),
            characters: bytes.chunks(BLOCK).scan(0, sum).collect(),
        }
    }
}

/// The number of characters: every byte but those that continue one in UTF-8.
fn count(bytes: &[u8]) -> u32 {
    let starts = bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    u32::try_from(starts).unwrap_or(u32::MAX)
}

/// The text: a string in nearly all cases, which makes slices of it cheap.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Utf8(String),
    Bytes(Vec<u8>),
}

impl Default for Text {
    fn default() -> Self {
        Self::Utf8(String::new())
    }
}

impl Text {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Utf8(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    fn slice(&self, range: Range<usize>) -> &str {
        match self {
            Self::Utf8(text) => text.get(range).unwrap_or_default(),
            Self::Bytes(bytes) => bytes
                .get(range)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .unwrap_or_default(),
        }
    }
}

/// What an [`Item`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A section header such as `[Service]`.
    Section,
    /// An assignment with all its continuation lines. It does not count when it stands outside of a section.
    Assignment,
    /// One or more comment lines.
    Comment,
    /// One or more empty lines.
    Blank,
    /// One or more lines that are none of these; there is a [`Problem`] for each.
    Junk,
}

/// One piece of a file: a header, an assignment, or a run of lines of one kind. Line ends belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What it is.
    pub kind: ItemKind,
    /// Number of the first line, starting at 1.
    pub line: u32,
    /// The bytes in the file.
    pub span: Span,
    /// The name of a section, the key of an assignment, else empty.
    pub name: &'a str,
    /// The value of an assignment as systemd joins it, else empty.
    pub value: &'a str,
}

/// Iterator over the items of a [`Document`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    document: &'a Document,
    next: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let raw = self.document.items.get(self.next)?;
        let item = Item {
            kind: raw.kind,
            line: raw.line,
            span: Span {
                start: raw.start,
                end: self.document.item_end(self.next),
            },
            name: self.document.slice(raw, &raw.key),
            value: self.document.slice(raw, &raw.value),
        };
        self.next += 1;
        Some(item)
    }
}

/// An assignment that systemd reads.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// The name of its section, whether known or not.
    pub section: &'a str,
    /// The key.
    pub key: &'a str,
    /// The value; empty for `Key=`.
    pub value: Value<'a>,
    /// Number of the line where the assignment starts, starting at 1.
    pub line: u32,
    /// The key in the file.
    pub key_span: Span,
}

impl<'a> Assignment<'a> {
    /// The key, `=` and the value in the file, without blanks around.
    pub fn span(&self) -> Span {
        let value = self.value.whole();
        Span {
            start: self.key_span.start,
            end: value.end.max(self.key_span.end),
        }
    }
}

/// The value of an assignment.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    document: &'a Document,
    item: &'a Raw,
}

impl<'a> Value<'a> {
    /// The value as systemd sees it: lines joined, comments inside left out, blanks around stripped.
    pub fn text(&self) -> &'a str {
        self.document.slice(self.item, &self.item.value)
    }

    /// Where the whole value stands in the file.
    pub fn whole(&self) -> Span {
        self.document
            .source_span(self.item, self.item.value.start..self.item.value.end)
    }

    /// Where a range of [`Value::text`] stands in the file. A range over a line end covers what lies between.
    pub fn span(&self, range: Range<usize>) -> Span {
        let bounds = &self.item.value;
        let shift = |offset: usize| {
            u32::try_from(offset)
                .unwrap_or(u32::MAX)
                .saturating_add(bounds.start)
                .min(bounds.end)
        };
        self.document
            .source_span(self.item, shift(range.start)..shift(range.end))
    }

    /// The line and column of a byte of [`Value::text`].
    pub fn position(&self, offset: usize) -> Position {
        self.document
            .position(self.span(offset..offset.saturating_add(1)).start)
    }
}

/// Iterator over the assignments of a [`Document`].
#[derive(Clone, Debug)]
pub struct Assignments<'a> {
    document: &'a Document,
    next: usize,
    section: &'a str,
}

impl<'a> Iterator for Assignments<'a> {
    type Item = Assignment<'a>;

    fn next(&mut self) -> Option<Assignment<'a>> {
        loop {
            if self.next >= self.document.readable {
                return None;
            }
            let item = self.document.items.get(self.next)?;
            self.next += 1;
            match item.kind {
                ItemKind::Section => self.section = self.document.slice(item, &item.key),
                ItemKind::Assignment if item.in_section => {
                    return Some(Assignment {
                        section: self.section,
                        key: self.document.slice(item, &item.key),
                        value: Value {
                            document: self.document,
                            item,
                        },
                        line: item.line,
                        key_span: self
                            .document
                            .source_span(item, item.key.start..item.key.end),
                    });
                }
                _ => {}
            }
        }
    }
}
