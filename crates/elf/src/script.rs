//! The first line of a script, as the kernel's binfmt_script reads it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// How much of a file the kernel looks at (BINPRM_BUF_SIZE since Linux 5.1).
pub(crate) const HEAD: usize = 256;

/// The first line of a script: `#!INTERPRETER [ARGUMENT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The interpreter's path as it is written.
    pub interpreter: PathBuf,
    /// The rest of the line as one argument, without blanks around it.
    pub argument: Option<OsString>,
}

impl Script {
    /// Reads the line; `None` when the kernel would not take the file for a script: without `#!`,
    /// without an interpreter, or with one that does not fit in the first 256 bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        let text = head.strip_prefix(b"#!")?;
        let newline = text.iter().position(|byte| *byte == b'\n');
        let cut = newline.is_none() && head.len() == HEAD;
        let line = &text[..newline.unwrap_or(text.len())];
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let start = line.iter().position(|byte| !is_blank(*byte))?;
        let line = line.get(start..)?;
        let end = line.iter().position(|byte| is_blank(*byte));
        if end.is_none() && cut {
            return None;
        }
        let (interpreter, rest) = line.split_at(end.unwrap_or(line.len()));
        let rest = trim(rest);
        Some(Self {
            interpreter: OsString::from_vec(interpreter.to_vec()).into(),
            argument: (!rest.is_empty()).then(|| OsString::from_vec(rest.to_vec())),
        })
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|byte| !is_blank(*byte))
        .unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|byte| !is_blank(*byte))
        .map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<(String, Option<String>)> {
        let text = |text: OsString| text.into_string().ok();
        let script = Script::parse(bytes)?;
        Some((
            text(script.interpreter.into())?,
            script.argument.and_then(text),
        ))
    }

    #[test]
    fn the_line_is_split_once() {
        let some = |path: &str, argument: Option<&str>| {
            Some((path.to_owned(), argument.map(str::to_owned)))
        };
        assert_eq!(read(b"#!/bin/sh\n"), some("/bin/sh", None));
        assert_eq!(
            read(b"#! \t/bin/sh -e  -x \t\nrest"),
            some("/bin/sh", Some("-e  -x"))
        );
        assert_eq!(read(b"#!/bin/sh"), some("/bin/sh", None));
        assert_eq!(read(b"#!/bin/sh\r\n"), some("/bin/sh\r", None));
        assert_eq!(read(b"#!/bin/sh\0-x\n"), some("/bin/sh", None));
        assert_eq!(read(b"#!\n/bin/sh"), None);
        assert_eq!(read(b"#!   "), None);
        assert_eq!(read(b"# !/bin/sh\n"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn an_interpreter_that_may_be_cut_off_is_none() {
        let long = [b"#!/".as_slice(), &[b'a'; 300]].concat();
        assert_eq!(read(&long), None);
        let argument = [b"#!/bin/sh ".as_slice(), &[b'a'; 300]].concat();
        assert_eq!(
            read(&argument)
                .and_then(|(_, argument)| argument)
                .map(|it| it.len()),
            Some(246)
        );
    }
}
