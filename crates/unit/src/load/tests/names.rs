//! Which main file a name means.

use super::*;

#[test]
fn the_first_directory_wins() {
    let tree = Tree::new("a/x.service\n b/x.service\n b/y.service");
    assert_eq!(tree.files(&tree.load("x.service")), "a/x.service");
    assert_eq!(tree.files(&tree.load("y.service")), "b/y.service");
    assert_eq!(tree.load("z.service").state, LoadState::NotFound);
    let names = tree.loader().units();
    assert_eq!(
        names.iter().map(UnitName::as_str).collect::<Vec<_>>(),
        ["x.service", "y.service"]
    );
}

#[test]
fn masks() {
    let tree = Tree::new(
        "a/empty.service empty
         b/empty.service
         a/null.service -> /dev/null
         a/zero.service -> /dev/zero
         b/alias.service -> empty.service
         b/empty.service.d/x.conf",
    );
    for name in ["empty", "null", "zero", "alias"] {
        let unit = tree.load(&format!("{name}.service"));
        assert_eq!(unit.state, LoadState::Masked, "{name}");
        assert!(unit.files.is_empty());
    }
    assert_eq!(tree.load("alias.service").name.as_str(), "empty.service");
}

#[test]
fn links_are_aliases_or_linked_files() {
    let tree = Tree::new(
        "b/real.service
         b/alias.service -> real.service
         a/chain.service -> ../b/alias.service
         out/linked.service
         a/linked.service -> ../out/linked.service
         a/other.service -> ../out/linked.service
         a/real-in-a.service -> ../b/renamed.service
         a/renamed.service
         b/renamed.service
         b/sub/deep.service
         b/deep.service -> sub/deep.service",
    );
    for name in ["real", "alias", "chain"] {
        let unit = tree.load(&format!("{name}.service"));
        assert_eq!(
            names(&unit),
            ["real.service", "alias.service", "chain.service"]
        );
        assert_eq!(tree.files(&unit), "b/real.service");
    }
    assert_eq!(tree.files(&tree.load("linked.service")), "a/linked.service");
    assert_eq!(names(&tree.load("other.service")), ["other.service"]);
    // Only the name of the target counts, not where it is.
    assert_eq!(
        tree.files(&tree.load("real-in-a.service")),
        "a/renamed.service"
    );
    assert_eq!(tree.load("deep.service").state, LoadState::NotFound);
}

#[test]
fn links_that_are_no_aliases_hide_nothing() {
    let tree = Tree::new(
        "b/self.service\n a/self.service -> self.service
         b/same.service\n a/same.service -> ../b/same.service
         b/type.service\n a/type.service -> type.socket
         b/dir.service\n a/dir.service/x
         b/plain.service\n a/plain.service -> template@.service",
    );
    for name in ["self", "same", "type", "dir", "plain"] {
        let unit = tree.load(&format!("{name}.service"));
        assert_eq!(tree.files(&unit), format!("b/{name}.service"));
    }
}

#[test]
fn links_to_nothing_hide() {
    let tree = Tree::new(
        "b/inside.service\n a/inside.service -> nothing.service
         b/outside.service\n a/outside.service -> /nonexistent/x.service
         a/one.service -> two.service\n a/two.service -> one.service",
    );
    for name in ["inside", "outside", "one", "two"] {
        let unit = tree.load(&format!("{name}.service"));
        assert_eq!(unit.state, LoadState::NotFound, "{name}");
    }
}

#[test]
fn chains_end_after_eight_names() {
    let mut lines = "b/n9.service\n".to_owned();
    for n in 1..9 {
        lines += &format!("b/n{n}.service -> n{}.service\n", n + 1);
    }
    let tree = Tree::new(&lines);
    assert_eq!(tree.load("n2.service").state, LoadState::Loaded);
    assert_eq!(tree.load("n1.service").state, LoadState::NotFound);
}

#[test]
fn templates() {
    let tree = Tree::new(
        "b/t@.service
         b/t@own.service
         b/alias@.service -> t@.service
         b/t@to.service -> u@.service
         b/t@same.service -> u@same.service
         b/t@wrong.service -> u@other.service
         b/u@.service
         a/m@.mount",
    );
    #[rustfmt::skip]
    let cases = [
        ("t@.service", "t@i.service", "b/t@.service"),
        ("t@x.service", "t@x.service", "b/t@.service"),
        ("t@own.service", "t@own.service", "b/t@own.service"),
        ("alias@x.service", "t@x.service", "b/t@.service"),
        ("t@to.service", "u@to.service", "b/u@.service"),
        ("t@same.service", "u@same.service", "b/u@.service"),
        ("t@wrong.service", "t@wrong.service", "b/t@.service"),
    ];
    for (asked, name, files) in cases {
        let unit = tree.load(asked);
        assert_eq!(
            (unit.name.as_str(), &*tree.files(&unit)),
            (name, files),
            "{asked}"
        );
    }
    assert_eq!(
        names(&tree.load("t@x.service")),
        ["t@x.service", "alias@x.service"]
    );
    // The alias has another file for this instance.
    assert_eq!(
        names(&tree.load("t@to.service")),
        ["u@to.service", "t@to.service"]
    );
}
