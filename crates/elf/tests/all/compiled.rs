//! Programs compiled here with all ways to say where libraries are, compared with the loader.

use std::path::Path;
use std::process::Command;

use unitward_elf::{Program, Root, SearchOptions, closure};

use crate::ldd;
use crate::support::Tree;

/// The run paths of the program, libone and libtwo. The program needs libone in one/, which needs
/// libtwo in two/, which needs libthree in three/.
const CASES: &[(&str, [&str; 3])] = &[
    (
        "rpath reaches all",
        ["OLD:$ORIGIN/one:$ORIGIN/two:$ORIGIN/three", "", ""],
    ),
    (
        "runpath reaches one",
        ["NEW:$ORIGIN/one:$ORIGIN/two:$ORIGIN/three", "", ""],
    ),
    (
        "each its own runpath",
        [
            "NEW:$ORIGIN/one",
            "NEW:$ORIGIN/../two",
            "NEW:${ORIGIN}/../three",
        ],
    ),
    (
        "a runpath between",
        ["OLD:$ORIGIN/one:$ORIGIN/three", "NEW:$ORIGIN/../two", ""],
    ),
    (
        "a runpath that leads nowhere",
        ["OLD:$ORIGIN/one:$ORIGIN/two", "NEW:/none", ""],
    ),
    (
        "rpath from the middle",
        ["NEW:$ORIGIN/one", "OLD:$ORIGIN/../two:$ORIGIN/../three", ""],
    ),
    (
        "tokens",
        [
            "NEW:$ORIGIN/$LIB:$ORIGIN/${PLATFORM}:$ORIGIN/one",
            "NEW:$ORIGIN/../two/",
            "",
        ],
    ),
    (
        "an empty element",
        ["OLD::$ORIGIN/one:$ORIGIN/two", "", "OLD:$ORIGIN/../three:"],
    ),
    ("nothing", ["", "", ""]),
];

#[test]
fn compiled_programs_find_what_the_loader_finds() {
    for (name, arguments) in CASES {
        let tree = Tree::new();
        if !compile(&tree, arguments) {
            ldd::skip("cc is not there, or makes no such programs");
            return;
        }
        for library_path in ["", "three", "two;/none:$ORIGIN/three", ":"] {
            let directory = tree.path();
            let library_path = library_path.replace("three", &in_tree(&tree, "three"));
            let options = SearchOptions {
                library_path: library_path.replace("two", &in_tree(&tree, "two")).into(),
                working_directory: directory.to_owned(),
                ..Default::default()
            };
            let path = directory.join("p");
            let root = Root::open("/").unwrap();
            let program = Program::read(&root, &path).unwrap();
            let loader = program
                .image
                .elf()
                .and_then(|elf| elf.interpreter.clone())
                .unwrap();
            let ours = ldd::found(&closure(&root, &program, &options));
            let Some(listed) = ldd::listed(&loader, &path, &options) else {
                ldd::skip("the loader does not list libraries");
                return;
            };
            assert_eq!(ours, listed, "{name}, {:?}", options.library_path);
        }
    }
}

fn in_tree(tree: &Tree, name: &str) -> String {
    tree.path().join(name).display().to_string()
}

fn compile(tree: &Tree, arguments: &[&str; 3]) -> bool {
    tree.file("three/c.c", "int c(void) { return 1; }")
        .file("two/b.c", "int c(void); int b(void) { return c(); }")
        .file("one/a.c", "int b(void); int a(void) { return b(); }")
        .file("p.c", "int a(void); int main(void) { return a(); }");
    let link = |source: &str, target: &str, needs: &str, argument: &str| {
        let mut command = Command::new("cc");
        command
            .current_dir(tree.path())
            .args([source, "-o", target, "-Wl,--no-as-needed"]);
        command.args([
            "-Wl,--allow-shlib-undefined",
            "-Wl,--unresolved-symbols=ignore-all",
        ]);
        if target != "p" {
            let name = Path::new(target).file_name().unwrap().to_string_lossy();
            command.args(["-shared", "-fPIC", &format!("-Wl,-soname,{name}")]);
        }
        if !needs.is_empty() {
            command.arg(needs);
        }
        match argument.split_at_checked(4) {
            Some(("OLD:", path)) => {
                command.args(["-Wl,--disable-new-dtags", &format!("-Wl,-rpath,{path}")]);
            }
            Some(("NEW:", path)) => {
                command.args(["-Wl,--enable-new-dtags", &format!("-Wl,-rpath,{path}")]);
            }
            _ => {}
        }
        command.output().is_ok_and(|output| output.status.success())
    };
    link("three/c.c", "three/libthree.so", "", "")
        && link(
            "two/b.c",
            "two/libtwo.so",
            "three/libthree.so",
            arguments[2],
        )
        && link("one/a.c", "one/libone.so", "two/libtwo.so", arguments[1])
        && link("p.c", "p", "one/libone.so", arguments[0])
}
