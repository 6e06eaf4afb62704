//! What is no unit file ends in an error, and soon.

use super::*;
use rustix::fs::{CWD, FileType as Type, Mode, mknodat};

fn fifo(path: &Path) {
    mknodat(CWD, path, Type::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

fn error(unit: &Unit) -> LoadErrorKind {
    match &unit.state {
        LoadState::Error(error) => error.kind,
        state => unreachable!("{state:?}"),
    }
}

#[test]
fn fifos_directories_and_devices() {
    let tree = Tree::new("a/dir.service/x\n a/link.service -> ../out/fifo\n out/x\n a/t.service");
    fifo(&tree.0.join("a/fifo.service"));
    fifo(&tree.0.join("out/fifo"));
    let loader = tree.loader();
    for name in ["fifo", "dir", "link"] {
        let unit = loader
            .load_path(&tree.0.join(format!("a/{name}.service")))
            .unwrap();
        assert_eq!(error(&unit), LoadErrorKind::NotAFile, "{name}");
    }
    assert_eq!(
        loader.load(&"fifo.service".parse().unwrap()).state,
        LoadState::NotFound
    );
    fifo(&tree.place("b/t.service.d/1.conf"));
    symlink("/dev/tty", tree.place("b/t.service.d/2.conf")).unwrap();
    symlink("3.conf", tree.place("b/t.service.d/3.conf")).unwrap();
    let unit = tree.load("t.service");
    let kinds: Vec<_> = unit.skipped.iter().map(|error| error.kind).collect();
    let looped = LoadErrorKind::Open(rustix::io::Errno::LOOP);
    assert_eq!(kinds, [LoadErrorKind::NotAFile, looped]);
    assert_eq!(tree.files(&unit), "a/t.service");
}

#[test]
fn files_that_are_too_large() {
    let tree = Tree::new("a/t.service");
    let file = fs::File::options()
        .write(true)
        .open(tree.0.join("a/t.service"))
        .unwrap();
    file.set_len(FILE_MAX + 1).unwrap();
    assert_eq!(error(&tree.load("t.service")), LoadErrorKind::FileTooLarge);
}

#[test]
fn directories_that_are_too_large() {
    let tree = Tree::new("a/t.service\n a/t.service.d/x.conf");
    let template = tree.0.join("a/t.service.d/x.conf");
    for n in 0..=DROP_INS_MAX {
        fs::hard_link(&template, template.with_file_name(format!("{n}.conf")))
            .or_else(|_| fs::write(template.with_file_name(format!("{n}.conf")), ""))
            .unwrap();
    }
    let unit = tree.load("t.service");
    assert_eq!(error(&unit), LoadErrorKind::TooManyDropIns);
    assert_eq!(unit.files.len(), 1);
}

#[test]
fn errors_say_what_to_do() {
    let kinds = [
        LoadErrorKind::Open(rustix::io::Errno::ACCESS),
        LoadErrorKind::Open(rustix::io::Errno::NOENT),
        LoadErrorKind::Open(rustix::io::Errno::MFILE),
        LoadErrorKind::NotAFile,
        LoadErrorKind::FileTooLarge,
        LoadErrorKind::TooManyDropIns,
    ];
    for kind in kinds {
        let text = LoadError::new("/x/a.service", kind).to_string();
        assert!(
            text.starts_with("/x/a.service ") && text.ends_with('.'),
            "{text}"
        );
        assert_eq!(text.matches(". ").count(), 1, "{text}");
    }
}
