//! Scripts, loaders and links, on trees of made-up files.

use std::path::Path;

use crate::support::{GLIBC, Tree, glibc, libraries, library, missing, program};
use unitward_elf::{
    ByteOrder, Cause, Class, Closure, Error, FileKind, Image, Placement, Program, Role,
    SearchOptions, Stack,
};

fn paths(closure: &Closure) -> Vec<(Role, String)> {
    closure
        .files
        .iter()
        .map(|file| (file.role, file.asked.display().to_string()))
        .collect()
}

fn own(role: Role, path: &str) -> (Role, String) {
    (role, path.to_owned())
}

#[test]
fn a_static_program_needs_itself_only() {
    let tree = Tree::new();
    tree.file("/bin/p", library().bytes());
    let closure = tree.closure("/bin/p");
    assert_eq!(paths(&closure), [own(Role::Program, "/bin/p")]);
    assert!(closure.is_complete());
}

#[test]
fn scripts_lead_to_their_interpreters() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/dash", program().needs("liba.so").bytes())
        .file("/lib/liba.so", library().bytes())
        .link("/bin/sh", "dash")
        .file("/bin/s", "#!/bin/sh -e\n");
    let closure = tree.closure("/bin/s");
    assert_eq!(
        paths(&closure),
        [
            own(Role::Program, "/bin/s"),
            own(Role::Interpreter, "/bin/sh"),
            own(Role::Loader, GLIBC),
            own(Role::Library, "/lib/liba.so"),
        ]
    );
    let links = closure.links();
    assert_eq!(links.len(), 1);
    assert_eq!(
        (links[0].path.as_path(), links[0].target.as_path()),
        (Path::new("/bin/sh"), Path::new("dash"),)
    );
}

#[test]
fn env_is_followed_along_the_path() {
    let tree = Tree::new();
    tree.file("/usr/bin/env", library().bytes())
        .file("/usr/local/bin/python3", library().bytes())
        .file("/opt/node", library().bytes())
        .file("/bin/a", "#!/usr/bin/env python3\n")
        .file("/bin/b", "#!/usr/bin/env -S -i A=b PATH=/opt node --x\n")
        .file("/bin/c", "#!/usr/bin/env python3 -u\n")
        .file("/bin/d", "#!/usr/bin/env d\n");
    let last = |program: &str| paths(&tree.closure(program)).pop();
    assert_eq!(
        last("/bin/a"),
        Some(own(Role::Program, "/usr/local/bin/python3"))
    );
    assert_eq!(last("/bin/b"), Some(own(Role::Program, "/opt/node")));
    assert_eq!(missing(&tree.closure("/bin/c")), ["python3 -u"]);
    let circle = tree.closure("/bin/d");
    assert!(matches!(circle.missing[0].cause, Cause::Nesting));
    let none = SearchOptions {
        path: "/none".into(),
        ..Default::default()
    };
    assert_eq!(missing(&tree.closure_with("/bin/a", &none)), ["python3"]);
}

#[test]
fn the_kernel_follows_five_interpreters() {
    let tree = Tree::new();
    tree.file("/s0", library().bytes());
    for level in 1..=6 {
        tree.file(&format!("/s{level}"), format!("#!/s{}\n", level - 1));
    }
    assert!(tree.closure("/s5").is_complete());
    let deep = tree.closure("/s6");
    assert!(matches!(deep.missing[0].cause, Cause::Nesting));
    tree.file("/self", "#!/self\n");
    assert!(!tree.closure("/self").is_complete());
}

#[test]
fn what_the_kernel_cannot_execute_is_said() {
    let tree = Tree::new();
    let mut foreign = library();
    foreign.machine = 183;
    tree.file("/bin/text", "echo\n")
        .file("/bin/none", "#!/bin/missing\n")
        .file("/bin/p", program().bytes())
        .file("/bin/quiet", library().bytes());
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(tree.path().join("bin/quiet"), mode).unwrap();
    let cause = |program: &str| tree.closure(program).missing.pop().unwrap();
    assert!(matches!(cause("/bin/text").cause, Cause::Format { .. }));
    assert!(matches!(
        cause("/bin/quiet").cause,
        Cause::NotExecutable { .. }
    ));
    let interpreter = cause("/bin/none");
    assert_eq!(interpreter.role, Role::Interpreter);
    assert_eq!(interpreter.name, "/bin/missing");
    let loader = cause("/bin/p");
    assert!(loader.role == Role::Loader && matches!(loader.cause, Cause::NotFound));
    tree.file(GLIBC, foreign.bytes());
    assert!(matches!(cause("/bin/p").cause, Cause::Foreign { .. }));
    assert!(loader.role.is_executed() && !Role::Library.is_executed());
    assert!(Role::Library.is_code() && !Role::Configuration.is_code());
}

#[test]
fn links_stay_inside_the_root() {
    let tree = Tree::new();
    tree.file("/usr/bin/p", library().bytes())
        .link("/bin", "/usr/bin")
        .link("/usr/up", "../../../../usr/bin")
        .link("/loop/a", "b")
        .link("/loop/b", "../loop/a");
    let root = tree.root();
    for path in ["/bin/p", "bin/p", "/usr/up/p", "/../../bin/./p", "//bin//p"] {
        assert_eq!(
            root.resolve(Path::new(path)).unwrap().path,
            Path::new("/usr/bin/p"),
            "{path}"
        );
    }
    assert_eq!(root.resolve(Path::new("/bin/p")).unwrap().links.len(), 1);
    assert_eq!(
        root.resolve(Path::new("/..")).unwrap().kind,
        FileKind::Directory
    );
    assert!(matches!(
        root.resolve(Path::new("/loop/a")),
        Err(Error::Links { .. })
    ));
    for path in [
        "/bin/p/",
        "/bin/p/..",
        "/bin/p/x",
        "/none/../bin/p",
        "/bin/none",
    ] {
        assert!(
            matches!(root.resolve(Path::new(path)), Err(Error::NotFound { .. })),
            "{path}"
        );
    }
    let long = "x/".repeat(3000);
    assert!(matches!(
        root.resolve(Path::new(&long)),
        Err(Error::PathLength { .. })
    ));
}

#[test]
fn forty_links_are_followed() {
    let tree = Tree::new();
    tree.file("/l0", "end");
    for number in 1..=41 {
        tree.link(&format!("/l{number}"), &format!("l{}", number - 1));
    }
    let root = tree.root();
    assert_eq!(root.resolve(Path::new("/l40")).unwrap().links.len(), 40);
    assert!(matches!(
        root.resolve(Path::new("/l41")),
        Err(Error::Links { .. })
    ));
}

#[test]
fn only_regular_files_are_opened() {
    let tree = Tree::new();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("s")).unwrap();
    tree.file("/d/f", "").file("/big", [0; 100]);
    let root = tree.root();
    for path in ["/s", "/d"] {
        let read = Program::read(&root, Path::new(path));
        assert!(matches!(read, Err(Error::NotRegular { .. })), "{path}");
    }
    assert_eq!(root.read(Path::new("/big"), 100).unwrap().len(), 100);
    assert!(matches!(
        root.read(Path::new("/big"), 99),
        Err(Error::Size { limit: 99, .. })
    ));
    assert!(libraries(&tree.closure("/d/f")).is_empty());
}

#[test]
fn programs_of_32_bits_and_other_byte_orders_are_read() {
    let interpreter = b"/lib/ld.so.1\0";
    let half = |value: u16| value.to_be_bytes().to_vec();
    let words = |values: &[u32]| {
        values
            .iter()
            .flat_map(|it| it.to_be_bytes())
            .collect::<Vec<_>>()
    };
    let start = 52 + 3 * 32;
    let strings = start + 24;
    let names = b"\0libc.so.6\0";
    let path = strings + names.len() as u32;
    let end = path + interpreter.len() as u32;
    let bytes = [
        b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        [half(2), half(20)].concat(),
        words(&[1, 0, 52, 0, 0]),
        [52, 32, 3, 0, 0, 0].into_iter().flat_map(half).collect(),
        words(&[1, 0, 0x1000, 0x1000, end, end, 5, 4]),
        words(&[2, start, 0x1000 + start, 0, 24, 24, 6, 4]),
        words(&[3, path, 0, 0, 13, 13, 4, 1]),
        words(&[1, 1, 5, 0x1000 + strings, 0, 0]),
        names.to_vec(),
        interpreter.to_vec(),
    ]
    .concat();
    let image = Image::parse(&bytes).unwrap();
    let elf = image.elf().unwrap();
    let found = (
        elf.architecture.machine,
        elf.architecture.class,
        elf.architecture.order,
    );
    assert_eq!(found, (20, Class::Bits32, ByteOrder::Big));
    assert_eq!(elf.placement, Placement::Fixed);
    assert_eq!(elf.interpreter.as_deref(), Some(Path::new("/lib/ld.so.1")));
    assert_eq!(elf.needed, ["libc.so.6"]);
    assert_eq!(elf.stack, Stack::Unstated);
}
