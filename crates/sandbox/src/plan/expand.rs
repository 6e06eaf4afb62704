//! Variables in the arguments of commands (systemd.service(5), "Command lines").

use super::environment::Variables;

/// Expands `$NAME` and `${NAME}` in arguments.
///
/// `${NAME}` anywhere in a word is the value as it is, and nothing when it is not set. `$NAME` as a whole word is the
/// value split at blanks, so it may vanish. `$$` is one `$`.
pub(crate) fn arguments(words: &[String], variables: &Variables) -> Vec<String> {
    let mut expanded = Vec::with_capacity(words.len());
    for word in words {
        match word.strip_prefix('$') {
            Some(name) if !name.starts_with(['{', '$']) => {
                if let Some(value) = variables.get(name) {
                    expanded.extend(split(value));
                }
            }
            _ => expanded.push(replaced(word, variables)),
        }
    }
    expanded
}

/// A word with its `${NAME}` replaced. A name with a colon, which shells give a meaning, stays as it is.
fn replaced(word: &str, variables: &Variables) -> String {
    let mut result = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        if let Some(after) = after.strip_prefix('$') {
            result.push('$');
            rest = after;
            continue;
        }
        let name = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_at_checked(inner.find([':', '}'])?));
        match name {
            Some((name, after)) if after.starts_with('}') => {
                result.push_str(variables.get(name).map_or("", String::as_str));
                rest = after.get(1..).unwrap_or_default();
            }
            _ => {
                result.push('$');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

/// A value in words: quotes group and vanish, a backslash makes the next character ordinary, and nothing is an error.
fn split(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (_, '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None, ' ' | '\t' | '\n' | '\r') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(words: &[&str]) -> Vec<String> {
        let variables = [("A", "1"), ("B", "two words"), ("Q", "a 'b c' \\\"d e")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        arguments(&words, &variables)
    }

    #[test]
    fn a_word_of_its_own_is_split() {
        assert_eq!(expanded(&["$A", "$B"]), ["1", "two", "words"]);
        assert_eq!(expanded(&["$Q"]), ["a", "b c", "\"d", "e"]);
    }

    #[test]
    fn what_is_not_set_vanishes() {
        assert_eq!(expanded(&["$NO", "$A$B", "${NO}", "x"]), ["", "x"]);
    }

    #[test]
    fn braces_keep_the_value_whole() {
        assert_eq!(
            expanded(&["${A}${B}x", "${B} q"]),
            ["1two wordsx", "two words q"]
        );
    }

    #[test]
    fn all_else_is_literal() {
        let words = ["x$A", "${A:-d}", "${A", "x$", "${", "a$b${A}"];
        assert_eq!(
            expanded(&words),
            ["x$A", "${A:-d}", "${A", "x$", "${", "a$b1"]
        );
        assert_eq!(expanded(&["$$A", "$${A}", "x$$$$"]), ["$A", "${A}", "x$$"]);
    }
}
