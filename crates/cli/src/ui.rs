//! Standard output and standard error, for the verbs.

use std::io::Write as _;

use crate::error::Error;

/// Writes to standard output. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new(format!(
            "Cannot write to standard output: {error}."
        ))),
        _ => Ok(()),
    }
}

/// Says something on standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "unitward: {text}");
}
