//! How systemd splits a value into words: separators, quotes and escapes.
//!
//! [`Words`] is the basis of every list setting and of command lines. What a setting uses is its [`Mode`]; see
//! systemd.syntax(7), "Quoting", and systemd.service(5), "Command lines".

mod escape;

pub use escape::{Escape, c_unescape, escape_at};

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How to split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// The characters between words; ASCII only.
    pub separators: &'static str,
    /// Whether several separators in a row count as one, and leading and trailing ones not at all.
    pub runs: Runs,
    /// What quotes are.
    pub quotes: Quotes,
    /// What backslashes are.
    pub backslash: Backslash,
}

impl Mode {
    /// Words between white space; quotes are ordinary characters, a backslash makes the next character ordinary.
    pub const PLAIN: Self = Self {
        separators: " \t\n\r",
        runs: Runs::One,
        quotes: Quotes::Ordinary,
        backslash: Backslash::Next,
    };
    /// As [`Mode::PLAIN`], but backslashes stay.
    pub const VERBATIM: Self = Self {
        backslash: Backslash::Ordinary,
        ..Self::PLAIN
    };
    /// Single and double quotes group and vanish; a backslash makes the next character ordinary.
    pub const UNQUOTE: Self = Self {
        quotes: Quotes::Remove,
        ..Self::PLAIN
    };
    /// Quotes group and vanish, C escapes are resolved, an unknown escape is an error.
    pub const UNQUOTE_C: Self = Self {
        backslash: Backslash::C,
        ..Self::UNQUOTE
    };
    /// Quotes group and vanish, C escapes are resolved, unknown escapes stay as they are. Command lines use it.
    pub const UNQUOTE_C_RELAXED: Self = Self {
        backslash: Backslash::CRelaxed,
        ..Self::UNQUOTE
    };

    /// The same with other separators.
    pub const fn separated_by(self, separators: &'static str) -> Self {
        Self { separators, ..self }
    }

    /// The same with empty words between neighbouring separators.
    pub const fn with_empty_words(self) -> Self {
        Self {
            runs: Runs::Each,
            ..self
        }
    }
}

/// What several separators in a row mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runs {
    /// One end of a word.
    One,
    /// An end of a word each, with empty words between.
    Each,
}

/// What `'` and `"` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quotes {
    /// Nothing special.
    Ordinary,
    /// Separators between them are ordinary; the quotes are removed, wherever in a word they stand.
    Remove,
    /// Separators between them are ordinary; the quotes stay.
    Keep,
}

/// What `\` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backslash {
    /// Nothing special.
    Ordinary,
    /// The next character is ordinary, and the backslash vanishes.
    Next,
    /// A C escape; anything else is an error.
    C,
    /// A C escape; anything else stays, backslash included.
    CRelaxed,
    /// A separator or backslash after it is ordinary; anything else is an error.
    Separators,
    /// A C escape, or a separator that becomes ordinary; anything else stays, backslash included.
    CSeparatorsRelaxed,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word without quotes and escapes, as far as the mode removes them. Bytes that escapes made and that are not
    /// UTF-8 show as U+FFFD; the exact ones are in [`Word::bytes`].
    pub text: Cow<'a, str>,
    /// Where it stands in the text that is split, quotes included, separators not.
    pub range: Range<usize>,
    /// The bytes, where [`Word::text`] cannot show them.
    pub bytes: Option<Vec<u8>>,
    /// Where the first escape stands that is unknown and was kept.
    pub unknown_escape: Option<usize>,
}

/// Why a text cannot be split further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordError {
    /// What is wrong.
    pub kind: WordErrorKind,
    /// Where, as an offset into the text that is split.
    pub offset: usize,
}

/// What makes a text unsplittable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WordErrorKind {
    /// A quote is not closed.
    Unbalanced,
    /// The text ends after a backslash.
    TrailingBackslash,
    /// A backslash is followed by something that is no escape.
    UnknownEscape,
}

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WordErrorKind::Unbalanced => "The quote that starts here is not closed.",
            WordErrorKind::TrailingBackslash => "The text ends after a backslash.",
            WordErrorKind::UnknownEscape => "This backslash does not start a known escape.",
        })
    }
}

impl std::error::Error for WordError {}

/// Iterator over the words of a text. It ends after the first error.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    failed: bool,
}

impl<'a> Words<'a> {
    /// Splits `text`.
    pub fn new(text: &'a str, mode: Mode) -> Self {
        Self {
            text,
            at: 0,
            mode,
            failed: false,
        }
    }

    /// What has not been split yet.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where [`Words::rest`] starts in the text.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Goes on in another mode.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    fn separator(&self, byte: u8) -> bool {
        self.mode.separators.as_bytes().contains(&byte)
    }

    fn fail(&mut self, kind: WordErrorKind, offset: usize) -> Option<Result<Word<'a>, WordError>> {
        self.failed = true;
        self.at = offset;
        Some(Err(WordError { kind, offset }))
    }

    /// Skips what separates words; false at the end.
    fn skip_separators(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !self.separator(byte) {
                return true;
            }
            self.at += 1;
        }
        false
    }

    /// Steps over what ends a word.
    fn finish(&mut self, end: usize) {
        self.at = end;
        match self.mode.runs {
            Runs::One => {
                self.skip_separators();
            }
            Runs::Each => self.at = (end + 1).min(self.text.len()),
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Result<Word<'a>, WordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.at >= self.text.len() {
            return None;
        }
        if self.mode.runs == Runs::One && !self.skip_separators() {
            return None;
        }
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut out = Buffer::new(self.text, start);
        let mut quote: Option<(u8, usize)> = None;
        let mut unknown_escape = None;
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            if byte == b'\\' && self.mode.backslash != Backslash::Ordinary {
                let Some(&next) = bytes.get(at + 1) else {
                    let relaxed = matches!(
                        self.mode.backslash,
                        Backslash::CRelaxed | Backslash::CSeparatorsRelaxed
                    );
                    if let Some((_, offset)) = quote {
                        return self.fail(WordErrorKind::Unbalanced, offset);
                    }
                    if !relaxed {
                        return self.fail(WordErrorKind::TrailingBackslash, at);
                    }
                    unknown_escape.get_or_insert(at);
                    at += 1;
                    continue;
                };
                let c = matches!(
                    self.mode.backslash,
                    Backslash::C | Backslash::CRelaxed | Backslash::CSeparatorsRelaxed
                );
                let separators = matches!(
                    self.mode.backslash,
                    Backslash::Separators | Backslash::CSeparatorsRelaxed
                );
                let length = char_length(next);
                if let Some((escape, length)) = escape_at(self.text, at).filter(|_| c) {
                    out.escape(at, escape);
                    at += length;
                    out.resume(at);
                } else if self.mode.backslash == Backslash::Next
                    || (separators && (self.separator(next) || next == b'\\'))
                {
                    out.cut(at);
                    out.resume(at + 1);
                    at += 1 + length;
                } else if matches!(self.mode.backslash, Backslash::C | Backslash::Separators) {
                    return self.fail(WordErrorKind::UnknownEscape, at);
                } else {
                    unknown_escape.get_or_insert(at);
                    at += 1 + length;
                }
            } else if let Some((open, _)) = quote {
                if byte == open {
                    quote = None;
                    if self.mode.quotes == Quotes::Remove {
                        out.cut(at);
                        out.resume(at + 1);
                    }
                }
                at += 1;
            } else if matches!(byte, b'\'' | b'"') && self.mode.quotes != Quotes::Ordinary {
                quote = Some((byte, at));
                if self.mode.quotes == Quotes::Remove {
                    out.cut(at);
                    out.resume(at + 1);
                }
                at += 1;
            } else if self.separator(byte) {
                break;
            } else {
                at += 1;
            }
        }
        if let Some((_, offset)) = quote {
            return self.fail(WordErrorKind::Unbalanced, offset);
        }
        self.finish(at);
        let (text, bytes) = out.finish(at);
        Some(Ok(Word {
            text,
            range: start..at,
            bytes,
            unknown_escape,
        }))
    }
}

/// Length in bytes of the character that starts with this byte of a valid string.
fn char_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// Collects a word; copies only once something is left out or replaced.
struct Buffer<'a> {
    text: &'a str,
    /// Start of the piece that is not yet copied.
    from: usize,
    copied: Option<Vec<u8>>,
}

impl<'a> Buffer<'a> {
    fn new(text: &'a str, from: usize) -> Self {
        Self {
            text,
            from,
            copied: None,
        }
    }

    /// Takes everything up to `to`.
    fn cut(&mut self, to: usize) -> &mut Vec<u8> {
        let piece = self.text.as_bytes().get(self.from..to).unwrap_or_default();
        self.from = to;
        let copied = self.copied.get_or_insert_default();
        copied.extend_from_slice(piece);
        copied
    }

    fn escape(&mut self, at: usize, escape: Escape) {
        let copied = self.cut(at);
        match escape {
            Escape::Character(character) => {
                copied.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Escape::Byte(byte) => copied.push(byte),
        }
    }

    fn resume(&mut self, from: usize) {
        self.from = from;
    }

    fn finish(mut self, to: usize) -> (Cow<'a, str>, Option<Vec<u8>>) {
        if self.copied.is_none() {
            return (
                Cow::Borrowed(self.text.get(self.from..to).unwrap_or_default()),
                None,
            );
        }
        self.cut(to);
        match String::from_utf8(self.copied.unwrap_or_default()) {
            Ok(text) => (Cow::Owned(text), None),
            Err(error) => {
                let bytes = error.into_bytes();
                (
                    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
                    Some(bytes),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
