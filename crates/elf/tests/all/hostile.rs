//! Files that are made to mislead: each ends in an error or a result, in short time.

use std::time::{Duration, Instant};

use unitward_elf::{Cause, Defect, Image};

use crate::support::{BASE, GLIBC, NEEDED, RPATH, STRTAB, Tree, glibc, library, program};

fn defect(bytes: &[u8]) -> Option<Defect> {
    Image::parse(bytes).err()
}

/// The bytes with those at an offset replaced.
fn patched(bytes: &[u8], at: usize, patch: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.splice(at..at + patch.len(), patch.iter().copied());
    bytes
}

#[test]
fn headers_are_checked() {
    let good = program().needs("liba.so").bytes();
    assert!(defect(&good).is_none());
    assert!(matches!(Image::parse(b""), Ok(Image::Other)));
    assert!(matches!(Image::parse(b"\x7fEL"), Ok(Image::Other)));
    let parse = |at, patch: &[u8]| defect(&patched(&good, at, patch));
    assert!(matches!(defect(b"\x7fELF"), Some(Defect::Header)));
    assert!(matches!(parse(4, &[9]), Some(Defect::Header)), "class");
    assert!(matches!(parse(5, &[9]), Some(Defect::Header)), "byte order");
    assert!(
        matches!(parse(16, &[4]), Some(Defect::Type(4))),
        "core file"
    );
    assert!(
        matches!(parse(54, &[1]), Some(Defect::Segments)),
        "size of a segment"
    );
    assert!(
        matches!(parse(56, &[0, 0]), Some(Defect::Segments)),
        "no segments"
    );
    assert!(
        matches!(parse(56, &[255, 255]), Some(Defect::Segments)),
        "many segments"
    );
    assert!(
        matches!(parse(32, &[255; 8]), Some(Defect::Outside { .. })),
        "table far away"
    );
    assert!(
        matches!(parse(56, &[255, 0]), Some(Defect::Outside { .. })),
        "table too long"
    );
}

#[test]
fn parts_are_bounded() {
    let good = program().needs("liba.so").bytes();
    // The second segment is the dynamic section, the third the interpreter.
    let (dynamic, interpreter) = (64 + 56, 64 + 112);
    let parse = |at, patch: &[u8]| defect(&patched(&good, at, patch));
    assert!(matches!(
        parse(dynamic + 32, &[0, 0, 0, 1]),
        Some(Defect::Excess { .. })
    ));
    assert!(matches!(
        parse(dynamic + 8, &[0, 0, 1]),
        Some(Defect::Outside { .. })
    ));
    assert!(matches!(
        parse(interpreter + 32, &[0, 0, 1]),
        Some(Defect::Excess { .. })
    ));
    assert!(matches!(
        parse(interpreter + 32, &[3, 0, 0]),
        Some(Defect::Unterminated { .. })
    ));
    assert!(matches!(
        parse(interpreter + 8, &[255; 8]),
        Some(Defect::Outside { .. })
    ));
}

#[test]
fn names_are_bounded() {
    let parse = |elf: crate::support::Elf| defect(&elf.bytes());
    let outside = library().number(NEEDED, 1 << 40);
    assert!(matches!(parse(outside), Some(Defect::Unmapped { .. })));
    assert!(matches!(
        parse(library().number(NEEDED, u64::MAX)),
        Some(Defect::Unmapped { .. })
    ));
    let many = (0..1025).fold(library(), |elf, _| elf.number(NEEDED, 0));
    assert!(matches!(
        parse(many),
        Some(Defect::Excess { limit: 1024, .. })
    ));
    let long = library().string(RPATH, &"x".repeat(70_000));
    assert!(matches!(parse(long), Some(Defect::Excess { .. })));
    let long = (0..3).fold(library(), |elf, _| elf.needs(&"x".repeat(60_000)));
    assert!(matches!(parse(long), Some(Defect::Excess { .. })));
    let mut open = library().number(NEEDED, 1);
    open.text = b"no end".to_vec();
    assert!(matches!(parse(open), Some(Defect::Unterminated { .. })));
    // The last table of names counts, as for the loader.
    let moved = library().needs("x").number(STRTAB, BASE);
    assert!(defect(&moved.bytes()).is_none());
}

#[test]
fn every_cut_and_every_changed_byte_ends() {
    let good = program()
        .needs("liba.so")
        .soname("p")
        .string(RPATH, "$ORIGIN")
        .bytes();
    for length in 0..good.len() {
        let _ = Image::parse(good.get(..length).unwrap());
    }
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let _ = Image::parse(&patched(&good, at, &[value]));
        }
    }
}

#[test]
fn circles_end() {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", program().needs("liba.so").bytes())
        .file(
            "/lib/liba.so",
            library().needs("libb.so").needs("liba.so").bytes(),
        )
        .file("/lib/libb.so", library().needs("liba.so").bytes());
    let closure = tree.closure("/bin/p");
    assert!(closure.is_complete());
    assert_eq!(closure.files.len(), 4);
}

#[test]
fn a_search_without_end_is_given_up() {
    let tree = Tree::new();
    let directories = "/a:".repeat(20_000);
    let elf = (0..1000).fold(program(), |elf, number| {
        elf.needs(&format!("lib{number}.so"))
    });
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", elf.string(RPATH, &directories).bytes())
        .file("/a/other", "");
    let start = Instant::now();
    let closure = tree.closure("/bin/p");
    assert!(
        closure
            .missing
            .iter()
            .any(|missing| matches!(missing.cause, Cause::Excess))
    );
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_directory_of_links_costs_little() {
    let tree = Tree::new();
    let deep = "d/../".repeat(800);
    tree.file("/d/f", "");
    tree.link("/l0", &format!("{deep}d"));
    for number in 1..40 {
        tree.link(&format!("/l{number}"), &format!("{deep}l{}", number - 1));
    }
    let elf = (0..1000).fold(program(), |elf, number| {
        elf.needs(&format!("lib{number}.so"))
    });
    tree.file(GLIBC, glibc().bytes())
        .file("/bin/p", elf.string(RPATH, &"/l39:".repeat(100)).bytes());
    let start = Instant::now();
    assert!(!tree.closure("/bin/p").is_complete());
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}
