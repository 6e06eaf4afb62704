//! Escaping in unit names, see systemd-escape(1).

use std::borrow::Cow;
use std::fmt;

/// A piece of a unit name that cannot be unescaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EscapeError;

impl fmt::Display for EscapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This part of the unit name is not escaped correctly.")
    }
}

impl std::error::Error for EscapeError {}

/// Undoes the escaping: `-` becomes `/`, `\xNN` the byte.
///
/// # Errors
/// On a backslash that does not start `\xNN`, and when the result is not UTF-8 or has a NUL.
pub fn unescape(text: &str) -> Result<Cow<'_, str>, EscapeError> {
    if !text.contains(['-', '\\']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'-' => out.push(b'/'),
            b'\\' => {
                let [b'x', high, low, tail @ ..] = tail else {
                    return Err(EscapeError);
                };
                out.push(hex(*high)? << 4 | hex(*low)?);
                rest = tail;
            }
            other => out.push(*other),
        }
    }
    if out.contains(&0) {
        return Err(EscapeError);
    }
    String::from_utf8(out)
        .map(Cow::Owned)
        .map_err(|_| EscapeError)
}

/// Undoes the escaping of a path: `srv-data` becomes `/srv/data`, `-` becomes `/`.
///
/// # Errors
/// As [`unescape`], and when the result is not a normalised absolute path.
pub fn path_unescape(text: &str) -> Result<String, EscapeError> {
    if text == "-" {
        return Ok("/".into());
    }
    if text.is_empty() || text.starts_with('-') || text.ends_with('-') {
        return Err(EscapeError);
    }
    let path = format!("/{}", unescape(text)?);
    let normal = path
        .split('/')
        .skip(1)
        .all(|part| !matches!(part, "" | "." | ".."));
    normal.then_some(path).ok_or(EscapeError)
}

/// Escapes a text for use in a unit name: `/` becomes `-`; what unit names do not have, `-`, `\` and a leading dot become `\xNN`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, &byte) in text.as_bytes().iter().enumerate() {
        match byte {
            b'/' => out.push('-'),
            b'.' if index > 0 => out.push('.'),
            b':' | b'_' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                out.push_str("\\x");
                for digit in [byte >> 4, byte & 15] {
                    out.extend(char::from_digit(digit.into(), 16));
                }
            }
        }
    }
    out
}

fn hex(digit: u8) -> Result<u8, EscapeError> {
    let value = char::from(digit).to_digit(16).ok_or(EscapeError)?;
    u8::try_from(value).map_err(|_| EscapeError)
}
