//! Splitting values into words.

use unitward_unit::words::{Mode, Words, c_unescape};

const MODES: [Mode; 7] = [
    Mode::PLAIN,
    Mode::VERBATIM,
    Mode::UNQUOTE,
    Mode::UNQUOTE_C,
    Mode::UNQUOTE_C_RELAXED,
    Mode::UNQUOTE.separated_by(":"),
    Mode::VERBATIM.separated_by(",").with_empty_words(),
];

/// Any text in every mode: words follow each other, and unescaping never panics.
pub fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for mode in MODES {
        let mut end = 0;
        for word in Words::new(&text, mode) {
            let Ok(word) = word else { continue };
            assert!(word.range.start >= end, "words overlap");
            assert!(
                text.get(word.range.clone()).is_some(),
                "a word outside of the text or inside of a character"
            );
            end = word.range.end;
        }
    }
    let _ = c_unescape(&text);
}
