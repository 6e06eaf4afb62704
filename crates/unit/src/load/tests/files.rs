//! Which drop-ins count, and in which order.

use super::*;

#[test]
fn drop_ins_apply_by_name() {
    let tree = Tree::new(
        "b/a-foo-bar.service
         b/a-.service.d/10-x.conf
         b/a-foo-bar.service.d/20-z.conf
         b/service.d/20-z.conf
         b/a-foo-.service.d/30-y.conf
         b/service.d/99-t.conf",
    );
    assert_eq!(
        tree.files(&tree.load("a-foo-bar.service")),
        "b/a-foo-bar.service b/a-.service.d/10-x.conf b/a-foo-bar.service.d/20-z.conf \
         b/a-foo-.service.d/30-y.conf b/service.d/99-t.conf"
    );
}

#[test]
fn directories_of_equal_names_rank() {
    // From the strongest to the weakest.
    let ranks = [
        "a/x-y-z@i",
        "a/x-y-z@",
        "a/x-y-",
        "a/x-",
        "a/x-y-@i",
        "a/x-y-@",
        "a/x-@i",
        "a/x-@",
        "b/x-y-z@i",
        "b/x-y-z@",
        "b/x-y-",
        "b/x-",
        "b/x-y-@i",
        "b/x-y-@",
        "b/x-@i",
        "b/x-@",
        "a/other@i",
        "b/other@i",
    ];
    let files = ranks.map(|rank| format!("{rank}.service.d/same.conf"));
    let kind = [
        "a/service.d/same.conf".to_owned(),
        "b/service.d/same.conf".to_owned(),
    ];
    let files: Vec<_> = files.into_iter().chain(kind).collect();
    let links = "b/other@.service -> x-y-z@.service\nb/x-y-z@.service\n";
    let tree = Tree::new(&(links.to_owned() + &files.join("\n")));
    for file in files {
        let unit = tree.load("x-y-z@.service");
        assert_eq!(tree.files(&unit), format!("b/x-y-z@.service {file}"));
        fs::remove_file(tree.0.join(file)).unwrap();
    }
}

#[test]
fn what_is_not_read_still_hides() {
    let tree = Tree::new(
        "b/t.service
         a/t.service.d/1.conf -> /dev/null\n b/t.service.d/1.conf
         a/t.service.d/2.conf empty\n b/t.service.d/2.conf
         a/t.service.d/3.conf -> nothing\n b/t.service.d/3.conf
         a/t.service.d/4.conf/x\n b/t.service.d/4.conf
         b/t.service.d/.5.conf
         b/t.service.d/6.conf~
         b/t.service.d/7.CONF
         b/t.service.d/8.conf",
    );
    let unit = tree.load("t.service");
    assert_eq!(tree.files(&unit), "b/t.service b/t.service.d/8.conf");
    let skipped: Vec<_> = unit
        .skipped
        .iter()
        .map(|error| error.path.file_name().unwrap())
        .collect();
    assert_eq!(skipped, ["3.conf", "4.conf"]);
}

#[test]
fn linked_directories_are_followed() {
    let tree =
        Tree::new("b/t.service\n out/x.conf\n b/t.service.d -> ../out\n a/service.d -> gone");
    assert_eq!(
        tree.files(&tree.load("t.service")),
        "b/t.service out/x.conf"
    );
}

#[test]
fn a_unit_without_main_file_has_drop_ins() {
    let tree = Tree::new("b/slice.d/1.conf\n b/user-.slice.d/2.conf");
    let unit = tree.load("user-1000.slice");
    assert_eq!(unit.state, LoadState::NotFound);
    assert!(unit.fragment().is_none());
    assert_eq!(tree.files(&unit), "b/slice.d/1.conf b/user-.slice.d/2.conf");
}

#[test]
fn origins_lead_back() {
    let tree = Tree::new("b/t.service\n b/t.service.d/1.conf");
    let unit = tree.load("t.service");
    let places: Vec<_> = unit
        .assignments()
        .map(|(origin, assignment)| {
            let file = unit.file(origin).unwrap();
            let bytes = file.document.bytes().get(origin.span().range()).unwrap();
            assert_eq!(bytes, b"Key=value");
            (file.role, origin.line, assignment.section)
        })
        .collect();
    assert_eq!(
        places,
        [(Role::Fragment, 2, "Service"), (Role::DropIn, 2, "Service")]
    );
}

#[test]
fn a_fatal_line_refuses_the_unit_but_only_ends_a_drop_in() {
    let tree = Tree::new("b/t.service\n b/t.service.d/1.conf\n b/t.service.d/2.conf");
    fs::write(
        tree.0.join("b/t.service.d/1.conf"),
        "[Service]\nA=b\n[Service\nC=d\n",
    )
    .unwrap();
    let unit = tree.load("t.service");
    assert_eq!(unit.state, LoadState::Loaded);
    let keys: Vec<_> = unit
        .assignments()
        .map(|(_, assignment)| assignment.key)
        .collect();
    assert_eq!(keys, ["Key", "A", "Key"]);
    fs::write(tree.0.join("b/t.service"), b"[Service]\nA=\xff\n").unwrap();
    let LoadState::Error(error) = tree.load("t.service").state else {
        unreachable!("the unit is refused");
    };
    let problem = crate::syntax::ProblemKind::InvalidUtf8;
    assert_eq!(error.kind, LoadErrorKind::Syntax { problem, line: 2 });
}

#[test]
fn manager_configuration() {
    let tree = Tree::new(
        "etc/systemd/system.conf
         usr/lib/systemd/system.conf
         usr/lib/systemd/system.conf.d/10.conf
         usr/lib/systemd/system.conf.d/20.conf
         run/systemd/system.conf.d/20.conf -> /dev/null
         etc/systemd/system.conf.d/30.conf
         etc/systemd/user.conf
         home/systemd/user.conf
         home/systemd/user.conf.d/1.conf",
    );
    let paths = |config: &ManagerConfig| {
        let paths = config.files.iter().map(|file| &file.path);
        let inside = paths.map(|path| path.strip_prefix(&tree.0).unwrap().display().to_string());
        inside.collect::<Vec<_>>()
    };
    let config = ManagerConfig::system(&tree.0, 252);
    let expected = [
        "etc/systemd/system.conf",
        "usr/lib/systemd/system.conf.d/10.conf",
        "etc/systemd/system.conf.d/30.conf",
    ];
    assert_eq!(paths(&config), expected);
    assert_eq!(config.assignments().count(), 3);
    fs::remove_file(tree.0.join("etc/systemd/system.conf")).unwrap();
    assert_eq!(paths(&ManagerConfig::system(&tree.0, 252)), expected[1..]);
    let vendor = paths(&ManagerConfig::system(&tree.0, 257));
    assert_eq!(vendor[0], "usr/lib/systemd/system.conf");

    let mut user = UserDirs::default();
    assert_eq!(
        paths(&ManagerConfig::user(&tree.0, &user)),
        ["etc/systemd/user.conf"]
    );
    user.config_home = Some(tree.0.join("home"));
    let own = ["home/systemd/user.conf", "home/systemd/user.conf.d/1.conf"];
    assert_eq!(paths(&ManagerConfig::user(&tree.0, &user)), own);
}
