//! Numbers on systemd's command lines.

/// A number in decimal, `0x` hexadecimal, `0b` binary, `0o` or `0` octal, not above a limit.
pub(super) fn number(text: &str, limit: u64) -> Option<u64> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    if let Some(digits) = text.strip_prefix("0b") {
        return digits_of(digits, 2, limit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return digits_of(digits, 8, limit);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return digits_of(digits, 16, limit);
    }
    match text.strip_prefix('0') {
        Some("") => Some(0),
        Some(digits) => digits_of(digits, 8, limit),
        None => digits_of(text, 10, limit),
    }
}

/// A number in hexadecimal, with or without `0x`.
pub(super) fn hexadecimal(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    digits_of(digits, 16, u64::MAX)
}

fn digits_of(digits: &str, base: u32, limit: u64) -> Option<u64> {
    // from_str_radix takes a sign, which has no place behind a prefix.
    if !digits.starts_with(|c: char| c.is_digit(base)) {
        return None;
    }
    u64::from_str_radix(digits, base)
        .ok()
        .filter(|number| *number <= limit)
}

#[cfg(test)]
mod tests {
    use super::{hexadecimal, number};

    #[test]
    fn numbers_have_the_bases_of_c() {
        for (text, value) in [
            ("0", Some(0)),
            ("203", Some(203)),
            (" +3", Some(3)),
            ("010", Some(8)),
            ("0x10", Some(16)),
            ("0b11", Some(3)),
            ("0o17", Some(15)),
            ("08", None),
            ("0b", None),
            ("0x", None),
            ("3 ", None),
            ("-3", None),
            ("0x+3", None),
            ("256", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text, 255), value, "{text:?}");
        }
    }

    #[test]
    fn masks_are_hexadecimal() {
        for (text, value) in [
            ("ff", Some(255)),
            ("0xff", Some(255)),
            ("0b11", Some(0xb11)),
            ("0x0x3", None),
            ("0x", None),
            ("", None),
            ("fffffffffffffffff", None),
        ] {
            assert_eq!(hexadecimal(text), value, "{text:?}");
        }
    }
}
