//! Numbers.

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
