//! Words as systemd's most forgiving parsers see them.

use std::borrow::Cow;

use unitward_unit::words::{Mode, WordErrorKind, Words};

/// A text whose last quote is closed and whose last backslash is no lone one, as the parsers of capabilities read it.
pub(crate) fn mended(text: &str) -> Cow<'_, str> {
    match Words::new(text, Mode::UNQUOTE).find_map(Result::err) {
        Some(error) if error.kind == WordErrorKind::Unbalanced => {
            let quote = text
                .get(error.offset..)
                .and_then(|rest| rest.chars().next());
            Cow::Owned(text.chars().chain(quote).collect())
        }
        Some(_) => Cow::Borrowed(text.strip_suffix('\\').unwrap_or(text)),
        None => Cow::Borrowed(text),
    }
}
