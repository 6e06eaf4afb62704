//! Numbers.

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer<const MIN: i64, const MAX: i64, const DEFAULT: i64>(pub i64);

/// A whole number within bounds that an empty assignment unsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionalInteger<const MIN: i64, const MAX: i64>(pub Option<i64>);

/// IOWeight= and its siblings: from 1 to 10000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight(pub Option<u16>);

/// CPUWeight= and StartupCPUWeight=: from 1 to 10000, or 0 for `idle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuWeight(pub Option<u16>);

/// A size of a terminal, in characters.
pub type TerminalSize = OptionalInteger<0, { u32::MAX as i64 }>;
/// A count that fits into 32 bits.
pub type Count = Integer<0, { u32::MAX as i64 }, 0>;

/// A number as the C library reads it with base 0: decimal, `0x` hexadecimal, `0b` binary, `0` or `0o` octal.
/// No sign but `+`, no trailing text.
pub(crate) fn c_integer(word: &str) -> Option<u64> {
    let word = word.trim_start();
    let digits = word.strip_prefix('+').unwrap_or(word);
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// The same with a sign; none when it does not fit.
pub(crate) fn c_signed(word: &str) -> Option<i64> {
    let word = word.trim_start();
    match word.strip_prefix('-') {
        // A second sign is refused by the unsigned form.
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            0_i64.checked_sub_unsigned(c_integer(digits)?)
        }
        Some(_) => None,
        None => c_integer(word)?.try_into().ok(),
    }
}

fn bounded(text: &str, min: i64, max: i64) -> Option<i64> {
    c_signed(text).filter(|number| (min..=max).contains(number))
}

fn range(min: i64, max: i64) -> String {
    format!("a whole number from {min} to {max}")
}

impl<const MIN: i64, const MAX: i64, const DEFAULT: i64> Default for Integer<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const MIN: i64, const MAX: i64, const DEFAULT: i64> Value for Integer<MIN, MAX, DEFAULT> {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(number) = bounded(text, MIN, MAX) else {
            return cx.ignored(text, range(MIN, MAX));
        };
        self.0 = number;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.to_string());
    }
}

impl<const MIN: i64, const MAX: i64> Value for OptionalInteger<MIN, MAX> {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(number) = bounded(text, MIN, MAX) else {
            return cx.ignored(text, range(MIN, MAX));
        };
        self.0 = Some(number);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        // The type of terminal sizes is one that systemctl cannot print.
        if let Some(number) = self.0.filter(|_| !shown.directive.starts_with("TTY")) {
            shown.put(number.to_string());
        }
    }
}

impl Value for Weight {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(weight) = weight(text) else {
            return cx.ignored(text, "a weight from 1 to 10000");
        };
        self.0 = Some(weight);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(shown_weight(self.0));
    }
}

impl Value for CpuWeight {
    const PARSER: &'static str = "integer";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        match (text, weight(text)) {
            ("", _) => {
                self.0 = None;
                return Assigned::Reset;
            }
            ("idle", _) => self.0 = Some(0),
            (_, Some(weight)) => self.0 = Some(weight),
            (_, None) => return cx.ignored(text, "idle, or a weight from 1 to 10000"),
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(shown_weight(self.0));
    }
}

pub(crate) fn weight(text: &str) -> Option<u16> {
    bounded(text, 1, 10_000)?.try_into().ok()
}

fn shown_weight(weight: Option<u16>) -> String {
    weight.map_or_else(|| "[not set]".to_owned(), |weight| weight.to_string())
}

#[cfg(test)]
mod tests {
    use super::c_integer;

    #[test]
    fn numbers_are_read_as_in_c() {
        for (word, number) in [
            ("0", 0),
            ("7", 7),
            ("0x1F", 31),
            ("017", 15),
            ("+3", 3),
            ("0b11", 3),
        ] {
            assert_eq!(c_integer(word), Some(number), "{word}");
        }
        for word in ["", "x", "-1", "0x", "08", "1 2", "++1", "1e3"] {
            assert_eq!(c_integer(word), None, "{word}");
        }
    }
}
