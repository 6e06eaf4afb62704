//! The tables of systemd-analyze security, byte for byte as it writes them to a file or pipe.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use unicode_width::UnicodeWidthStr;
use unitward_catalog::Version;
use unitward_exposure::{Exposure, Level, Row, Tenths};

/// How tables are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether characters beyond ASCII may be used.
    pub(crate) utf8: bool,
    /// Whether faces may be drawn.
    pub(crate) emoji: bool,
    /// Whether terminal colours are used.
    pub(crate) colors: bool,
    /// Whether the columns of weight, badness and range are shown.
    pub(crate) debug: bool,
}

impl Style {
    /// How to draw, from the environment as systemd's programs read it.
    pub(crate) fn of_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let on = |name: &str| variable(name).and_then(|value| unitward_settings::boolean(&value));
        let utf8 = crate::ui::utf8_locale();
        let plain_terminal = variable("TERM").is_none_or(|term| term == "dumb" || term == "linux");
        let emoji = on("SYSTEMD_EMOJI").unwrap_or(utf8 && !plain_terminal);
        let colors = match variable("SYSTEMD_COLORS") {
            Some(value) => unitward_settings::boolean(&value).unwrap_or(true),
            None => variable("NO_COLOR").is_none() && std::io::stdout().is_terminal(),
        };
        Self {
            utf8,
            emoji,
            colors,
            debug: on("SYSTEMD_ANALYZE_DEBUG") == Some(true),
        }
    }
}

/// The headings of the columns that only the debug form has, between DESCRIPTION and EXPOSURE.
const DEBUG: [&str; 3] = ["WEIGHT", "BADNESS", "RANGE"];

/// The table of one unit with its closing line.
pub(crate) fn unit_table(
    out: &mut String,
    id: &str,
    exposure: &Exposure<'_>,
    version: Version,
    style: Style,
) {
    let rows: Vec<Measured<'_>> = exposure
        .sorted(version)
        .into_iter()
        .map(|row| {
            (
                row,
                [width(row.check.name), row.text.as_deref().map_or(0, width)],
            )
        })
        .collect();
    let widest = |cell: &dyn Fn(&Measured<'_>) -> usize, heading: &str| {
        rows.iter().map(cell).max().unwrap_or(0).max(heading.len())
    };
    let widths = Widths {
        name: widest(&|(_, [name, _])| *name, "NAME"),
        text: widest(&|(_, [_, text])| *text, "DESCRIPTION"),
        debug: [
            widest(&|(row, _)| digits(row.weight), DEBUG[0]),
            widest(
                &|(row, _)| digits(row.badness.unwrap_or(u64::MAX)),
                DEBUG[1],
            ),
            widest(&|(row, _)| digits(row.range), DEBUG[2]),
        ],
    };
    heading(out, &widths, style);
    for (row, own) in rows {
        line(out, row, exposure.of_row(row), own, &widths, style);
    }
    let level = exposure.level();
    let arrow = if style.utf8 { "→" } else { "->" };
    let face = if style.emoji {
        level.level().emoji()
    } else {
        level.level().ascii()
    };
    let name = level.level().name();
    let (bold, color, plain) = match style.colors {
        true => ("\x1b[0;1;39m", color(level.level()), "\x1b[0m"),
        false => ("", "", ""),
    };
    let _ = writeln!(
        out,
        "\n{arrow} {bold}Overall exposure level for {id}{plain}: {color}{level} {name}{plain} {face}"
    );
}

/// A row, and the widths of its name and its text in cells.
type Measured<'r> = (&'r Row<'r>, [usize; 2]);

/// How wide the columns are, in cells.
struct Widths {
    name: usize,
    text: usize,
    debug: [usize; 3],
}

fn heading(out: &mut String, widths: &Widths, style: Style) {
    let mut cells = vec![
        (" ", 1),
        ("NAME", widths.name),
        ("DESCRIPTION", widths.text),
    ];
    if style.debug {
        cells.extend(DEBUG.into_iter().zip(widths.debug));
    }
    cells.push(("EXPOSURE", 8));
    let count = cells.len();
    for (at, (text, width)) in cells.into_iter().enumerate() {
        paint(out, "\x1b[0;4m", style, |out| {
            out.push_str(text);
            pad(out, width.saturating_sub(text.len()));
        });
        out.push(if at + 1 == count { '\n' } else { ' ' });
    }
}

/// One row: columns are separated by a blank, numbers stand right. A row without a number ends with the blank behind the
/// columns before.
fn line(
    out: &mut String,
    row: &Row<'_>,
    number: Option<Tenths>,
    own: [usize; 2],
    widths: &Widths,
    style: Style,
) {
    let (mark, color) = match (row.badness, style.utf8) {
        (None, _) => (" ", ""),
        (Some(0), true) => ("✓", "\x1b[0;1;32m"),
        (Some(0), false) => ("+", "\x1b[0;1;32m"),
        (Some(_), true) => ("✗", "\x1b[0;1;31m"),
        (Some(_), false) => ("-", "\x1b[0;1;31m"),
    };
    paint(out, color, style, |out| out.push_str(mark));
    out.push(' ');
    out.push_str(row.check.name);
    pad(out, widths.name - own[0] + 1);
    out.push_str(row.text.as_deref().unwrap_or_default());
    // The blanks in front of the next number are put out with it.
    let mut blanks = widths.text - own[1] + 1;
    if style.debug {
        let numbers = [row.weight, row.badness.unwrap_or(u64::MAX), row.range];
        for (number, width) in numbers.into_iter().zip(widths.debug) {
            pad(out, blanks + width.saturating_sub(digits(number)));
            let _ = write!(out, "{number}");
            blanks = 1;
        }
    }
    let Some(Tenths(tenths)) = number else {
        pad(out, blanks);
        return out.push('\n');
    };
    let whole = tenths / 10;
    pad(out, blanks + 6_usize.saturating_sub(digits(whole)));
    match u8::try_from(whole) {
        Ok(whole @ ..10) => out.push(char::from(b'0' + whole)),
        _ => out.push_str(&whole.to_string()),
    }
    out.push('.');
    out.push(char::from(b'0' + (tenths % 10) as u8));
    out.push('\n');
}

/// Writes something in a color.
fn paint(out: &mut String, color: &str, style: Style, write: impl FnOnce(&mut String)) {
    let colored = style.colors && !color.is_empty();
    if colored {
        out.push_str(color);
    }
    write(out);
    if colored {
        out.push_str("\x1b[0m");
    }
}

fn pad(out: &mut String, count: usize) {
    const BLANKS: &str =
        "                                                                                ";
    let mut left = count;
    while left > 0 {
        let step = left.min(BLANKS.len());
        out.push_str(BLANKS.get(..step).unwrap_or_default());
        left -= step;
    }
}

/// The width of a text on a terminal, in cells.
fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        UnicodeWidthStr::width(text)
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// The colour of a level.
pub(crate) const fn color(level: Level) -> &'static str {
    match level {
        Level::Dangerous | Level::Unsafe => "\x1b[0;1;31m",
        Level::Exposed => "\x1b[0;1;38;5;185m",
        Level::Medium => "",
        Level::Ok | Level::Safe | Level::Perfect => "\x1b[0;1;32m",
    }
}
