//! In the place of systemd-analyze: its options, its output, byte for byte.

mod args;
mod json;
mod security;
mod table;

use std::io::Write as _;
use std::process::ExitCode;

use unitward_catalog::Version;

use args::Call;
pub(crate) use json::{Form, unit_json};
pub(crate) use table::{Style, unit_table};

/// What is printed, and whether something went wrong.
#[derive(Default)]
pub(crate) struct Output {
    out: Vec<u8>,
    err: Vec<u8>,
    failed: bool,
}

impl Output {
    fn print(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn error(&mut self, line: &str) {
        self.err.extend_from_slice(line.as_bytes());
        self.err.push(b'\n');
    }

    /// Writes what there is.
    fn flush(&mut self) {
        let _ = std::io::stderr().write_all(&self.err);
        let _ = std::io::stdout().write_all(&self.out);
        self.err.clear();
        self.out.clear();
    }

    /// Ends with a message.
    fn fail(&mut self, message: impl AsRef<str>) {
        self.error(message.as_ref());
        self.failed = true;
    }
}

/// Does what systemd-analyze does with these words behind its name.
pub(crate) fn run(words: &[String], version: Version) -> ExitCode {
    let mut output = Output::default();
    match Call::read(words, version) {
        Ok(call) => verb(&call, version, &mut output),
        Err(message) => output.fail(message),
    }
    output.flush();
    ExitCode::from(u8::from(output.failed))
}

fn verb(call: &Call, version: Version, output: &mut Output) {
    let style = Style::of_environment();
    match call.words.first().map(String::as_str) {
        Some("security") => security::security(call, version, style, output),
        Some(other) => output.fail(format!("Unknown command verb {other}.")),
        None => output.fail("unitward has no boot to time: name a verb, such as security."),
    }
}
