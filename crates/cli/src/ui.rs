//! Standard output and standard error, for the verbs.

use std::io::Write as _;

use unitward_exposure::{Level, Tenths};

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

/// The reason of a failed call, as the C library words it.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// A text with control characters made visible, so that no name or message can move the cursor or change colors.
pub(crate) fn printable(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}

/// Colors, where the terminal and the user want them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colors: bool,
    utf8: bool,
}

impl Paint {
    /// For standard output: `--color`, `NO_COLOR`, `CLICOLOR_FORCE` and the terminal decide.
    pub(crate) fn of_stdout() -> Self {
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        Self {
            colors: choice != anstream::ColorChoice::Never,
            utf8: utf8_locale(),
        }
    }

    /// No colors.
    pub(crate) fn plain() -> Self {
        Self {
            colors: false,
            utf8: utf8_locale(),
        }
    }

    /// Whether there are colors.
    pub(crate) const fn is_on(self) -> bool {
        self.colors
    }

    /// Whether characters beyond ASCII can be shown.
    pub(crate) const fn utf8(self) -> bool {
        self.utf8
    }

    /// Bold text.
    pub(crate) fn bold(self, text: &str) -> String {
        self.style("1", text)
    }

    /// Text of less weight.
    pub(crate) fn dim(self, text: &str) -> String {
        self.style("2", text)
    }

    /// Bad news.
    pub(crate) fn red(self, text: &str) -> String {
        self.style("1;31", text)
    }

    /// Text in the color of a level.
    pub(crate) fn level(self, level: Tenths, text: &str) -> String {
        match level.level() {
            Level::Dangerous | Level::Unsafe => self.style("1;31", text),
            Level::Exposed => self.style("1;33", text),
            Level::Ok | Level::Safe | Level::Perfect => self.style("1;32", text),
            Level::Medium => self.style("1", text),
        }
    }

    fn style(self, code: &str, text: &str) -> String {
        if self.colors {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether the locale's characters are UTF-8, as systemd's programs decide it: without any locale they are, and in an
/// unknown one too, but not in `C` and `POSIX` when these were asked for.
pub(crate) fn utf8_locale() -> bool {
    let value = |name: &str| std::env::var(name).ok();
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"].map(value);
    let chosen = variables.iter().flatten().find(|value| !value.is_empty());
    let Some(locale) = chosen else {
        return variables.iter().all(Option::is_none);
    };
    match locale.split_once('.') {
        Some((_, charset)) => {
            let charset = charset.split('@').next().unwrap_or_default();
            charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
        }
        None => locale != "C" && locale != "POSIX",
    }
}
