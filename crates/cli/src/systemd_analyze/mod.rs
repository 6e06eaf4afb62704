//! In the place of systemd-analyze: its options, its output, byte for byte.

mod args;
mod capability;
mod exit_status;
mod filesystems;
mod groups;
mod json;
mod list;
mod number;
mod options;
mod security;
mod syscall_filter;
mod table;
mod verbs;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use unitward_catalog::Version;

use args::{Call, Stop};
pub(crate) use json::{Form, unit_json};
pub(crate) use table::{Style, unit_table};

/// What is printed, in its order, and whether something went wrong.
#[derive(Default)]
pub(crate) struct Output {
    parts: Vec<(Stream, String)>,
    failed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Error,
}

impl Output {
    fn print(&mut self, text: &str) {
        self.push(Stream::Out, text);
    }

    fn error(&mut self, line: &str) {
        self.push(Stream::Error, line);
        self.push(Stream::Error, "\n");
    }

    fn push(&mut self, stream: Stream, text: &str) {
        match self.parts.last_mut().filter(|(last, _)| *last == stream) {
            Some((_, part)) => part.push_str(text),
            None => self.parts.push((stream, text.to_owned())),
        }
    }

    /// A message that is no error: `SYSTEMD_LOG_LEVEL` can hide it.
    fn notice(&mut self, line: &str) {
        let level = std::env::var("SYSTEMD_LOG_LEVEL").unwrap_or_default();
        let is_hidden = matches!(
            level.as_str(),
            "emerg" | "alert" | "crit" | "err" | "warning" | "0" | "1" | "2" | "3" | "4"
        );
        if !is_hidden {
            self.error(line);
        }
    }

    /// Writes what there is, in order.
    fn flush(&mut self) {
        // A reader that went away wants no more, and there is nobody else to tell.
        for (stream, text) in self.parts.drain(..) {
            let _ = match stream {
                Stream::Out => write_out(&text),
                Stream::Error => std::io::stderr().write_all(text.as_bytes()),
            };
        }
    }

    /// Writes a long text at once.
    fn write(&self, text: &str) {
        let _ = write_out(text);
    }

    /// Ends with a message.
    fn fail(&mut self, message: impl AsRef<str>) {
        self.error(message.as_ref());
        self.failed = true;
    }
}

/// Does what systemd-analyze does with these words behind its name.
pub(crate) fn run(program: &str, words: &[OsString], version: Version) -> ExitCode {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut output = Output::default();
    match Call::read(program, &words, version) {
        Ok(call) => verb(&call, version, &mut output),
        Err(Stop::Help) => output.print(HELP),
        Err(Stop::Version) => output.print(&format!(
            "systemd {version} (as unitward {} knows it)\n",
            env!("CARGO_PKG_VERSION")
        )),
        Err(Stop::Mistake(message)) => output.fail(message),
    }
    output.flush();
    ExitCode::from(u8::from(output.failed))
}

fn write_out(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn verb(call: &Call, version: Version, output: &mut Output) {
    let style = Style::of_environment();
    match call.words.first().map(String::as_str) {
        Some("security") => security::security(call, version, style, output),
        Some("capability") => capability::capability(call, version, style, output),
        Some("syscall-filter") => syscall_filter::syscall_filter(call, version, style, output),
        Some("filesystems") => filesystems::filesystems(call, version, style, output),
        Some("exit-status") => exit_status::exit_status(call, version, style, output),
        Some(other) => output.fail(verbs::unknown(other, version)),
        None => output.fail("unitward has no boot to time: name a verb, such as security."),
    }
}

const HELP: &str = "\
unitward in the place of systemd-analyze: the verbs that need no running systemd, with
the same options and the same output.

  systemd-analyze [OPTION...] VERB [ARGUMENT...]

Verbs:
  security UNIT...           Rate the sandboxing of units
  capability [CAP...]        List capabilities
  syscall-filter [SET...]    List the system calls of sets
  filesystems [SET...]       List the file systems of sets
  exit-status [STATUS...]    List exit statuses

Options:
     --offline=BOOL          Count as an offline review does; without it as a running manager does
     --threshold=N           Fail when a level is above N, from 0 to 100
     --security-policy=FILE  Weights, ranges and texts from a JSON file
     --json=FORM             JSON of the form short or pretty (security, capability, exit-status)
     --profile=NAME|FILE     Review units with a portable profile
     --root=DIR              Take units from below DIR
     --user                  Review units of the user manager
     --instance=NAME         The instance that templates are reviewed as
  -m --mask                  Take the argument of capability as a mask
     --no-legend             Print tables without headings (from 262 on)
  -q --quiet                 Do not print what is outside of all sets
  -h --help                  Show this help
     --version               Show the version

Other options of systemd-analyze are accepted and do nothing.
UNITWARD_SYSTEMD=252, 257 or 262 chooses the version; without it, that of this machine counts.
";
