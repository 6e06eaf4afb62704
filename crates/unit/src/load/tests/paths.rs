//! Search paths, roots, paths as arguments, directory trees.

use super::*;
use std::ffi::OsStr;

fn dirs(path: &SearchPath) -> Vec<&str> {
    path.dirs()
        .iter()
        .map(|dir| dir.to_str().unwrap())
        .collect()
}

#[test]
fn the_variable_replaces_the_path() {
    let path =
        |value: &str| SearchPath::system(Path::new("/")).with_override(Some(OsStr::new(value)));
    assert!(dirs(&path("")).is_empty());
    assert_eq!(dirs(&path("/x:rel:/y:/x")), ["/x", "/y"]);
    let kept = path("/x:/etc/systemd/system:");
    assert_eq!(
        dirs(&kept).get(..3).unwrap(),
        ["/x", "/etc/systemd/system", "/etc/systemd/system.control"]
    );
    assert_eq!(
        kept.dirs().len(),
        SearchPath::system(Path::new("/")).dirs().len() + 1
    );
    let unset = SearchPath::system(Path::new("/")).with_override(None);
    assert_eq!(unset, SearchPath::system(Path::new("/")));
}

#[test]
fn users_have_their_own_path() {
    let user = UserDirs {
        config_home: Some("/home/u/.config".into()),
        data_home: Some("/home/u/.local/share".into()),
        runtime: Some("/run/user/1".into()),
        ..UserDirs::default()
    };
    let path = SearchPath::user(Path::new("/"), &user);
    #[rustfmt::skip]
    let expected = [
        "/home/u/.config/systemd/user.control", "/run/user/1/systemd/user.control", "/run/user/1/systemd/transient",
        "/run/user/1/systemd/generator.early", "/home/u/.config/systemd/user", "/etc/xdg/systemd/user", "/etc/systemd/user",
        "/run/user/1/systemd/user", "/run/systemd/user", "/run/user/1/systemd/generator", "/home/u/.local/share/systemd/user",
        "/usr/local/share/systemd/user", "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
        "/run/user/1/systemd/generator.late",
    ];
    assert_eq!(dirs(&path), expected);
}

#[test]
fn a_path_adds_its_folder() {
    let tree = Tree::new(
        "c/x.service\n a/x.service\n a/x.service.d/1.conf\n c/service.d/2.conf\n a/y.service",
    );
    let loader = tree.loader();
    let unit = loader.load_path(&tree.0.join("c/x.service")).unwrap();
    assert_eq!(
        tree.files(&unit),
        "c/x.service a/x.service.d/1.conf c/service.d/2.conf"
    );
    assert_eq!(
        tree.files(&loader.load(&"x.service".parse().unwrap())),
        "a/x.service a/x.service.d/1.conf"
    );
    // The name decides, as in systemd.
    let unit = loader.load_path(&tree.0.join("c/y.service")).unwrap();
    assert_eq!(tree.files(&unit), "a/y.service c/service.d/2.conf");
    let error = loader.load_path(Path::new("/x/y.txt")).unwrap_err();
    assert!(matches!(error.kind, LoadErrorKind::Name(_)));
}

#[test]
fn text_is_a_main_file() {
    let tree = Tree::new("a/x.service\n a/x.service.d/1.conf");
    let name = "x.service".parse().unwrap();
    let unit = tree
        .loader()
        .load_text(&name, &tree.0.join("-"), "[Service]\nA=b\n");
    assert_eq!(tree.files(&unit), "- a/x.service.d/1.conf");
    let unit = tree.loader().load_text(&name, Path::new("-"), "");
    assert_eq!(unit.state, LoadState::Masked);
}

#[test]
fn links_stay_below_the_root() {
    let tree = Tree::new(
        "root/etc/systemd/system/linked.service -> /opt/real.service
         root/etc/systemd/system/alias.service -> /lib/systemd/system/vendor.service
         root/etc/systemd/system/masked.service -> /dev/null
         root/etc/systemd/system/out.service -> ../../../../outside.service
         root/opt/real.service
         root/usr/lib/systemd/system/vendor.service
         root/lib -> /usr/lib
         root/etc/systemd/system/vendor.service.d -> /opt/drop
         root/opt/drop/1.conf
         outside.service",
    );
    let root = tree.0.join("root");
    let loader = Loader::new(SearchPath::system(&root), Options::default());
    let load = |name: &str| loader.load(&name.parse().unwrap());
    let unit = load("linked.service");
    assert_eq!(tree.files(&unit), "root/etc/systemd/system/linked.service");
    assert_eq!(unit.assignments().count(), 1);
    let unit = load("alias.service");
    assert_eq!(names(&unit), ["vendor.service", "alias.service"]);
    assert_eq!(
        tree.files(&unit),
        "root/usr/lib/systemd/system/vendor.service root/opt/drop/1.conf"
    );
    assert_eq!(load("masked.service").state, LoadState::Masked);
    assert_eq!(load("out.service").state, LoadState::NotFound);
}

#[test]
fn trees_are_searched() {
    let tree = Tree::new(
        "z.service\n sub/a.socket\n sub/deeper/b@.service\n sub/c.service -> ../z.service\n sub/loop -> ..
         sub/no.timer\n sub/a.txt\n z.service.d/x.service\n .git/x.service\n multi.target.wants/z.service",
    );
    let (found, errors) = tree.loader().discover(&tree.0);
    let found: Vec<_> = found
        .iter()
        .map(|path| path.strip_prefix(&tree.0).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        found,
        [
            "sub/a.socket",
            "sub/c.service",
            "sub/deeper/b@.service",
            "z.service"
        ]
    );
    assert!(errors.is_empty());
}
