//! Command lines of ExecStart= and its siblings (systemd.service(5), "Command lines").

use unitward_catalog::Version;
use unitward_unit::{Mode, Origin, Table, Words};

use super::Value;
use super::path::normalized;
use crate::context::{Assigned, Context, Effect};

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program: an absolute path, or a name that is searched for.
    pub path: String,
    /// The arguments, from argument zero on, with variables not yet expanded.
    pub argv: Vec<String>,
    /// `-`: a failure counts as success.
    pub ignore_failure: bool,
    /// `:`: variables are not expanded.
    pub verbatim: bool,
    /// `+`, `!` or `!!`: with how much of the sandbox it runs.
    pub privilege: Privilege,
    /// `|`: through the user's shell (systemd 258).
    pub shell: bool,
    /// The assignment.
    pub origin: Origin,
}

/// How much of the sandbox applies to a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privilege {
    /// All of it.
    #[default]
    Sandboxed,
    /// `+`: nearly nothing of it.
    Full,
    /// `!`: all but the change of user and group.
    KeepUser,
    /// `!!`: as `!` on kernels without ambient capabilities, so nothing changes today.
    Ambient,
}

/// The commands of a directive, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands(pub Vec<Command>);

impl Value for Commands {
    const PARSER: &'static str = "command";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let mut rest = text;
        while !rest.is_empty() {
            match Command::read(rest, cx) {
                Ok((command, after)) => {
                    self.0.push(command);
                    rest = after;
                }
                Err(Fault { ignorable: true, expected }) => return cx.ignored(text, expected),
                Err(Fault { ignorable: false, expected }) => return cx.refused(text, expected),
            }
        }
        Assigned::Set
    }
}

/// Why a command cannot be taken; with a `-` in front, the line is ignored instead of the unit refused.
struct Fault {
    ignorable: bool,
    expected: String,
}

/// The characters in front of a program.
#[derive(Default)]
struct Prefix {
    ignore_failure: bool,
    own_argv0: bool,
    verbatim: bool,
    shell: bool,
    privilege: Privilege,
}

impl Prefix {
    /// Reads the prefix characters, each at most once; gives the rest of the word.
    fn read(word: &str, version: Version) -> (Self, &str) {
        let mut prefix = Self::default();
        let mut rest = word;
        loop {
            let mut characters = rest.chars();
            match (characters.next(), prefix.privilege) {
                (Some('-'), _) if !prefix.ignore_failure => prefix.ignore_failure = true,
                (Some('@'), _) if !prefix.own_argv0 => prefix.own_argv0 = true,
                (Some(':'), _) if !prefix.verbatim => prefix.verbatim = true,
                (Some('|'), _) if !prefix.shell && version >= Version::new(258) => prefix.shell = true,
                (Some('+'), Privilege::Sandboxed) => prefix.privilege = Privilege::Full,
                (Some('!'), Privilege::Sandboxed) => prefix.privilege = Privilege::KeepUser,
                (Some('!'), Privilege::KeepUser) => prefix.privilege = Privilege::Ambient,
                _ => return (prefix, rest),
            }
            rest = characters.as_str();
        }
    }
}

impl Command {
    /// Reads one command; gives what stands behind a lone `;`.
    fn read<'t>(text: &'t str, cx: &mut Context<'_>) -> Result<(Self, &'t str), Fault> {
        // The `-` counts only when it can be seen before the first word is taken apart.
        let fault = |ignorable, expected: &str| Fault { ignorable, expected: expected.to_owned() };
        let mut words = Words::new(text, Mode::UnquoteEscapes);
        let first = match words.next() {
            Some(Ok(first)) => first,
            Some(Err(error)) => return Err(Fault { ignorable: false, expected: error.to_string() }),
            None => return Err(fault(false, "a program")),
        };
        let (prefix, path) = Prefix::read(&first.text, cx.version);
        let ignorable = prefix.ignore_failure;
        if path.is_empty() && !prefix.shell {
            return Err(fault(ignorable, "a program behind the prefix"));
        }
        let path = match cx.expand(path, Table::Path) {
            Ok(path) => path.into_owned(),
            Err(expected) => return Err(Fault { ignorable, expected }),
        };
        let path = program(&path).map_err(|expected| fault(ignorable, expected))?;
        let mut argv = Vec::new();
        if !prefix.own_argv0 {
            argv.push(path.clone());
        }
        let mut after = "";
        loop {
            let here = text.get(words.offset()..).unwrap_or_default().trim_start();
            if let Some(next) = separator(here) {
                after = next;
                break;
            }
            if let Some(next) = escaped_semicolon(here) {
                argv.push(";".to_owned());
                words = Words::at(text, Mode::UnquoteEscapes, text.len() - next.len());
                continue;
            }
            let word = match words.next() {
                Some(Ok(word)) => word,
                Some(Err(error)) => return Err(Fault { ignorable, expected: error.to_string() }),
                None => break,
            };
            if word.unknown_escape {
                cx.report(
                    Effect::Noted,
                    &word.text,
                    word.range.clone(),
                    "an escape sequence known to systemd; this one stays as it is",
                );
            }
            match cx.expand(&word.text, Table::Full) {
                Ok(argument) => argv.push(argument.into_owned()),
                Err(expected) => return Err(Fault { ignorable, expected }),
            }
        }
        if argv.first().is_none_or(String::is_empty) {
            return Err(fault(ignorable, "an argument zero behind the program"));
        }
        let command = Self {
            path,
            argv,
            ignore_failure: prefix.ignore_failure,
            verbatim: prefix.verbatim,
            privilege: prefix.privilege,
            shell: prefix.shell,
            origin: cx.origin,
        };
        Ok((command, after))
    }
}

/// The program as it is looked up, or what is wrong with it.
fn program(path: &str) -> Result<String, &'static str> {
    if path.ends_with('/') {
        return Err("a program, not a directory");
    }
    if path.starts_with('/') {
        return normalized(path).ok_or("an absolute path without ..");
    }
    let plain = !path.contains('/') && path != "." && path != ".." && path.len() <= 255;
    if plain { Ok(path.to_owned()) } else { Err("an absolute path, or a name without slash") }
}

fn separator(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(';')?;
    (rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_whitespace())).then(|| rest.trim_start())
}

fn escaped_semicolon(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\\;")?;
    (rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_whitespace())).then_some(rest)
}
