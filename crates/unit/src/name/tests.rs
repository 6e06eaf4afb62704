#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;

#[test]
fn parts() {
    let name = UnitName::parse("a-b@c@d.e.service").unwrap();
    assert_eq!(name.prefix(), "a-b");
    assert_eq!(name.instance(), Some("c@d.e"));
    assert_eq!(name.stem(), "a-b@c@d.e");
    assert_eq!(name.template().unwrap().as_str(), "a-b@.service");
    assert!(name.template().unwrap().is_template());
    assert_eq!(name.with_instance("x").unwrap().as_str(), "a-b@x.service");
    let plain = UnitName::parse("-.slice").unwrap();
    assert_eq!(
        (plain.prefix(), plain.instance(), plain.kind()),
        ("-", None, UnitKind::Slice)
    );
    assert_eq!(plain.with_instance("x"), Err(NameError::NotATemplate));
}

#[test]
fn validity() {
    let long = "a".repeat(255 - ".service".len()) + ".service";
    assert!(UnitName::parse(&long).is_ok());
    let cases = [
        ("", NameError::Empty),
        (".service", NameError::Empty),
        ("@.service", NameError::Empty),
        ("@a.service", NameError::Empty),
        ("a", NameError::Suffix),
        ("a.servic", NameError::Suffix),
        ("a.Service", NameError::Suffix),
        ("a b.service", NameError::Character(' ')),
        ("a/b.service", NameError::Character('/')),
        ("é.service", NameError::Character('é')),
        (&format!("a{long}"), NameError::TooLong),
    ];
    for (text, error) in cases {
        assert_eq!(UnitName::parse(text), Err(error), "{text}");
    }
}

#[test]
fn truncated_names() {
    let truncated = |text| {
        let name = UnitName::parse(text).unwrap();
        name.truncated()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(truncated("a-b-c.service"), ["a-b-.service", "a-.service"]);
    assert_eq!(truncated("a-b@c-d.service"), ["a-@c-d.service"]);
    assert_eq!(truncated("a.service"), [""; 0]);
    assert_eq!(truncated("a-.service"), [""; 0]);
}

#[test]
fn escaping() {
    assert_eq!(unescape("a-b\\x2dc").unwrap(), "a/b-c");
    assert_eq!(unescape("a\\x2"), Err(EscapeError));
    assert_eq!(unescape("a\\xff"), Err(EscapeError));
    assert_eq!(path_unescape("srv-data").unwrap(), "/srv/data");
    assert_eq!(path_unescape("-").unwrap(), "/");
    assert_eq!(path_unescape("a--b"), Err(EscapeError));
    assert_eq!(escape(".a/b-c d"), "\\x2ea-b\\x2dc\\x20d");
}
