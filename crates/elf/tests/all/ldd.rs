//! The libraries of every program of this machine are those that its own loader lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use unitward_elf::{Closure, Program, Role, Root, SearchOptions, closure};

/// Where programs are; what is not there is passed over.
const DIRECTORIES: [&str; 6] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/lib/systemd",
    "/usr/libexec",
    "/usr/lib/openssh",
];

#[test]
fn closures_equal_the_loaders_lists() {
    let root = Root::open("/").unwrap();
    let options = SearchOptions::default();
    let mut compared = 0;
    let mut seen = BTreeSet::new();
    let mut different = Vec::new();
    for path in DIRECTORIES
        .iter()
        .flat_map(|directory| files(Path::new(directory)))
    {
        // Files without read permission, sockets and the like are no subject here.
        let Ok(program) = Program::read(&root, &path) else {
            continue;
        };
        let Some(elf) = program.image.elf() else {
            continue;
        };
        let Some(loader) = &elf.interpreter else {
            continue;
        };
        if !seen.insert(program.located.path.clone()) {
            continue;
        }
        let Some(listed) = listed(loader, &path, &options) else {
            continue;
        };
        let closure = closure(&root, &program, &options);
        let ours = found(&closure);
        if ours != listed {
            different.push(format!("{}: {ours:#?} and {listed:#?}", path.display()));
        }
        compared += 1;
    }
    if compared == 0 {
        skip("no program here has a loader that lists its libraries");
    }
    assert!(
        different.is_empty(),
        "{} differ: {}",
        different.len(),
        different.join("\n")
    );
}

/// The libraries by path, and the names of those that are missing.
pub(crate) type Libraries = BTreeMap<PathBuf, bool>;

pub(crate) fn found(closure: &Closure) -> Libraries {
    let libraries = closure
        .files
        .iter()
        .filter(|file| file.role == Role::Library);
    let libraries = libraries.map(|file| (file.asked.clone(), true));
    let missing = closure
        .missing
        .iter()
        .map(|missing| (PathBuf::from(&missing.name), false));
    libraries.chain(missing).collect()
}

/// Asks the loader; `None` when it refuses the program or is no loader that lists.
pub(crate) fn listed(loader: &Path, program: &Path, options: &SearchOptions) -> Option<Libraries> {
    // Executed by the kernel, a program takes $ORIGIN from its path without links.
    let program = std::fs::canonicalize(program).ok()?;
    let mut command = Command::new(loader);
    command
        .arg(program)
        .current_dir(&options.working_directory)
        .env_clear()
        .env("LD_TRACE_LOADED_OBJECTS", "1");
    if !options.library_path.is_empty() {
        command.env("LD_LIBRARY_PATH", &options.library_path);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut libraries = Libraries::new();
    for line in text.lines() {
        match line.trim().split_once(" => ") {
            Some((name, "not found")) => libraries.insert(name.into(), false),
            Some((_, path)) => libraries.insert(path.split_once(" (")?.0.into(), true),
            None if line.contains("statically linked") => return None,
            // The loader itself and the kernel's object, or a library needed by its path.
            None => match line.trim().split_once(" (") {
                Some((path, _)) if path.starts_with('/') && Path::new(path) != loader => {
                    libraries.insert(path.into(), true)
                }
                _ => None,
            },
        };
    }
    let loader = std::fs::canonicalize(loader).ok()?;
    libraries.retain(|path, _| std::fs::canonicalize(path).ok().as_ref() != Some(&loader));
    (output.status.success() || !text.is_empty()).then_some(libraries)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[expect(clippy::print_stderr, reason = "a test that compares nothing says why")]
pub(crate) fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
