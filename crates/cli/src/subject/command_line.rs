//! Settings and a command of the command line, as a drop-in file.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The name of the drop-in in messages.
pub(super) const FILE: &str = "<command line>";

/// What the life of a unit's own service looks like says nothing about another command. Settings of the command line
/// come after this, and so count.
const ANOTHER_LIFE: &str = "\
ExecCondition=
ExecStartPre=
ExecStart=
ExecStartPost=
ExecReload=
ExecStop=
ExecStopPost=
Type=exec
ExitType=main
RemainAfterExit=no
NotifyAccess=none
PIDFile=
WatchdogSec=0
RuntimeMaxSec=infinity
";

/// Whether a setting stands on the command line.
pub(super) fn sets(properties: &[String], directive: &str) -> bool {
    properties.iter().any(|property| {
        property
            .split_once('=')
            .is_some_and(|(name, _)| name == directive)
    })
}

/// The drop-in of `-p` and of the words behind `--`; empty when there are none.
pub(super) fn drop_in(properties: &[String], command: &[OsString]) -> Result<String, Error> {
    let mut text = String::new();
    if !command.is_empty() {
        text.push_str(ANOTHER_LIFE);
    }
    for property in properties {
        let Some((name, _)) = property.split_once('=') else {
            return Err(Error::new(format!("{property} is no setting."))
                .hint("Write -p NAME=VALUE, as in -p ProtectSystem=strict."));
        };
        if property.contains('\n') {
            return Err(Error::new(format!("The value of {name} has a line break.")));
        }
        text.push_str(property);
        text.push('\n');
    }
    if let Some((program, arguments)) = command.split_first() {
        text.push_str("ExecStart=:");
        text.push_str(&quoted(absolute(program)?.as_os_str().as_bytes()));
        for argument in arguments {
            text.push(' ');
            text.push_str(&quoted(argument.as_bytes()));
        }
        text.push('\n');
    }
    Ok(if text.is_empty() {
        text
    } else {
        format!("[Service]\n{text}")
    })
}

/// The words of a login shell: what a login calls `$SHELL`, or else `/bin/sh`.
pub(crate) fn shell() -> [OsString; 2] {
    let shell = std::env::var_os("SHELL").filter(|shell| Path::new(shell).is_absolute());
    [shell.unwrap_or_else(|| "/bin/sh".into()), "-l".into()]
}

/// A program with a slash is looked up from here, as a shell does; a bare name is left to the search path.
fn absolute(program: &OsString) -> Result<PathBuf, Error> {
    let path = Path::new(program);
    if path.is_absolute() || !program.as_bytes().contains(&b'/') {
        return Ok(path.to_owned());
    }
    std::path::absolute(path)
        .map(|path| path.components().collect())
        .map_err(|error| Error::new(format!("{}: {error}.", path.display())))
}

/// A word of a command line in double quotes (systemd.service(5), "Command lines").
fn quoted(bytes: &[u8]) -> String {
    let mut word = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => word.extend(['\\', character]),
                '%' => word.push_str("%%"),
                '\n' => word.push_str("\\n"),
                character if character.is_ascii_control() => {
                    word.push_str(&format!("\\x{:02x}", u32::from(character)));
                }
                character => word.push(character),
            }
        }
        for byte in chunk.invalid() {
            word.push_str(&format!("\\x{byte:02x}"));
        }
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn words_keep_what_the_syntax_would_take() {
        assert_eq!(quoted(b"a b"), "\"a b\"");
        assert_eq!(quoted(b"50%\n\"x\\"), "\"50%%\\n\\\"x\\\\\"");
        assert_eq!(quoted(b"\xff"), "\"\\xff\"");
    }

    #[test]
    fn a_command_replaces_all_others() {
        let text = drop_in(&["PrivateTmp=yes".to_owned()], &["/bin/true".into()]).unwrap();
        assert!(text.starts_with("[Service]\nExecCondition=\n"));
        assert!(text.ends_with("PrivateTmp=yes\nExecStart=:\"/bin/true\"\n"));
    }
}
