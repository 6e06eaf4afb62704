//! `cargo xtask docs`: the documentation builds, and the links in Markdown files lead somewhere.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::{Failure, Options};
use crate::run;
use crate::test::Tally;

const HELP: &str = "\
Build the documentation and check the links of the Markdown files.

Usage: cargo xtask docs

Warnings of rustdoc are errors. Links between files of the repository must lead to a file and,
where they have one, to a heading of it. Links to other places are not tried.
";

pub(crate) fn main(options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    options.finish()?;
    let mut tally = Tally::default();
    check(&mut tally)?;
    if tally.failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed(tally.failed.join(", ")))
    }
}

/// Both checks, counted.
pub(crate) fn check(tally: &mut Tally) -> Result<(), Failure> {
    let mut rustdoc = run::cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--locked"]);
    tally.check(
        "rustdoc",
        run::status(rustdoc.env("RUSTDOCFLAGS", "-D warnings"))?,
    );
    let files = markdown_files()?;
    let broken = broken_links(&files);
    for link in &broken {
        println!("{link}");
    }
    println!(
        "{} Markdown files, {} broken links",
        files.len(),
        broken.len()
    );
    tally.check("links in Markdown files", broken.is_empty());
    Ok(())
}

fn markdown_files() -> Result<Vec<PathBuf>, Failure> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--", "*.md"])
        .current_dir(run::top());
    if let Some(list) = run::output(&mut git) {
        return Ok(list
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(|name| run::top().join(name))
            .collect());
    }
    // Not a clone: every Markdown file that is not below a hidden folder or a target folder.
    let mut files = Vec::new();
    let mut folders = vec![run::top().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if !name.starts_with('.') && name != "target" {
                    folders.push(entry.path());
                }
            } else if name.ends_with(".md") {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

fn broken_links(files: &[PathBuf]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap_or_default();
        let folder = file.parent().unwrap_or(Path::new("."));
        for (line, link) in links(&text) {
            if !leads_somewhere(file, folder, link) {
                let name = file.strip_prefix(run::top()).unwrap_or(file).display();
                broken.push(format!("{name}:{line}: {link} leads nowhere"));
            }
        }
    }
    broken
}

fn leads_somewhere(file: &Path, folder: &Path, link: &str) -> bool {
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        file.to_owned()
    } else {
        folder.join(path)
    };
    if anchor.is_empty() {
        return target.exists();
    }
    fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor))
}

/// The targets of `[text](target)` outside code, with their line numbers.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in outside_code(text) {
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 0 {
                let targets = part
                    .split("](")
                    .skip(1)
                    .filter_map(|rest| rest.split(')').next());
                found.extend(
                    targets
                        .filter_map(|target| target.split(' ').next())
                        .map(|target| (number, target)),
                );
            }
        }
    }
    found
}

/// The names that headings get on the usual web sites for repositories.
fn anchors(text: &str) -> HashSet<String> {
    let headings = outside_code(text).filter_map(|(_, line)| line.strip_prefix('#'));
    headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.replace(' ', "-"))
        .map(|heading| {
            heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
                .collect()
        })
        .collect()
}

fn outside_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        (!code && !fence).then_some((index + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_are_none() {
        let text = "[a](b.md) and `[c](d)` [e](f.md#g \"title\")\n```\n[h](i)\n```\n";
        assert_eq!(links(text), [(1, "b.md"), (1, "f.md#g")]);
    }

    #[test]
    fn headings_become_anchors() {
        let anchors = anchors("# What it is\n## `run`, in short\n");
        assert!(
            anchors.contains("what-it-is") && anchors.contains("run-in-short"),
            "{anchors:?}"
        );
    }
}
