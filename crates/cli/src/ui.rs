//! Standard output and standard error, for the verbs.

use std::io::Write as _;
use std::process::{Command, Stdio};

use unitward_exposure::{Level, Tenths};

use crate::args::Color;
use crate::error::Error;

/// Applies `--color` to everything that is printed; without it `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and the terminal
/// decide.
pub(crate) fn choose_colors(color: Color) {
    let choice = match color {
        Color::Auto => return,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether long text goes through a pager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pager {
    /// On a terminal.
    Auto,
    /// Never.
    Never,
}

/// The columns of a line of running text: those of the terminal, but no more than can be read well.
pub(crate) fn columns() -> usize {
    const MOST: usize = 100;
    const UNKNOWN: usize = 80;
    let variable = std::env::var("COLUMNS")
        .ok()
        .and_then(|value| value.parse().ok());
    let columns = window().map(|(columns, _)| columns).or(variable);
    columns
        .filter(|columns| *columns > 0)
        .unwrap_or(UNKNOWN)
        .clamp(40, MOST)
}

/// The columns and lines of the terminal on standard output.
fn window() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some((usize::from(size.ws_col), usize::from(size.ws_row)))
}

/// Writes to standard output: on a terminal through `$PAGER`, or `less -FRX`, when it has more lines than fit.
pub(crate) fn page(text: &str, pager: Pager) -> Result<(), Error> {
    use std::io::IsTerminal as _;
    let lines = window().map_or(0, |(_, lines)| lines);
    let fits = text.lines().count() < lines;
    if pager == Pager::Never || fits || !std::io::stdout().is_terminal() {
        return print(text);
    }
    let mut command = match std::env::var_os("PAGER") {
        None => {
            let mut less = Command::new("less");
            less.arg("-FRX");
            less
        }
        Some(words) if words.is_empty() || words == "cat" => return print(text),
        Some(words) => {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(words);
            // Without this less shows the codes of colors.
            if std::env::var_os("LESS").is_none() {
                shell.env("LESS", "FRX");
            }
            shell
        }
    };
    if through(&mut command, text) {
        Ok(())
    } else {
        print(text)
    }
}

/// Runs a pager over a text. False when there is no such program.
fn through(command: &mut Command, text: &str) -> bool {
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else {
        return false;
    };
    if let Some(mut input) = child.stdin.take() {
        // A pager that was closed early wants no more.
        let _ = input.write_all(text.as_bytes());
    }
    // The shell ends so when it cannot run the pager; then nothing was shown.
    !matches!(
        child.wait().map(|status| status.code()),
        Ok(Some(126 | 127))
    )
}

/// Writes to standard output. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    print_bytes(text.as_bytes())
}

/// Writes bytes to standard output.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
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

    /// Colors or none, whatever the terminal.
    #[cfg(test)]
    pub(crate) const fn of(colors: bool, utf8: bool) -> Self {
        Self { colors, utf8 }
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

    /// What is typed or read literally.
    pub(crate) fn code(self, text: &str) -> String {
        self.style("36", text)
    }

    /// The path of a file above its text.
    pub(crate) fn path(self, text: &str) -> String {
        self.style("34", text)
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
