//! C-style escapes.

use super::{WordError, WordErrorKind};
use std::borrow::Cow;

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// A character: `\n`, `\u20ac` and the like.
    Character(char),
    /// A byte, which need not be UTF-8 by itself: `\xff`, `\377`.
    Byte(u8),
}

/// Reads the escape whose backslash stands at `offset`, and says how many bytes it takes, backslash included.
///
/// Known are `\a \b \f \n \r \t \v \\ \" \' \s` (a blank), `\xHH`, `\NNN` (octal), `\uXXXX` and `\UXXXXXXXX`. `None` means that
/// this is no escape; systemd does not take one for the character NUL either.
pub fn escape_at(text: &str, offset: usize) -> Option<(Escape, usize)> {
    let rest = text.as_bytes().get(offset..)?;
    let [b'\\', kind, ..] = rest else {
        return None;
    };
    let character = |character| Some((Escape::Character(character), 2));
    let digits = |range: std::ops::Range<usize>, radix: u32| -> Option<u32> {
        let digits = rest.get(range)?;
        digits.iter().try_fold(0u32, |value, &digit| {
            value
                .checked_mul(radix)?
                .checked_add(char::from(digit).to_digit(radix)?)
        })
    };
    match kind {
        b'a' => character('\x07'),
        b'b' => character('\x08'),
        b'f' => character('\x0c'),
        b'n' => character('\n'),
        b'r' => character('\r'),
        b't' => character('\t'),
        b'v' => character('\x0b'),
        b's' => character(' '),
        b'\\' | b'"' | b'\'' => character(char::from(*kind)),
        b'x' => byte(digits(2..4, 16)?, 4),
        b'0'..=b'7' => byte(digits(1..4, 8)?, 4),
        b'u' => wide(digits(2..6, 16)?, 6),
        b'U' => wide(digits(2..10, 16)?, 10),
        _ => None,
    }
}

fn byte(value: u32, length: usize) -> Option<(Escape, usize)> {
    let value = u8::try_from(value).ok().filter(|&value| value != 0)?;
    Some((Escape::Byte(value), length))
}

fn wide(value: u32, length: usize) -> Option<(Escape, usize)> {
    let value = char::from_u32(value).filter(|&value| value != '\0')?;
    Some((Escape::Character(value), length))
}

/// Resolves all C escapes of a text. Bytes that are not UTF-8 show as U+FFFD.
///
/// # Errors
/// At the first backslash that does not start an escape.
pub fn c_unescape(text: &str) -> Result<Cow<'_, str>, WordError> {
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&next) = bytes.get(at) {
        if next != b'\\' {
            out.push(next);
            at += 1;
            continue;
        }
        let Some((escape, length)) = escape_at(text, at) else {
            let kind = match at + 1 == bytes.len() {
                true => WordErrorKind::TrailingBackslash,
                false => WordErrorKind::UnknownEscape,
            };
            return Err(WordError { kind, offset: at });
        };
        match escape {
            Escape::Character(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Escape::Byte(byte) => out.push(byte),
        }
        at += length;
    }
    Ok(Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }))
}
