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

// The order was seen with systemd-analyze 252.
#[test]
fn drop_in_dirs() {
    let dirs = |text: &str| {
        let dirs = UnitName::parse(text).unwrap().drop_in_dirs();
        dirs.iter()
            .map(|dir| dir.replace(".service.d", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        dirs("x-y-z@i.service"),
        [
            "x-y-z@i", "x-y-z@", "x-y-", "x-", "x-y-@i", "x-y-@", "x-@i", "x-@"
        ]
    );
    assert_eq!(dirs("a.service"), ["a"]);
    assert_eq!(dirs("a@.service"), ["a@"]);
    assert_eq!(
        dirs("a---b-c.service"),
        ["a---b-c", "a---b-", "a---", "a--", "a-"]
    );
    assert_eq!(dirs("-a-b.service"), ["-a-b", "-a-"]);
    assert_eq!(dirs("--a.service"), ["--a", "--"]);
    assert_eq!(dirs("a-b--.service"), ["a-b--", "a-b-", "a-"]);
    assert_eq!(dirs("-.service"), ["-"]);
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
