use super::*;

/// The assignments as `Section.key=value`.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    let document = Document::parse(text.as_ref());
    assert_eq!(document.bytes(), text.as_ref());
    let mut end = 0;
    for item in document.items() {
        assert_eq!(item.span.start, end);
        assert!(item.span.end > end);
        end = item.span.end;
    }
    assert_eq!(end as usize, text.as_ref().len());
    document
        .assignments()
        .map(|a| format!("{}.{}={}", a.section, a.key, a.value.text()))
        .collect()
}

/// A text, and its problems with their lines.
type Case = (&'static [u8], &'static [(ProblemKind, u32)]);

fn problems(text: impl AsRef<[u8]>) -> Vec<(ProblemKind, u32)> {
    let document = Document::parse(text.as_ref());
    document
        .problems()
        .iter()
        .map(|p| (p.kind, p.line))
        .collect()
}

// Every expectation here was seen with systemd-analyze 252.
#[test]
fn reads_as_systemd_does() {
    #[rustfmt::skip]
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &[]),
        (b"[S]\na=b", &["S.a=b"]),
        (b"  [S]  \n  a = b \n\tc\t=\td\t\n", &["S.a=b", "S.c=d"]),
        (b"[S]\na=\nb=c=d\n", &["S.a=", "S.b=c=d"]),
        (b"a=b\n[S]\nc=d\n[T]\ne=f\n", &["S.c=d", "T.e=f"]),
        (b"[S]\n# a=b\n ; c=d\ne=f # g\n", &["S.e=f # g"]),
        (b"[S]\nword\n=x\na=b\n", &["S.a=b"]),
        (b"[]\na=b\n[S ]\nc=d\n", &[".a=b", "S .c=d"]),
        (b"[S]\r\na=b\r\nc=\\\r\nd\r\n", &["S.a=b", "S.c=d"]),
        (b"[S]\ra=b\rc=d\r", &["S.a=b", "S.c=d"]),
        (b"[S]\n\ra=b\r\r\nc=d\n", &["S.a=b", "S.c=d"]),
        (b"[S]\na=b\0c=d\n\0e=f", &["S.a=b", "S.c=d", "S.e=f"]),
        (b"[S]\na=\\\n\r\0b\nc=\\\0\nd=\n", &["S.a=b", "S.c=", "S.d="]),
        (b"\xef\xbb\xbf[S]\na=b\n", &["S.a=b"]),
        (b"[S]\n\xef\xbb\xbfa=b\n\xef\xbb\xbfc=d\n", &["S.a=b", "S.\u{feff}c=d"]),
        (b"[S]\na=b \\\n  c\\\nd\n", &["S.a=b    c d"]),
        (b"[S]\na=b\\\n#c\\\n ;d\n e\nf=g\n", &["S.a=b  e", "S.f=g"]),
        (b"[S]\na=b\\\n\nc=d\n", &["S.a=b", "S.c=d"]),
        (b"[S]\na=b\\\n   \nc=d\n", &["S.a=b", "S.c=d"]),
        (b"[S]\na=b \\  \nc=d\n", &["S.a=b \\", "S.c=d"]),
        (b"[S]\na=b\\\\\nc=d\n", &["S.a=b\\\\", "S.c=d"]),
        (b"[S]\na=b\\\\\\\nc=d\n", &["S.a=b\\\\ c=d"]),
        (b"[S]\n# a \\\nb=c\n", &["S.b=c"]),
        (b"[S]\na=b\\", &["S.a=b"]),
        (b"[S]\na=b\\\n#c\n", &["S.a=b"]),
        (b"[S]\nk\\\ney=v\n \\\n a=b\n", &["S.k ey=v", "S.a=b"]),
        (b"[S\\\n]\na=b\n", &["S .a=b"]),
        (b"[S]\n#\xff\na=b\n", &["S.a=b"]),
        (b"[S]\na=b\nc=\xff\nd=e\n", &["S.a=b"]),
        (b"[S]\na=b\nc=\\\n\xff\nd=e\n", &["S.a=b"]),
        (b"[S]\na=b\n[S\nc=d\n[T]\ne=f\n", &["S.a=b"]),
        (b"[S]\na=b\n[S] x\nc=d\n", &["S.a=b"]),
        (b"[S]\na=\x0bb\n", &["S.a=\x0bb"]),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), *expected, "{}", text.escape_ascii());
    }
}

#[test]
fn tells_problems() {
    use ProblemKind::*;
    #[rustfmt::skip]
    let cases: &[Case] = &[
        (b"[S]\na=b\n\n#c\n", &[]),
        (b"a=b\nword\n[S]\nword\n=b\n", &[(OutsideSection, 1), (OutsideSection, 2), (MissingEquals, 4), (MissingKey, 5)]),
        (b"[S]\na=\xff\nb\n", &[(InvalidUtf8, 2)]),
        (b"[S]\na=\\\n\xff\nb\n", &[(InvalidUtf8, 2)]),
        (b"[S\na\n", &[(InvalidSectionHeader, 1)]),
        (b"[S\"]\na\n", &[(UnsafeSectionName, 1)]),
        (b"[S]\na=b\0\n", &[(NulByte, 2)]),
        (b"[S]\na=b\\ \n", &[(BlankAfterBackslash, 2)]),
        (b"[S]\n\na=b\\", &[(UnfinishedContinuation, 3)]),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), *expected, "{}", text.escape_ascii());
    }
}

#[test]
fn long_lines() {
    let line = |length: usize| format!("[S]\na=b\nc={}\nd=e\n", "x".repeat(length - 2));
    assert_eq!(read(line(LINE_MAX - 1)).len(), 3);
    assert_eq!(read(line(LINE_MAX)), ["S.a=b"]);
    assert_eq!(problems(line(LINE_MAX)), [(ProblemKind::LineTooLong, 3)]);
    let piece = format!("{}\\\n", "x".repeat(1023));
    let joined = |pieces: usize| format!("[S]\na=b\nc={}\\\n\nd=e", piece.repeat(pieces));
    assert_eq!(read(joined(1023)).len(), 3);
    assert_eq!(read(joined(1024)), ["S.a=b"]);
}

#[test]
fn positions() {
    let text = "[S]\na = b \\\n# ü\n  ü \\\n c\nd=ü e\n";
    let document = Document::parse(text);
    let mut places = Vec::new();
    for assignment in document.assignments() {
        let value = assignment.value;
        for word in value.text().split_whitespace() {
            let start = value.text().find(word).unwrap_or_default();
            let span = value.span(start..start + word.len());
            assert_eq!(text.get(span.range()), Some(word));
            let Position { line, column } = value.position(start);
            assert_eq!(document.position(span.start), Position { line, column });
            places.push((word, line, column));
        }
    }
    let expected = [
        ("b", 2, 5),
        ("ü", 4, 3),
        ("c", 5, 2),
        ("ü", 6, 3),
        ("e", 6, 5),
    ];
    assert_eq!(places, expected);
    let end = document.position(u32::MAX);
    assert_eq!((end.line, end.column), (7, 1));
    let whole = document.assignments().next().map(|a| a.span().range());
    assert_eq!(
        whole.and_then(|range| text.get(range)),
        Some("a = b \\\n# ü\n  ü \\\n c")
    );
}

#[test]
fn junk_is_bounded() {
    let document = Document::parse("[S]\n".to_owned() + &"x\n".repeat(100_000));
    assert_eq!(document.items().count(), 2);
    assert_eq!(document.problems().len(), PROBLEMS_MAX - 1);
}

#[test]
fn places_are_found_in_linear_time() {
    // A continued line of many pieces, and a run of junk lines, each asked for thousands of times.
    let text = format!(
        "[S]\na={}\n\n{}",
        "xé\\\n".repeat(100_000),
        "é\n".repeat(100_000)
    );
    let document = Document::parse(text);
    let started = std::time::Instant::now();
    let value = document
        .assignments()
        .next()
        .map(|assignment| assignment.value);
    for offset in (0..300_000).step_by(4) {
        let position = value.as_ref().map(|value| value.position(offset));
        assert!(position.is_some_and(|position| position.line as usize >= 2 + offset / 4));
    }
    for problem in document.problems() {
        let Position { line, column } = document.position(problem.span.start);
        assert_eq!((line, column), (problem.line, 1));
    }
    // A quadratic search takes minutes.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
