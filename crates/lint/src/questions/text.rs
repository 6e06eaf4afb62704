//! How messages name things.

use std::borrow::Cow;

/// The longest excerpt of a value in a message, in characters.
const EXCERPT_MAX: usize = 60;

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
    fn lists_read_as_sentences() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a"]), "a");
    }
}
