//! Command lines of ExecStart= and its siblings (systemd.service(5), "Command lines").

use unitward_catalog::Version;
use unitward_unit::Origin;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::path::simplified;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

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
            // A `;` in front of a command is nothing.
            if let Some(after) = alone(rest, ";") {
                rest = after.trim_start();
                continue;
            }
            match Command::read(rest, text.len() - rest.len(), cx) {
                Ok((command, after)) => {
                    self.0.push(command);
                    rest = after;
                }
                Err(Fault {
                    ignorable: true,
                    expected,
                }) => return cx.ignored(text, expected),
                Err(Fault {
                    ignorable: false,
                    expected,
                }) => return cx.refused(text, expected),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for command in &self.0 {
            command.show(shown);
        }
    }
}

/// Why a command cannot be taken; with a `-` in front, the line is ignored instead of the unit refused.
struct Fault {
    ignorable: bool,
    expected: String,
}

impl Fault {
    fn fatal(expected: impl Into<String>) -> Self {
        Self {
            ignorable: false,
            expected: expected.into(),
        }
    }
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
                (Some('|'), _) if !prefix.shell && version >= Version::new(258) => {
                    prefix.shell = true
                }
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
    /// Reads one command, which starts at this offset of the value; gives what stands behind a lone `;`.
    fn read<'t>(
        text: &'t str,
        offset: usize,
        cx: &mut Context<'_>,
    ) -> Result<(Self, &'t str), Fault> {
        let mut words = Words::new(text, Mode::UNQUOTE_C_RELAXED);
        let first = match words.next() {
            Some(Ok(first)) => first,
            // Quotes that do not close make the line vanish, whatever stands before.
            Some(Err(error)) => {
                return Err(Fault {
                    ignorable: true,
                    expected: error.to_string(),
                });
            }
            None => return Err(Fault::fatal("a program")),
        };
        let (mut prefix, path) = Prefix::read(&first.text, cx.version);
        if prefix.privilege == Privilege::Ambient && cx.at_least(Version::V262) {
            prefix.privilege = Privilege::Sandboxed;
            let expected = "no !! from this version on: every kernel has ambient capabilities";
            let range = first.range.start + offset..first.range.end + offset;
            cx.report(Effect::Noted, &first.text, range, expected);
        }
        // From here on a `-` turns a fault into an ignored line.
        let fault = |expected: String| Fault {
            ignorable: prefix.ignore_failure,
            expected,
        };
        if path.is_empty() && !prefix.shell {
            return Err(fault("a program behind the prefix".to_owned()));
        }
        let path = cx.expand(path).map_err(fault)?;
        let mut argv = Vec::new();
        let path = if prefix.shell {
            let shell = if prefix.own_argv0 { "-sh" } else { "sh" };
            argv.push(shell.to_owned());
            argv.extend((!path.is_empty()).then(|| path.into_owned()));
            "/bin/sh".to_owned()
        } else {
            let program =
                program(&path, cx.version).map_err(|expected| fault(expected.to_owned()))?;
            argv.extend((!prefix.own_argv0).then(|| path.into_owned()));
            program
        };
        let mut rest = words.rest().trim_start();
        loop {
            if let Some(after) = alone(rest, ";") {
                rest = after.trim_start();
                break;
            }
            if let Some(after) = alone(rest, "\\;") {
                argv.push(";".to_owned());
                rest = after.trim_start();
                continue;
            }
            let mut words = Words::new(rest, Mode::UNQUOTE_C_RELAXED);
            let word = match words.next() {
                Some(Ok(word)) => word,
                Some(Err(error)) => return Err(fault(error.to_string())),
                None => break,
            };
            if word.unknown_escape.is_some() {
                let shift = offset + text.len() - rest.len();
                cx.report(
                    Effect::Noted,
                    &word.text,
                    word.range.start + shift..word.range.end + shift,
                    "an escape sequence known to systemd; this one stays as it is",
                );
            }
            let argument = cx.expand(&word.text).map_err(fault)?;
            argv.push(argument.into_owned());
            rest = words.rest().trim_start();
        }
        if argv.is_empty() {
            return Err(fault("an argument zero behind the program".to_owned()));
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
        Ok((command, rest))
    }
}

impl Command {
    /// As systemctl prints a command that has not run.
    fn show(&self, shown: &mut Shown<'_>) {
        const STATE: &str =
            "start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }";
        let words = self.argv.join(" ");
        let ignore = super::flag::yes_no(self.ignore_failure);
        let path = &self.path;
        shown.put(format!(
            "{{ path={path} ; argv[]={words} ; ignore_errors={ignore} ; {STATE}"
        ));
        let flags = [
            (self.ignore_failure, "ignore-failure"),
            (self.privilege == Privilege::Full, "privileged"),
            (self.privilege == Privilege::KeepUser, "no-setuid"),
            (self.privilege == Privilege::Ambient, "ambient"),
            (self.verbatim, "no-env-expand"),
            (self.shell, "via-shell"),
        ];
        let flags = crate::show::joined(
            flags
                .into_iter()
                .filter_map(|(on, flag)| on.then_some(flag)),
        );
        shown.put_with(
            "Ex",
            format!("{{ path={path} ; argv[]={words} ; flags={flags} ; {STATE}"),
        );
    }
}

/// The program as it is looked up, or what is wrong with it.
fn program(path: &str, version: Version) -> Result<String, &'static str> {
    if path
        .bytes()
        .any(|b| b < b' ' || matches!(b, b'"' | b'\'' | b'\\' | 0x7f))
    {
        return Err("a program without quotes, backslashes and control characters");
    }
    // Up to 252 a final dot was taken away before the check.
    if path.ends_with('/') || (path.ends_with("/.") && version >= Version::V257) {
        return Err("a program, not a directory");
    }
    if path.starts_with('/') {
        return simplified(path, version).ok_or("an absolute path");
    }
    let plain = !path.contains('/') && path != "." && path != ".." && path.len() <= 255;
    if plain {
        Ok(path.to_owned())
    } else {
        Err("an absolute path, or a name without slash")
    }
}

/// What follows a mark that stands alone.
fn alone<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(mark)?;
    (rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_whitespace())).then_some(rest)
}
