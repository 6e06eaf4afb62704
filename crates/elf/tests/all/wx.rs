//! What is at odds with `MemoryDenyWriteExecute=`, on trees of made-up files.

use unitward_elf::{Evidence, WxEffect, wx_reasons};

use crate::support::{Elf, GLIBC, MUSL, TEXTREL, Tree, glibc, library, program};

/// The effects with the file's name, for a program that needs liba.so.
fn effects(elf: &Elf, needed: &Elf) -> Vec<(WxEffect, String)> {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file(MUSL, library().bytes())
        .file("/bin/p", elf.clone().needs("liba.so").bytes())
        .file("/lib/liba.so", needed.bytes());
    let closure = tree.closure("/bin/p");
    assert!(closure.is_complete());
    let reasons = wx_reasons(&closure);
    assert!(
        reasons
            .iter()
            .all(|reason| reason.evidence == Evidence::Headers)
    );
    let name = |file: usize| closure.files[file].asked.display().to_string();
    reasons
        .iter()
        .map(|reason| (reason.effect, name(reason.file)))
        .collect()
}

fn stack(elf: Elf, flags: Option<u32>) -> Elf {
    Elf {
        stack: flags,
        ..elf
    }
}

#[test]
fn stacks_of_libraries_and_programs_differ() {
    let (p, a) = ("/bin/p".to_owned(), "/lib/liba.so".to_owned());
    let in_program = [(WxEffect::FailsInUse, p)];
    let in_library = [(WxEffect::Fails, a)];
    assert_eq!(effects(&program(), &library()), []);
    for flags in [Some(7), None] {
        assert_eq!(effects(&program(), &stack(library(), flags)), in_library);
        assert_eq!(effects(&stack(program(), flags), &library()), in_program);
        assert_eq!(
            effects(&stack(program(), flags), &stack(library(), Some(7))),
            in_program
        );
        let mut musl = program();
        musl.interpreter = Some(MUSL);
        assert_eq!(effects(&musl, &stack(library(), flags)), []);
    }
}

#[test]
fn code_that_is_written_is_seen() {
    let writable = |elf: Elf| Elf { flags: 7, ..elf };
    let of = |elf, needed| {
        effects(&elf, &needed)
            .into_iter()
            .map(|it| it.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(program(), writable(library())), [WxEffect::Fails]);
    assert_eq!(
        of(writable(program()), library()),
        [WxEffect::FailsByKernel]
    );
    assert_eq!(
        of(program(), library().number(TEXTREL, 0)),
        [WxEffect::Fails]
    );
}

#[test]
fn a_static_program_is_looked_at_too() {
    let tree = Tree::new();
    tree.file(
        "/bin/p",
        Elf {
            flags: 7,
            ..library()
        }
        .bytes(),
    );
    let reasons = wx_reasons(&tree.closure("/bin/p"));
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].effect, WxEffect::FailsByKernel);
}

#[test]
fn runtimes_are_known_by_their_files() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/usr/bin/env", library().bytes())
        .file(
            "/usr/bin/node",
            program()
                .needs("libffi.so.8")
                .needs("libnode.so.108")
                .bytes(),
        )
        .file("/lib/libffi.so.8", library().bytes())
        .file("/lib/libnode.so.108", library().bytes())
        .file("/srv/app", "#!/usr/bin/env node\n");
    let closure = tree.closure("/srv/app");
    let reasons = wx_reasons(&closure);
    let found: Vec<_> = reasons
        .iter()
        .map(|it| {
            (
                it.effect,
                it.evidence,
                closure.files[it.file].asked.to_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (WxEffect::Fails, Evidence::Name, "/usr/bin/node"),
            (WxEffect::FallsBack, Evidence::Library, "/lib/libffi.so.8"),
        ]
    );
}
