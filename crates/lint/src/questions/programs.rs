//! Programs of commands, and the files that they need to start.

use std::path::{Path, PathBuf};

use unitward_elf::{Closure, Needed, Program, Root, SearchOptions, closure};
use unitward_settings::Command;

use crate::subject::Host;

/// Where systemd looks for programs that are given by name.
const SEARCHED: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// The path of a program; none when it is given by a name that no directory has.
pub(crate) fn located(root: &Root, path: &str) -> Option<PathBuf> {
    if path.starts_with('/') {
        return Some(PathBuf::from(path));
    }
    let paths = SEARCHED
        .iter()
        .map(|directory| Path::new(directory).join(path));
    paths.into_iter().find(|path| root.resolve(path).is_ok())
}

/// All that a program needs to start; none when it cannot be read.
pub(crate) fn closure_of(root: &Root, path: &str) -> Option<Closure> {
    let program = Program::read(root, &located(root, path)?).ok()?;
    Some(closure(root, &program, &SearchOptions::default()))
}

/// The paths of the files that a program needs to start, itself included.
pub(crate) fn files(host: &Host, path: &str) -> Vec<String> {
    paths(host, path, |_| true)
}

/// The paths of those that are executed or mapped as code.
pub(crate) fn code(host: &Host, path: &str) -> Vec<String> {
    paths(host, path, |needed| needed.role.is_code())
}

/// The links that the kernel and the loader go through for them.
pub(crate) fn links(host: &Host, path: &str) -> Vec<String> {
    let closure = host.closure(path);
    let links = closure.iter().flat_map(|closure| closure.links());
    links
        .filter_map(|link| link.path.to_str().map(str::to_owned))
        .collect()
}

fn paths(host: &Host, path: &str, fits: impl Fn(&Needed) -> bool) -> Vec<String> {
    let Some(closure) = host.closure(path) else {
        return Vec::new();
    };
    let files = closure.files.iter().filter(|needed| fits(needed));
    files
        .filter_map(|needed| needed.located.path.to_str().map(str::to_owned))
        .collect()
}

/// The names of the programs that a command executes: its own, and those at the start of the parts of a shell's script.
pub(crate) fn executed(command: &Command) -> impl Iterator<Item = &str> {
    let own = name(&command.path);
    let shell = matches!(own, "sh" | "bash" | "dash" | "ash" | "busybox");
    let mut words = command.argv.iter().skip(1);
    let script = words.by_ref().find(|word| shell && is_script_option(word));
    let script = script.and_then(|_| words.next()).map_or("", String::as_str);
    let parts = script.split([';', '&', '|', '\n', '(', '{']);
    let first = parts.filter_map(|part| {
        let mut words = part.split_ascii_whitespace();
        let keywords = ["if", "then", "else", "exec", "while", "do", "!"];
        words.find(|word| !keywords.contains(word)).map(name)
    });
    std::iter::once(own).chain(first)
}

fn is_script_option(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
