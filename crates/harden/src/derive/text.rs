//! Words of values, as the parsers of systemd read them back.

/// A path as a word of a list of paths; none when it cannot be written.
pub(super) fn path(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.chars().any(char::is_control) {
        return None;
    }
    let mut text = String::with_capacity(path.len());
    let mut quoted = false;
    for character in path.chars() {
        match character {
            '%' => text.push_str("%%"),
            '"' | '\\' => {
                text.push('\\');
                text.push(character);
                // Nothing but a quote may follow a backslash at the end of a line.
                quoted = true;
            }
            _ => {
                quoted |= character.is_whitespace() || character == '\'';
                text.push(character);
            }
        }
    }
    Some(if quoted { format!("\"{text}\"") } else { text })
}

/// A path as a source of a bind mount, in which a colon divides.
pub(super) fn bind(text: &str) -> Option<String> {
    // An escaped colon would have to survive two rounds of unescaping: such paths are left to a person.
    if text.contains(':') {
        return None;
    }
    path(text)
}
