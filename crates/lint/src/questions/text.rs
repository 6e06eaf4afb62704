//! How messages name things.

use std::borrow::Cow;

/// The longest excerpt of a value in a message, in characters.
const EXCERPT_MAX: usize = 60;

/// The longest message, in characters.
const TEXT_MAX: usize = 500;

/// How many items of a list are named.
const SOME: usize = 4;

/// A value in a message: on one line, and not longer than a line.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    let plain = !text.contains(char::is_control);
    if plain && text.len() <= EXCERPT_MAX {
        return Cow::Borrowed(text);
    }
    let mut short: String = text
        .chars()
        .take(EXCERPT_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(EXCERPT_MAX).is_some() {
        short.push('…');
    }
    Cow::Owned(short)
}

/// What a parser expected, as the end of a message.
pub(crate) fn expectation(expected: &str) -> String {
    let sentence = expected.starts_with(|c: char| c.is_uppercase() || c == '%' || c == '“');
    if !sentence {
        return format!("; expected {expected}");
    }
    let expected = expected.strip_suffix('.').unwrap_or(expected);
    format!(": {expected}")
}

/// Items as words of a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [front @ .., last] => {
            let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", front.join(", "), last.as_ref())
        }
    }
}

/// Items as words of a sentence, not all of them when there are many.
pub(crate) fn some(items: &[&str]) -> String {
    match items.split_at_checked(SOME) {
        Some((first, [_, _, ..])) => {
            format!("{} and {} more", first.join(", "), items.len() - SOME)
        }
        _ => listed(items),
    }
}

/// Text without control characters, and not longer than a few lines.
pub(crate) fn plain(text: Cow<'static, str>) -> Cow<'static, str> {
    if text.len() <= TEXT_MAX && !text.contains(char::is_control) {
        return text;
    }
    let mut plain: String = text
        .chars()
        .take(TEXT_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(TEXT_MAX).is_some() {
        plain.push('…');
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_stay_on_a_line() {
        assert_eq!(excerpt("a b"), "a b");
        assert_eq!(excerpt("a\tb"), "a b");
        assert_eq!(excerpt(&"ä".repeat(100)).chars().count(), EXCERPT_MAX + 1);
    }

    #[test]
    fn messages_hold_no_control_characters() {
        assert_eq!(plain("\u{1b}[31mred".into()), " [31mred");
        assert_eq!(
            plain("x".repeat(10_000).into()).chars().count(),
            TEXT_MAX + 1
        );
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(some(&["a", "b", "c", "d", "e"]), "a, b, c, d and e");
        assert_eq!(
            some(&["a", "b", "c", "d", "e", "f"]),
            "a, b, c, d and 2 more"
        );
    }
}
