//! The cases: a name and some lines of a unit file each.
//!
//! ```text
//! # A comment.
//! @private-pids 257..
//! PrivatePIDs=yes
//!
//! @of-another-unit ..261
//! [Unit]
//! JoinsNamespaceOf=other.service
//! [Service]
//! PrivateTmp=yes
//! ```
//!
//! The lines belong to `[Service]` until a section header says otherwise. A range after the name limits the versions of
//! systemd. A line `+FILE` begins another file beside the unit, such as `+{name}.socket`. `{name}` is the name of the case, `{out}` the file for what the probe prints. What a case does not set itself
//! is `Type=oneshot`, `ExecStart=/conform/probe` and `StandardOutput=append:{out}`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Unique; the unit is `NAME.service`.
    pub name: String,
    /// The first version of systemd that it is meant for.
    pub since: u16,
    /// The last one.
    pub until: u16,
    /// Its lines as they are in the file.
    pub lines: Vec<String>,
    /// Further files, by name below the folder of units, with their lines.
    pub others: Vec<(String, Vec<String>)>,
}

/// What is wrong with the files of cases.
#[derive(Debug, Error)]
pub enum CasesError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line cannot be understood.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// All cases, sorted by file and place.
///
/// # Errors
/// [`CasesError`]: also for a name given out twice.
pub fn all() -> Result<Vec<Case>, CasesError> {
    let folder = crate::corpus::home().join("cases");
    let unreadable = |source| CasesError::Read {
        path: folder.clone(),
        source,
    };
    let mut files = fs::read_dir(&folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|source| CasesError::Read {
            path: path.clone(),
            source,
        })?;
        parse(&path, &text, &mut cases)?;
    }
    Ok(cases)
}

fn parse(path: &Path, text: &str, cases: &mut Vec<Case>) -> Result<(), CasesError> {
    for (index, line) in text.lines().enumerate() {
        let wrong = |problem: &str| CasesError::Line {
            path: path.to_owned(),
            line: index + 1,
            problem: problem.to_owned(),
        };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('@') {
            let case = head_of(head).ok_or_else(|| wrong("not `@NAME` or `@NAME SINCE..UNTIL`"))?;
            if cases.iter().any(|other| other.name == case.name) {
                return Err(wrong("another case has this name"));
            }
            cases.push(case);
        } else if let Some(name) = line.strip_prefix('+') {
            let case = cases
                .last_mut()
                .ok_or_else(|| wrong("a file before the first case"))?;
            case.others.push((name.to_owned(), Vec::new()));
        } else if !(line.contains('=') || line.starts_with('[') || line.starts_with(' ')) {
            return Err(wrong("neither a setting nor a section"));
        } else {
            let case = cases
                .last_mut()
                .ok_or_else(|| wrong("a line before the first case"))?;
            let lines = match case.others.last_mut() {
                Some((_, lines)) => lines,
                None => &mut case.lines,
            };
            lines.push(line.to_owned());
        }
    }
    Ok(())
}

fn head_of(head: &str) -> Option<Case> {
    let mut words = head.split_whitespace();
    let name = words.next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !name.bytes().all(allowed) {
        return None;
    }
    let (since, until) = match words.next() {
        None => ("", ""),
        Some(range) => range.split_once("..")?,
    };
    let bound = |text: &str, default| match text {
        "" => Some(default),
        _ => text.parse().ok(),
    };
    let case = Case {
        name: name.to_owned(),
        since: bound(since, 0)?,
        until: bound(until, u16::MAX)?,
        lines: Vec::new(),
        others: Vec::new(),
    };
    words.next().is_none().then_some(case)
}

impl Case {
    /// Whether it is meant for this version of systemd.
    pub fn applies(&self, version: u16) -> bool {
        (self.since..=self.until).contains(&version)
    }

    /// The name of the unit.
    pub fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    /// The unit file.
    pub fn text(&self) -> String {
        let mut text = String::from("[Service]\n");
        let sets = |key: &str| self.lines.iter().any(|line| line.starts_with(key));
        if !sets("Type=") {
            text.push_str("Type=oneshot\n");
        }
        if !sets("StandardOutput=") {
            text.push_str("StandardOutput=append:{out}\n");
        }
        if !sets("ExecStart=") {
            text.push_str("ExecStart=/conform/probe\n");
        }
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        self.filled(&text)
    }

    /// Its further files: name and text.
    pub fn other_files(&self) -> impl Iterator<Item = (String, String)> {
        self.others
            .iter()
            .map(|(name, lines)| (self.filled(name), self.filled(&(lines.join("\n") + "\n"))))
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{name}", &self.name)
            .replace("{out}", &format!("/conform/out/{}", self.name))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn parsed(text: &str) -> Result<Vec<Case>, CasesError> {
        let mut cases = Vec::new();
        parse(Path::new("x"), text, &mut cases).map(|()| cases)
    }

    #[test]
    fn heads_have_names_and_versions() {
        let cases = parsed("@a\nNice=1\n@b 257..\n@c ..261\n@d 254..257\n").unwrap();
        let of = |index: usize| cases.get(index).unwrap();
        assert!(of(0).applies(252) && of(0).applies(999));
        assert!(!of(1).applies(256) && of(1).applies(257));
        assert!(of(2).applies(261) && !of(2).applies(262));
        assert!(of(3).applies(254) && !of(3).applies(258));
        assert_eq!(of(0).lines, ["Nice=1"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in ["Nice=1", "@a\n@a", "@", "@a b", "@a 1..x", "@a\nnonsense"] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn defaults_give_way() {
        let plain = parsed("@a\nNice=1").unwrap().remove(0).text();
        assert!(plain.contains("ExecStart=/conform/probe\nNice=1"));
        assert!(plain.contains("append:/conform/out/a\n"));
        let own = parsed("@a\nExecStart=/bin/true {name}")
            .unwrap()
            .remove(0)
            .text();
        assert!(own.contains("ExecStart=/bin/true a") && !own.contains("probe"));
    }

    #[test]
    fn the_cases_of_the_repository_are_enough() {
        let cases = all().unwrap();
        assert!(cases.len() >= 300, "{} cases", cases.len());
    }
}
