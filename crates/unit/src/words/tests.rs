#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;

type Case<'a> = (&'a str, Mode, Result<&'a [&'a str], WordErrorKind>);

fn words(text: &str, mode: Mode) -> Result<Vec<String>, WordErrorKind> {
    Words::new(text, mode)
        .map(|word| {
            word.map(|word| word.text.into_owned())
                .map_err(|error| error.kind)
        })
        .collect()
}

#[test]
fn splits_as_systemd_does() {
    use WordErrorKind::*;
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        ("", Mode::UNQUOTE, Ok(&[])),
        ("  \t ", Mode::UNQUOTE, Ok(&[])),
        (" a  b\tc ", Mode::PLAIN, Ok(&["a", "b", "c"])),
        ("'a b' \"c\"", Mode::PLAIN, Ok(&["'a", "b'", "\"c\""])),
        (r"a\ b \c", Mode::PLAIN, Ok(&["a b", "c"])),
        (r"a\ b", Mode::VERBATIM, Ok(&[r"a\", "b"])),
        (r"a\", Mode::PLAIN, Err(TrailingBackslash)),
        (r#"j"k l"m 'h''i'"#, Mode::UNQUOTE, Ok(&["jk lm", "hi"])),
        (r#"'' """#, Mode::UNQUOTE, Ok(&["", ""])),
        (r#""it's""#, Mode::UNQUOTE, Ok(&["it's"])),
        ("a 'b c", Mode::UNQUOTE, Err(Unbalanced)),
        (r"a\tb 'c\x20d' \s\u20ac", Mode::UNQUOTE_C, Ok(&["a\tb", "c d", " €"])),
        (r"a\d", Mode::UNQUOTE_C, Err(UnknownEscape)),
        (r"a\0", Mode::UNQUOTE_C, Err(UnknownEscape)),
        (r"a\x00", Mode::UNQUOTE_C, Err(UnknownEscape)),
        (r"a\d \é b\", Mode::UNQUOTE_C_RELAXED, Ok(&[r"a\d", r"\é", r"b\"])),
        ("a::b:", Mode::UNQUOTE.separated_by(":"), Ok(&["a", "b"])),
        ("a::b:c", Mode::UNQUOTE.separated_by(":").with_empty_words(), Ok(&["a", "", "b", "c"])),
        (":a", Mode::UNQUOTE.separated_by(":").with_empty_words(), Ok(&["", "a"])),
    ];
    for (text, mode, expected) in cases {
        let expected = expected.map(|list| list.iter().map(ToString::to_string).collect());
        assert_eq!(words(text, *mode), expected, "{text:?}");
    }
}

#[test]
fn ranges_cover_the_quotes() {
    let text = r#"  one "t w"o  three"#;
    let ranges: Vec<_> = Words::new(text, Mode::UNQUOTE)
        .map(|word| text.get(word.unwrap().range).unwrap().to_owned())
        .collect();
    assert_eq!(ranges, ["one", "\"t w\"o", "three"]);
}

#[test]
fn bytes_that_are_not_text_are_kept() {
    let word = Words::new(r"a\xffb", Mode::UNQUOTE_C)
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(word.text, "a\u{fffd}b");
    assert_eq!(word.bytes.unwrap(), b"a\xffb");
    let word = Words::new(r"\xc3\xa9", Mode::UNQUOTE_C)
        .next()
        .unwrap()
        .unwrap();
    assert_eq!((word.text.as_ref(), word.bytes), ("é", None));
}

#[test]
fn unescapes() {
    assert_eq!(c_unescape("plain").unwrap(), "plain");
    assert_eq!(c_unescape(r"a\nb\101").unwrap(), "a\nbA");
    assert_eq!(c_unescape(r"a\q").unwrap_err().offset, 1);
    assert_eq!(
        c_unescape(r"a\").unwrap_err().kind,
        WordErrorKind::TrailingBackslash
    );
}
