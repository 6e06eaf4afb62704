//! From bytes to items, one physical line at a time.

use super::document::Text;
use super::{Document, Effect, ItemKind, LINE_MAX, PROBLEMS_MAX, Problem, ProblemKind, Span};
use std::ops::Range;
use std::sync::OnceLock;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An item as it is stored; it ends where the next one starts.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) start: u32,
    pub(super) line: u32,
    /// In the text of the file, or in the joined text where there are segments.
    pub(super) key: Range<u32>,
    pub(super) value: Range<u32>,
    /// Which segments it is made of; none for a line that is not continued.
    pub(super) segments: Range<u32>,
    pub(super) kind: ItemKind,
    pub(super) in_section: bool,
}

/// One physical line of a continued line.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Where it starts in the joined text.
    pub(super) joined: u32,
    /// Where it starts in the file.
    pub(super) source: u32,
}

pub(super) fn parse(bytes: Vec<u8>) -> Document {
    let text = match String::from_utf8(bytes) {
        Ok(text) => Text::Utf8(text),
        Err(error) => Text::Bytes(error.into_bytes()),
    };
    let mut parser = Parser {
        bytes: text.bytes(),
        valid: matches!(text, Text::Utf8(_)),
        joined: Vec::new(),
        segments: Vec::new(),
        items: Vec::with_capacity(text.bytes().len() / 24 + 4),
        problems: Vec::new(),
        readable: None,
        in_section: false,
        mark_seen: false,
        continued: None,
        line: 0,
    };
    if u32::try_from(parser.bytes.len()).is_ok() {
        parser.run();
    } else {
        parser.problem(ProblemKind::FileTooLarge, 0..0);
    }
    let Parser {
        joined,
        segments,
        items,
        problems,
        readable,
        ..
    } = parser;
    Document {
        readable: readable.unwrap_or(items.len()),
        // Lines that are not UTF-8 are taken back out before they count.
        joined: String::from_utf8(joined).unwrap_or_default(),
        segments,
        items,
        problems,
        places: OnceLock::new(),
        text,
    }
}

/// The start of the line after the one that starts at `start`, if there is any text there.
pub(super) fn next_line(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    Some(start + line_ends(rest).1)
}

/// Whether the last line is complete.
pub(super) fn ends_line(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|&byte| ending(byte) != 0)
}

/// Length of the first line without and with its end.
fn line_ends(rest: &[u8]) -> (usize, usize) {
    let content = memchr::memchr3(b'\n', b'\r', 0, rest).unwrap_or(rest.len());
    let mut end = content;
    let mut seen = 0;
    for &byte in rest.get(content..).unwrap_or_default().iter().take(3) {
        let bit = ending(byte);
        if bit == 0 || seen & bit != 0 {
            break;
        }
        // Nothing follows a NUL.
        seen |= if bit == 4 { 7 } else { bit };
        end += 1;
    }
    (content, end)
}

fn ending(byte: u8) -> u8 {
    match byte {
        b'\n' => 1,
        b'\r' => 2,
        0 => 4,
        _ => 0,
    }
}

fn blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The part of `range` without blanks on both sides.
fn strip(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let slice = bytes.get(range.clone()).unwrap_or_default();
    let Some(first) = slice.iter().position(|byte| !blank(byte)) else {
        return range.end..range.end;
    };
    let last = slice.iter().rposition(|byte| !blank(byte)).unwrap_or(first);
    range.start + first..range.start + last + 1
}

fn narrow(offset: usize) -> u32 {
    // The caller has checked that the whole file fits.
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn trailing_backslashes(content: &[u8]) -> usize {
    content
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'\\')
        .count()
}

/// A logical line that is not yet complete.
#[derive(Clone, Copy)]
struct Continued {
    start: usize,
    line: u32,
    joined: usize,
    segment: usize,
    utf8: bool,
}

struct Parser<'a> {
    bytes: &'a [u8],
    /// Whether all bytes together are UTF-8.
    valid: bool,
    joined: Vec<u8>,
    segments: Vec<Segment>,
    items: Vec<Raw>,
    problems: Vec<Problem>,
    readable: Option<usize>,
    in_section: bool,
    mark_seen: bool,
    continued: Option<Continued>,
    line: u32,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        let mut start = 0;
        while let Some(rest) = self.bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let (content, total) = line_ends(rest);
            self.line = self.line.saturating_add(1);
            self.physical_line(start, start + content, start + total);
            start += total;
        }
        if let Some(continued) = self.continued.take() {
            self.problem(ProblemKind::UnfinishedContinuation, continued.start..start);
            self.finish_continued(continued);
        }
    }

    fn physical_line(&mut self, start: usize, mut content_end: usize, end: usize) {
        let bytes = self.bytes;
        let content = bytes.get(start..content_end).unwrap_or_default();
        let terminator = bytes.get(content_end..end).unwrap_or_default();
        if terminator.contains(&0) {
            self.problem(ProblemKind::NulByte, content_end..end);
        }
        if content_end - start >= LINE_MAX {
            return self.too_long(start, start..content_end);
        }
        let first = content.iter().find(|byte| !blank(byte));
        if matches!(first, Some(b'#' | b';')) {
            if self.continued.is_none() {
                self.push_run(ItemKind::Comment, start);
            }
            return;
        }
        let mut content_start = start;
        if !self.mark_seen && content.starts_with(BYTE_ORDER_MARK) {
            self.mark_seen = true;
            content_start += BYTE_ORDER_MARK.len();
        }
        let content = bytes.get(content_start..content_end).unwrap_or_default();
        let goes_on = trailing_backslashes(content) % 2 == 1;
        if !goes_on && content.last().is_some_and(blank) {
            let stripped = strip(bytes, content_start..content_end);
            let head = bytes.get(stripped.clone()).unwrap_or_default();
            if trailing_backslashes(head) % 2 == 1 {
                self.problem(
                    ProblemKind::BlankAfterBackslash,
                    stripped.end - 1..content_end,
                );
            }
        }
        if !goes_on && self.continued.is_none() {
            let utf8 = self.valid || std::str::from_utf8(content).is_ok();
            let line = self.line;
            return self.logical_line(start, line, content_start..content_end, 0..0, utf8);
        }
        if goes_on {
            content_end -= 1;
        }
        self.join(start, content_start..content_end, goes_on);
        if !goes_on && let Some(continued) = self.continued.take() {
            self.finish_continued(continued);
        }
    }

    fn join(&mut self, start: usize, content: Range<usize>, goes_on: bool) {
        let mut continued = self.continued.unwrap_or(Continued {
            start,
            line: self.line,
            joined: self.joined.len(),
            segment: self.segments.len(),
            utf8: true,
        });
        let slice = self.bytes.get(content.clone()).unwrap_or_default();
        let length = self.joined.len() - continued.joined + slice.len() + usize::from(goes_on);
        if length > LINE_MAX {
            return self.too_long(start, content);
        }
        continued.utf8 &= self.valid || std::str::from_utf8(slice).is_ok();
        self.segments.push(Segment {
            joined: narrow(self.joined.len()),
            source: narrow(content.start),
        });
        self.joined.extend_from_slice(slice);
        if goes_on {
            self.joined.push(b' ');
        }
        self.continued = Some(continued);
    }

    fn too_long(&mut self, start: usize, line: Range<usize>) {
        self.problem(ProblemKind::LineTooLong, line);
        let Some(continued) = self.continued.take() else {
            return self.push_run(ItemKind::Junk, start);
        };
        self.joined.truncate(continued.joined);
        self.segments.truncate(continued.segment);
        self.push_run_at(ItemKind::Junk, continued.start, continued.line);
    }

    fn finish_continued(&mut self, continued: Continued) {
        let range = continued.joined..self.joined.len();
        let Continued {
            start,
            line,
            utf8,
            segment,
            ..
        } = continued;
        let segments = narrow(segment)..narrow(self.segments.len());
        self.logical_line(start, line, range, segments, utf8);
        if !utf8 {
            self.joined.truncate(continued.joined);
            self.segments.truncate(segment);
        }
    }

    /// Decides what a whole line is. `range` lies in the joined text where there are segments, else in the file.
    fn logical_line(
        &mut self,
        start: usize,
        line: u32,
        range: Range<usize>,
        segments: Range<u32>,
        utf8: bool,
    ) {
        let text: &[u8] = match segments.is_empty() {
            false => &self.joined,
            true => self.bytes,
        };
        let stripped = strip(text, range);
        let Some(content) = text
            .get(stripped.clone())
            .filter(|content| !content.is_empty())
        else {
            return self.push_run_at(ItemKind::Blank, start, line);
        };
        let mut raw = Raw {
            start: narrow(start),
            line,
            key: 0..0,
            value: 0..0,
            segments,
            kind: ItemKind::Junk,
            in_section: self.in_section,
        };
        let problem = if !utf8 {
            Some(ProblemKind::InvalidUtf8)
        } else if let [b'[', name @ ..] = content {
            match name {
                [name @ .., b']'] if name.iter().all(section_character) => {
                    raw.kind = ItemKind::Section;
                    raw.key = narrow(stripped.start + 1)..narrow(stripped.end - 1);
                    self.in_section = true;
                    None
                }
                [.., b']'] => Some(ProblemKind::UnsafeSectionName),
                _ => Some(ProblemKind::InvalidSectionHeader),
            }
        } else {
            let equals = memchr::memchr(b'=', content);
            if let Some(equals) = equals.filter(|&equals| equals > 0) {
                let key = strip(text, stripped.start..stripped.start + equals);
                let value = strip(text, stripped.start + equals + 1..stripped.end);
                raw.kind = ItemKind::Assignment;
                raw.key = narrow(key.start)..narrow(key.end);
                raw.value = narrow(value.start)..narrow(value.end);
            }
            match equals {
                _ if !self.in_section => Some(ProblemKind::OutsideSection),
                None => Some(ProblemKind::MissingEquals),
                Some(0) => Some(ProblemKind::MissingKey),
                Some(_) => None,
            }
        };
        if let Some(kind) = problem {
            let span = match raw.segments.is_empty() {
                false => start..self.line_content_end(start),
                true => stripped,
            };
            self.problem_at(kind, span, line);
        }
        match raw.kind {
            ItemKind::Junk => self.push_run_at(ItemKind::Junk, start, line),
            _ => self.items.push(raw),
        }
    }

    fn line_content_end(&self, start: usize) -> usize {
        start + line_ends(self.bytes.get(start..).unwrap_or_default()).0
    }

    /// Adds a line to the item before, if that is of the same kind, else starts an item.
    fn push_run(&mut self, kind: ItemKind, start: usize) {
        self.push_run_at(kind, start, self.line);
    }

    fn push_run_at(&mut self, kind: ItemKind, start: usize, line: u32) {
        let stops_here = self.readable == Some(self.items.len());
        if !stops_here && self.items.last().is_some_and(|last| last.kind == kind) {
            return;
        }
        self.items.push(Raw {
            start: narrow(start),
            line,
            key: 0..0,
            value: 0..0,
            segments: 0..0,
            kind,
            in_section: self.in_section,
        });
    }

    fn problem(&mut self, kind: ProblemKind, range: Range<usize>) {
        self.problem_at(kind, range, self.line);
    }

    fn problem_at(&mut self, kind: ProblemKind, range: Range<usize>, line: u32) {
        if self.readable.is_some() {
            // systemd has stopped reading before.
            return;
        }
        let fatal = kind.effect() == Effect::Fatal;
        if fatal {
            self.readable = Some(self.items.len());
        }
        if fatal || self.problems.len() < PROBLEMS_MAX - 1 {
            self.problems.push(Problem {
                kind,
                span: Span {
                    start: narrow(range.start),
                    end: narrow(range.end),
                },
                line,
            });
        }
    }
}

fn section_character(&byte: &u8) -> bool {
    !(byte < b' ' || matches!(byte, b'"' | b'\'' | b'\\' | 0x7f))
}
