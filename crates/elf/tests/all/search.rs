//! The rules of the search, on trees of made-up files.

use std::path::Path;

use crate::support::{
    FLAGS_1, GLIBC, MUSL, NODEFLIB, RPATH, RUNPATH, Tree, glibc, libraries, library, missing,
    program,
};
use unitward_elf::{Cause, Effect, Found, Privilege, Role, SearchOptions};

fn options() -> SearchOptions {
    SearchOptions {
        levels: Vec::new(),
        ..Default::default()
    }
}

#[test]
fn default_directories_are_those_of_the_loader() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file(
            "/bin/p",
            program()
                .needs("liba.so")
                .needs("libb.so")
                .needs("libc.so")
                .bytes(),
        )
        .file("/usr/lib/liba.so", library().needs("libb.so").bytes())
        .file(
            "/lib/libb.so",
            library().needs("ld-linux-x86-64.so.2").bytes(),
        )
        .file("/usr/lib/libb.so", library().bytes())
        .file("/lib64/libc.so", library().bytes());
    let closure = tree.closure("/bin/p");
    assert_eq!(libraries(&closure), ["/usr/lib/liba.so", "/lib/libb.so"]);
    assert_eq!(missing(&closure), ["libc.so"]);
    assert!(!closure.is_complete());
    assert_eq!(
        closure.path(closure.missing[0].by),
        Some(Path::new("/bin/p"))
    );
}

#[test]
fn rpath_is_inherited_and_runpath_is_not() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file(
            "/opt/r/bin/p",
            program()
                .needs("liba.so")
                .string(RPATH, "$ORIGIN/../lib")
                .bytes(),
        )
        .file("/opt/r/lib/liba.so", library().needs("libb.so").bytes())
        .file("/opt/r/lib/libb.so", library().bytes())
        .file(
            "/opt/u/bin/p",
            program()
                .needs("liba.so")
                .string(RUNPATH, "${ORIGIN}/../lib")
                .bytes(),
        )
        .file("/opt/u/lib/liba.so", library().needs("libb.so").bytes())
        .file("/opt/u/lib/libb.so", library().bytes());
    let inherited = tree.closure("/opt/r/bin/p");
    let paths = ["/opt/r/bin/../lib/liba.so", "/opt/r/bin/../lib/libb.so"];
    assert_eq!(libraries(&inherited), paths);
    assert_eq!(inherited.files.last().unwrap().found, Found::Rpath);
    let own = tree.closure("/opt/u/bin/p");
    assert_eq!(libraries(&own), ["/opt/u/bin/../lib/liba.so"]);
    assert_eq!(missing(&own), ["libb.so"]);
}

#[test]
fn a_runpath_shuts_out_all_rpaths() {
    let tree = Tree::new();
    let both = program()
        .needs("liba.so")
        .string(RPATH, "/one")
        .string(RUNPATH, "/two");
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", both.bytes())
        .file("/one/liba.so", library().bytes())
        .file(
            "/two/liba.so",
            library().needs("libb.so").string(RUNPATH, "/none").bytes(),
        )
        .file(
            "/bin/q",
            program().needs("libq.so").string(RPATH, "/two").bytes(),
        )
        .file(
            "/two/libq.so",
            library().needs("libb.so").string(RUNPATH, "/none").bytes(),
        )
        .file("/two/libb.so", library().bytes());
    assert_eq!(libraries(&tree.closure("/bin/p")), ["/two/liba.so"]);
    let closure = tree.closure("/bin/q");
    assert_eq!(libraries(&closure), ["/two/libq.so"]);
    assert_eq!(missing(&closure), ["libb.so"]);
}

#[test]
fn the_environment_stands_between_rpath_and_runpath() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/env/liba.so", library().bytes())
        .file("/dir/liba.so", library().bytes())
        .file(
            "/bin/rpath",
            program().needs("liba.so").string(RPATH, "/dir").bytes(),
        )
        .file(
            "/bin/runpath",
            program().needs("liba.so").string(RUNPATH, "/dir").bytes(),
        );
    let mut options = SearchOptions {
        library_path: "/none;/env".into(),
        ..options()
    };
    let found =
        |program: &str, options: &SearchOptions| libraries(&tree.closure_with(program, options));
    assert_eq!(found("/bin/rpath", &options), ["/dir/liba.so"]);
    assert_eq!(found("/bin/runpath", &options), ["/env/liba.so"]);
    options.privilege = Privilege::Raised;
    assert_eq!(found("/bin/runpath", &options), ["/dir/liba.so"]);
}

#[test]
fn raised_privileges_trust_no_origin() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file(
            "/bin/p",
            program()
                .needs("liba.so")
                .string(RUNPATH, "$ORIGIN")
                .bytes(),
        )
        .file("/bin/liba.so", library().bytes());
    let raised = SearchOptions {
        privilege: Privilege::Raised,
        ..options()
    };
    assert_eq!(libraries(&tree.closure("/bin/p")), ["/bin/liba.so"]);
    assert_eq!(missing(&tree.closure_with("/bin/p", &raised)), ["liba.so"]);
}

#[test]
fn names_paths_and_sonames_lead_to_one_object() {
    let tree = Tree::new();
    let needs = program()
        .needs("/opt/liba.so.1.2")
        .needs("liba.so.1")
        .needs("libalias.so");
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", needs.bytes())
        .file("/opt/liba.so.1.2", library().soname("liba.so.1").bytes())
        .link("/lib/libalias.so", "../opt/liba.so.1.2");
    let closure = tree.closure("/bin/p");
    assert_eq!(
        libraries(&closure),
        ["/opt/liba.so.1.2", "/lib/libalias.so"]
    );
    assert!(closure.is_complete());
}

#[test]
fn levels_of_the_processor_come_first() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", program().needs("liba.so").bytes())
        .file("/lib/liba.so", library().bytes())
        .file("/lib/glibc-hwcaps/x86-64-v3/liba.so", library().bytes());
    let levels = vec!["x86-64-v4".to_owned(), "x86-64-v3".to_owned()];
    let closure = tree.closure_with(
        "/bin/p",
        &SearchOptions {
            levels,
            ..options()
        },
    );
    assert_eq!(libraries(&closure), ["/lib/glibc-hwcaps/x86-64-v3/liba.so"]);
    assert_eq!(libraries(&tree.closure("/bin/p")), ["/lib/liba.so"]);
}

#[test]
fn without_default_directories_only_its_own_count() {
    let tree = Tree::new();
    let elf = program()
        .needs("liba.so")
        .needs("libb.so")
        .string(RUNPATH, "/own");
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", elf.number(FLAGS_1, NODEFLIB).bytes())
        .file("/own/liba.so", library().bytes())
        .file("/lib/libb.so", library().bytes());
    let closure = tree.closure("/bin/p");
    assert_eq!(
        (libraries(&closure), missing(&closure)),
        (vec!["/own/liba.so".to_owned()], vec!["libb.so".to_owned()],)
    );
}

#[test]
fn other_machines_are_passed_over_and_garbage_is_not() {
    let tree = Tree::new();
    let mut foreign = library();
    foreign.machine = 183;
    tree.file(GLIBC, glibc().bytes())
        .file(
            "/bin/p",
            program()
                .needs("liba.so")
                .needs("libb.so")
                .needs("libc.so")
                .bytes(),
        )
        .file("/lib/liba.so", foreign.bytes())
        .file("/usr/lib/liba.so", library().bytes())
        .file("/lib/libb.so", "INPUT(libb.so.1)")
        .file("/usr/lib/libb.so", library().bytes())
        .file("/lib/libc.so", foreign.bytes());
    let closure = tree.closure("/bin/p");
    assert_eq!(libraries(&closure), ["/usr/lib/liba.so"]);
    assert!(
        matches!(&closure.missing[0].cause, Cause::Format { path } if path.ends_with("libb.so"))
    );
    assert!(
        matches!(&closure.missing[1].cause, Cause::Foreign { architecture, .. }
        if architecture.name() == Some("aarch64"))
    );
}

#[test]
fn preloaded_objects_come_first_and_may_be_missing() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", program().needs("liba.so").bytes())
        .file("/lib/liba.so", library().bytes())
        .file("/opt/pre.so", library().soname("liba.so").bytes())
        .file(
            "/etc/ld.so.preload",
            "# none\n/opt/pre.so /opt/none.so # and\n",
        );
    let closure = tree.closure("/bin/p");
    assert_eq!(libraries(&closure), ["/opt/pre.so"]);
    assert_eq!(missing(&closure), ["/opt/none.so"]);
    assert_eq!(closure.missing[0].effect, Effect::Ignored);
    assert!(closure.is_complete());
    let read = closure
        .files
        .iter()
        .find(|file| file.role == Role::Configuration)
        .unwrap();
    assert_eq!(read.asked, Path::new("/etc/ld.so.preload"));
}

#[test]
fn musl_has_rules_of_its_own() {
    let tree = Tree::new();
    let mut elf = program()
        .needs("libc.so")
        .needs("liba.so")
        .string(RUNPATH, "$ORIGIN/../own");
    elf.interpreter = Some(MUSL);
    tree.file(MUSL, library().soname("libc.so").bytes())
        .file("/opt/bin/p", elf.bytes())
        .file(
            "/opt/own/liba.so",
            library().needs("libb.so").needs("libz.so").bytes(),
        )
        .file("/opt/own/libb.so", library().bytes())
        .file("/usr/local/lib/libz.so", library().bytes());
    let closure = tree.closure("/opt/bin/p");
    let own = ["/opt/bin/../own/liba.so", "/opt/bin/../own/libb.so"];
    assert_eq!(
        libraries(&closure),
        [own[0], own[1], "/usr/local/lib/libz.so"]
    );
    tree.file("/etc/ld-musl-x86_64.path", "/elsewhere\n/lib");
    assert_eq!(missing(&tree.closure("/opt/bin/p")), ["libz.so"]);
    let environment = SearchOptions {
        library_path: "/usr/local/lib".into(),
        ..options()
    };
    assert!(tree.closure_with("/opt/bin/p", &environment).is_complete());
}
