//! Texts for SARIF.

use crate::ui::printable;

/// A text that no reader takes for a message with links: `[text](target)` is one in SARIF.
pub(super) fn message(text: &str) -> String {
    let text = printable(text);
    if text.contains("](") {
        text.replace('[', "\\[").replace(']', "\\]")
    } else {
        text
    }
}

/// A phrase as a sentence.
pub(super) fn sentence(phrase: &str) -> String {
    let mut rest = phrase.chars();
    let first = rest.next();
    // A directive or a word of systemd keeps its spelling.
    let word = phrase.split(' ').next().unwrap_or_default();
    let is_plain = word.chars().all(|c| c.is_ascii_lowercase());
    match first {
        Some(first) if is_plain => format!("{}{}.", first.to_ascii_uppercase(), rest.as_str()),
        _ => format!("{phrase}."),
    }
}

/// The text below a heading of a rule's documentation; empty where there is none.
pub(super) fn section<'t>(markdown: &'t str, heading: &str) -> &'t str {
    let mut parts = markdown.split("\n## ");
    let found = parts.find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
    found.unwrap_or_default().trim()
}

/// Markdown without its marks: headings, fences of code blocks, and code spans.
pub(super) fn plain(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut in_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            text.push_str("    ");
            text.push_str(line);
        } else {
            text.push_str(&line.trim_start_matches('#').trim_start().replace('`', ""));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_messages_are_escaped() {
        assert_eq!(
            message("unknown key in [Service]"),
            "unknown key in [Service]"
        );
        assert_eq!(message("[a](https://b)\x1b"), "\\[a\\](https://b)\\u{1b}");
    }

    #[test]
    fn documentation_becomes_plain_text() {
        let markdown = "# `A=` twice\n\n## Why it matters\n\nThe `last` counts.\n\n```ini\n# no heading\n```\n";
        assert_eq!(
            plain(markdown),
            "A= twice\n\nWhy it matters\n\nThe last counts.\n\n    # no heading\n"
        );
        assert!(section(markdown, "Why it matters").starts_with("The `last` counts."));
        assert_eq!(section(markdown, "References"), "");
    }

    #[test]
    fn phrases_become_sentences() {
        assert_eq!(sentence("a key stands twice"), "A key stands twice.");
        assert_eq!(
            sentence("keep-caps does nothing"),
            "keep-caps does nothing."
        );
        assert_eq!(sentence("ProtectHome= is off"), "ProtectHome= is off.");
    }
}
