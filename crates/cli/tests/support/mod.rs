//! What several tests of the program need.

pub(crate) mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program in a folder, without the caller's configuration.
pub(crate) fn unitward(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unitward"))
        .current_dir(folder)
        .env_clear()
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .args(arguments)
        .output()
        .unwrap()
}

/// A file or folder of the tests.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Compares a text with a recorded one. With `UNITWARD_RECORD` set, records it.
pub(crate) fn expect(name: &str, text: &str) {
    let path = data(name);
    if std::env::var_os("UNITWARD_RECORD").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        recorded == text,
        "{} differs from what is printed:\n{text}",
        path.display()
    );
}
