//! Base64 (RFC 4648) and hexadecimal digits.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes; white space does not count, padding must be right.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_usize, 0_usize);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let digit = match byte {
            b'=' => {
                padding += 1;
                0
            }
            _ if padding > 0 => return None,
            _ => DIGITS.iter().position(|known| *known == byte)? as u32,
        };
        bits = bits << 6 | digit;
        count += 1;
        if count % 4 == 0 {
            if padding > 2 {
                return None;
            }
            let [_, group @ ..] = bits.to_be_bytes();
            bytes.extend(group.into_iter().take(3 - padding));
            bits = 0;
        }
    }
    (count % 4 == 0 && padding <= 2).then_some(bytes)
}

/// The digits with padding.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place) & 63) as usize;
            let digit = DIGITS.get(digit).map_or('=', |digit| char::from(*digit));
            text.push(if place <= group.len() { digit } else { '=' });
        }
    }
    text
}

/// Bytes of two hexadecimal digits each.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

/// Two hexadecimal digits a byte.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_hexadecimal() {
        for (bytes, text) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("abcd", "YWJjZA=="),
        ] {
            assert_eq!(encoded(bytes.as_bytes()), text);
            assert_eq!(decoded(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decoded("YW Jj").as_deref(), Some(&b"abc"[..]));
        for bad in ["YWJ", "===", "YQ=a", "!", "Y==="] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
        assert_eq!(
            from_hex("0aFF").map(|b| to_hex(&b)),
            Some("0aff".to_owned())
        );
        assert_eq!(from_hex("abc"), None);
    }
}
