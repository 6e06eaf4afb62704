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

const HEADER: [&str; 7] = [
    "",
    "NAME",
    "DESCRIPTION",
    "WEIGHT",
    "BADNESS",
    "RANGE",
    "EXPOSURE",
];
/// The columns that only the debug form has.
const DEBUG: std::ops::Range<usize> = 3..6;

/// The table of one unit with its closing line.
pub(crate) fn unit_table(
    out: &mut String,
    id: &str,
    exposure: &Exposure<'_>,
    version: Version,
    style: Style,
) {
    let rows: Vec<[String; 7]> = exposure
        .sorted(version)
        .into_iter()
        .map(|row| cells(row, exposure, style))
        .collect();
    let mut widths = HEADER.map(UnicodeWidthStr::width);
    widths[0] = 1;
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    line(out, &HEADER.map(str::to_owned), &widths, style, true);
    for row in &rows {
        line(out, row, &widths, style, false);
    }
    let level = exposure.level();
    let arrow = if style.utf8 { "→" } else { "->" };
    let face = if style.emoji {
        level.level().emoji()
    } else {
        level.level().ascii()
    };
    let name = level.level().name();
    let _ = if style.colors {
        let color = color(level.level());
        writeln!(
            out,
            "\n{arrow} \x1b[0;1;39mOverall exposure level for {id}\x1b[0m: {color}{level} {name}\x1b[0m {face}"
        )
    } else {
        writeln!(
            out,
            "\n{arrow} Overall exposure level for {id}: {level} {name} {face}"
        )
    };
}

fn cells(row: &Row<'_>, exposure: &Exposure<'_>, style: Style) -> [String; 7] {
    let mark = match (row.badness, style.utf8) {
        (None, _) => " ",
        (Some(0), true) => "✓",
        (Some(0), false) => "+",
        (Some(_), true) => "✗",
        (Some(_), false) => "-",
    };
    let badness = row.badness.unwrap_or(u64::MAX);
    [
        mark.to_owned(),
        row.check.name.to_owned(),
        row.text.as_deref().unwrap_or_default().to_owned(),
        row.weight.to_string(),
        badness.to_string(),
        row.range.to_string(),
        exposure
            .of_row(row)
            .as_ref()
            .map(Tenths::to_string)
            .unwrap_or_default(),
    ]
}

/// One line: columns are separated by a blank, numbers stand right, and the last column is not padded behind.
fn line(out: &mut String, cells: &[String; 7], widths: &[usize; 7], style: Style, is_header: bool) {
    let shown = (0..cells.len()).filter(|at| style.debug || !DEBUG.contains(at));
    for at in shown {
        let (Some(cell), Some(width)) = (cells.get(at), widths.get(at)) else {
            continue;
        };
        let padding = width.saturating_sub(cell.width());
        let is_last = at + 1 == cells.len();
        let (before, after) = if at >= DEBUG.start {
            (padding, 0)
        } else {
            (0, padding)
        };
        if at > 0 {
            out.push(' ');
        }
        let paint = match cell.as_str() {
            _ if !style.colors => "",
            _ if is_header => "\x1b[0;4m",
            "✗" | "-" if at == 0 => "\x1b[0;1;31m",
            "✓" | "+" if at == 0 => "\x1b[0;1;32m",
            _ => "",
        };
        out.push_str(paint);
        // A row without a number ends with the blank behind the padded description.
        if !(is_last && cell.is_empty()) {
            out.extend(std::iter::repeat_n(' ', before));
        }
        out.push_str(cell);
        if !is_last {
            out.extend(std::iter::repeat_n(' ', after));
        }
        if !paint.is_empty() {
            out.push_str("\x1b[0m");
        }
    }
    out.push('\n');
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
