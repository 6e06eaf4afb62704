//! The modules of PAM, pam.conf(5).

use std::collections::HashSet;
use std::path::Path;

use super::Certainty::{Likely, Possible};
use super::Collector;

const FILE_MAX: u64 = 65_536;
/// Files that include each other, of one program.
const FILES_MAX: usize = 64;
/// Modules of one program.
const MODULES_MAX: usize = 128;
const DIRECTORIES: [&str; 2] = ["/etc/pam.d", "/usr/lib/pam.d"];

/// Lists the configuration and the modules when libpam is mapped.
pub(super) fn collect(collector: &mut Collector<'_>, process: usize) {
    let Some(running) = collector.closure.processes.get(process) else {
        return;
    };
    let program = running.program();
    let mapped: HashSet<usize> = running.mapped().map(|(file, _)| file).collect();
    let mut names = collector.names().into_iter();
    let pam = names.find(|(file, _, name)| name.starts_with("libpam.so.") && mapped.contains(file));
    let Some(((pam, ..), program)) = pam.zip(program) else {
        return;
    };
    for path in
        DIRECTORIES
            .into_iter()
            .chain(["/etc/pam.conf", "/etc/security", "/etc/environment"])
    {
        collector.path(path, pam, "reads who may log in and how (PAM)", Likely);
    }
    let directories = collector.directories(pam);
    let directories = directories
        .iter()
        .map(|directory| directory.join("security"));
    let Some(modules) = collector.existing(directories) else {
        return;
    };
    collector.path(&modules, pam, "loads modules for logins (PAM)", Possible);
    let program = collector
        .closure
        .files
        .get(program)
        .and_then(|file| file.asked.file_name());
    let program = program
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    for name in named(collector, &program) {
        let why = format!("is named for {program} in {}", DIRECTORIES[0]);
        collector.module(process, modules.join(name).as_os_str(), pam, &why, Likely);
    }
}

/// The modules that the file for a service names, with those that it includes.
fn named(collector: &Collector<'_>, service: &str) -> Vec<String> {
    let mut modules = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut pending = vec![service.to_owned()];
    while let Some(name) = pending.pop() {
        if name.is_empty()
            || name.contains('/')
            || seen.len() == FILES_MAX
            || !seen.insert(name.clone())
        {
            continue;
        }
        let mut files = DIRECTORIES
            .iter()
            .map(|directory| Path::new(directory).join(&name));
        let text = files.find_map(|path| collector.root.read(&path, FILE_MAX).ok());
        for line in String::from_utf8_lossy(&text.unwrap_or_default()).lines() {
            match read(line) {
                Some(Line::Module(module)) => add(&mut modules, module),
                Some(Line::Include(name)) => pending.push(name),
                _ => {}
            }
        }
    }
    modules
}

fn add(modules: &mut Vec<String>, module: String) {
    if modules.len() < MODULES_MAX && !modules.contains(&module) {
        modules.push(module);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Module(String),
    Include(String),
}

/// One line: `type control module arguments`, where control is a word or `[value=action ...]`.
fn read(line: &str) -> Option<Line> {
    let line = line.split('#').next()?.trim();
    if let Some(name) = line.strip_prefix("@include") {
        return Some(Line::Include(name.trim().to_owned()));
    }
    let (_, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    if rest.starts_with('[') {
        let (_, module) = rest.split_once(']')?;
        return module
            .split_whitespace()
            .next()
            .map(|name| Line::Module(name.to_owned()));
    }
    let mut words = rest.split_whitespace();
    let (control, name) = (words.next()?, words.next()?.to_owned());
    Some(match control {
        "include" | "substack" => Line::Include(name),
        _ => Line::Module(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_modules_and_files() {
        let module = |name: &str| Some(Line::Module(name.to_owned()));
        let include = |name: &str| Some(Line::Include(name.to_owned()));
        for (line, read_as) in [
            ("auth required pam_unix.so nullok", module("pam_unix.so")),
            (
                "-session  optional\tpam_systemd.so",
                module("pam_systemd.so"),
            ),
            (
                "auth [success=1 default=ignore]  pam_unix.so",
                module("pam_unix.so"),
            ),
            ("@include common-auth", include("common-auth")),
            ("auth substack system-auth", include("system-auth")),
            ("# auth required pam_x.so", None),
            ("auth required", None),
            ("auth [success=1 pam_x.so", None),
            ("", None),
        ] {
            assert_eq!(read(line), read_as, "{line}");
        }
    }
}
