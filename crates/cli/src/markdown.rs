//! Markdown for terminals: the part of it that the pages of the catalogue and of the rules use.
//!
//! Headings, paragraphs, lists, tables, fenced code, `code` and **strong**. Everything else stands as it is. Without
//! colours the marks of code stay, so that plain text loses nothing.

use unicode_width::UnicodeWidthStr as _;

use crate::ui::Paint;

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The colours.
    pub(crate) paint: Paint,
    /// The columns of a line.
    pub(crate) width: usize,
}

/// Renders a text. Every line starts with the indent, headings with two blanks less; the text ends with a line end.
pub(crate) fn render(text: &str, look: Look, indent: usize) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    let mut is_first = true;
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if !is_first {
            out.push('\n');
        }
        is_first = false;
        if let Some(fence) = fence(line) {
            let code = std::iter::from_fn(|| {
                lines
                    .next()
                    .filter(|line| !line.trim_start().starts_with(fence))
            });
            code_block(&mut out, code, look, indent);
        } else if let Some(title) = heading(line) {
            let blanks = " ".repeat(indent.saturating_sub(2));
            out.push_str(&format!("{blanks}{}\n", look.paint.bold(&plain(title))));
        } else if is_row(line) {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| is_row(line)) {
                rows.push(row);
            }
            table(&mut out, &rows, look, indent);
        } else {
            let mut block = vec![line];
            while let Some(line) = lines.next_if(|line| goes_on(line)) {
                block.push(line);
            }
            flow(&mut out, &block, look, indent);
        }
    }
    out
}

/// A paragraph behind a first line that is there already, such as the label of a fact: wrapped, further lines with the
/// indent.
pub(crate) fn hang(out: &mut String, text: &str, look: Look, indent: usize) {
    wrap(out, &pieces(text, look.paint), look, indent, indent);
    out.push('\n');
}

fn fence(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    ["```", "~~~"]
        .into_iter()
        .find(|fence| line.starts_with(fence))
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    title.strip_prefix(' ').filter(|_| (1..=6).contains(&level))
}

fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// Whether a line belongs to the paragraph or list above it.
fn goes_on(line: &str) -> bool {
    !line.trim().is_empty() && fence(line).is_none() && heading(line).is_none() && !is_row(line)
}

/// The mark of a list item with its indentation, and the text behind it.
fn item(line: &str) -> Option<(usize, &str, &str)> {
    let text = line.trim_start();
    let depth = line.len() - text.len();
    if let Some(rest) = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")) {
        return Some((depth, "-", rest.trim_start()));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    // A year or a status that starts a line of a paragraph is no item.
    let (number, rest) = text.split_at_checked(digits)?;
    let rest = rest.strip_prefix(". ")?;
    (1..=2).contains(&digits).then_some((depth, number, rest))
}

fn code_block<'a>(
    out: &mut String,
    lines: impl Iterator<Item = &'a str>,
    look: Look,
    indent: usize,
) {
    let blanks = " ".repeat(indent + 4);
    for line in lines {
        if line.is_empty() {
            out.push('\n');
        } else {
            out.push_str(&format!("{blanks}{}\n", look.paint.code(line)));
        }
    }
}

/// A paragraph or a list.
fn flow(out: &mut String, lines: &[&str], look: Look, indent: usize) {
    let mut at = 0;
    let mut is_in_list = false;
    while let Some(line) = lines.get(at) {
        let first = if at == 0 || is_in_list {
            item(line)
        } else {
            None
        };
        let rest = lines.get(at + 1..).unwrap_or_default();
        // Only a list that starts the block is one: a dash inside of a paragraph is a dash.
        let count = rest
            .iter()
            .take_while(|line| first.is_none() || item(line).is_none())
            .count();
        let tail = rest.get(..count).unwrap_or_default();
        let blanks = " ".repeat(indent);
        match first {
            Some((depth, mark, text)) => {
                is_in_list = true;
                let mark = match mark {
                    "-" if look.paint.utf8() => "•".to_owned(),
                    "-" => "-".to_owned(),
                    number => format!("{number}."),
                };
                let nested = " ".repeat(depth.min(20));
                out.push_str(&format!("{blanks}{nested}  {mark} "));
                let column = indent + nested.len() + 3 + mark.width();
                wrap(
                    out,
                    &pieces(&joined(text, tail), look.paint),
                    look,
                    column,
                    column,
                );
            }
            None => {
                out.push_str(&blanks);
                wrap(
                    out,
                    &pieces(&joined(line, tail), look.paint),
                    look,
                    indent,
                    indent,
                );
            }
        }
        out.push('\n');
        at += 1 + count;
    }
}

fn joined(first: &str, rest: &[&str]) -> String {
    let mut text = first.trim().to_owned();
    for line in rest {
        text.push(' ');
        text.push_str(line.trim());
    }
    text
}

/// A table: columns as wide as their cells, the last one wrapped.
fn table(out: &mut String, lines: &[&str], look: Look, indent: usize) {
    let rows: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| {
            line.trim()
                .trim_start_matches('|')
                .trim_end_matches('|')
                .split('|')
                .map(str::trim)
                .collect()
        })
        .filter(|row: &Vec<&str>| {
            !row.iter()
                .all(|cell| cell.chars().all(|c| matches!(c, '-' | ':')))
        })
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| shown_width(cell, look.paint))
                .max()
        })
        .map(Option::unwrap_or_default)
        .collect();
    for (number, row) in rows.iter().enumerate() {
        out.push_str(&" ".repeat(indent));
        let mut column = indent;
        for (at, cell) in row.iter().enumerate() {
            let width = widths.get(at).copied().unwrap_or_default();
            let is_last = at + 1 == row.len();
            if number == 0 {
                out.push_str(&look.paint.bold(&plain(cell)));
            } else {
                // Only the last column is broken into lines.
                let width = if is_last { look.width } else { usize::MAX };
                wrap(
                    out,
                    &pieces(cell, look.paint),
                    Look { width, ..look },
                    column,
                    column,
                );
            }
            if !is_last {
                let used = if number == 0 {
                    plain(cell).width()
                } else {
                    shown_width(cell, look.paint)
                };
                out.push_str(&" ".repeat(width.saturating_sub(used) + 2));
                column += width + 2;
            }
        }
        out.push('\n');
    }
}

fn shown_width(cell: &str, paint: Paint) -> usize {
    let pieces = pieces(cell, paint);
    let gaps = pieces.iter().skip(1).filter(|piece| piece.has_gap).count();
    pieces.iter().map(|piece| piece.text.width()).sum::<usize>() + gaps
}

/// A word, or a part of one with its own style.
struct Piece {
    text: String,
    style: Style,
    /// Whether a blank stands before it.
    has_gap: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Code,
}

/// The words of a text with their styles.
fn pieces(text: &str, paint: Paint) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut style = Style::Plain;
    let mut rest = text;
    let mut has_gap = false;
    while !rest.is_empty() {
        let stop = match style {
            Style::Code => rest.find('`'),
            Style::Strong => rest.find("**"),
            Style::Plain => ["`", "**"]
                .into_iter()
                .filter_map(|mark| opened(rest, mark))
                .min(),
        };
        let (part, tail) = rest
            .split_at_checked(stop.unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        let part = match style {
            Style::Code if !paint.is_on() => format!("`{part}`"),
            _ => part.to_owned(),
        };
        words(&mut pieces, &part, style, &mut has_gap);
        let (mark, next) = match (style, tail.starts_with('`'), tail.starts_with("**")) {
            (Style::Code, true, _) => (1, Style::Plain),
            (Style::Strong, _, true) => (2, Style::Plain),
            (_, true, _) => (1, Style::Code),
            (_, _, true) => (2, Style::Strong),
            _ => (tail.len(), Style::Plain),
        };
        style = next;
        rest = tail.get(mark..).unwrap_or_default();
    }
    pieces
}

/// Where a mark stands that is closed again.
fn opened(text: &str, mark: &str) -> Option<usize> {
    let (before, behind) = text.split_once(mark)?;
    behind.contains(mark).then_some(before.len())
}

fn words(pieces: &mut Vec<Piece>, text: &str, style: Style, has_gap: &mut bool) {
    // Code is one piece where it is short, so that a line does not break inside of it.
    if style == Style::Code && text.len() <= 40 {
        let piece = Piece {
            text: text.to_owned(),
            style,
            has_gap: *has_gap,
        };
        pieces.push(piece);
        *has_gap = false;
        return;
    }
    for (at, word) in text.split(' ').enumerate() {
        *has_gap |= at > 0;
        if !word.is_empty() {
            pieces.push(Piece {
                text: word.to_owned(),
                style,
                has_gap: *has_gap,
            });
            *has_gap = false;
        }
    }
}

/// Puts words into lines. The first line is filled up to `column` already.
fn wrap(out: &mut String, pieces: &[Piece], look: Look, column: usize, indent: usize) {
    let mut column = column;
    for (at, piece) in pieces.iter().enumerate() {
        // A word goes with what is glued to it.
        let behind = pieces.get(at + 1..).unwrap_or_default();
        let glued = behind.iter().take_while(|next| !next.has_gap);
        let length = piece.text.width() + glued.map(|next| next.text.width()).sum::<usize>();
        if piece.has_gap && at > 0 {
            if column + 1 + length > look.width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        column += piece.text.width();
        match piece.style {
            Style::Plain => out.push_str(&piece.text),
            Style::Strong => out.push_str(&look.paint.bold(&piece.text)),
            Style::Code => out.push_str(&look.paint.code(&piece.text)),
        }
    }
}

/// Text without marks.
fn plain(text: &str) -> String {
    text.replace(['`'], "").replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look {
        paint: Paint::of(false, true),
        width: 40,
    };
    const COLORED: Look = Look {
        paint: Paint::of(true, true),
        width: 40,
    };

    #[test]
    fn paragraphs_are_filled() {
        let text = "One two three four five six seven eight\nnine ten.\n\nNext `some code` here.\n";
        let expected =
            "  One two three four five six seven\n  eight nine ten.\n\n  Next `some code` here.\n";
        assert_eq!(render(text, PLAIN, 2), expected);
    }

    #[test]
    fn headings_and_code_keep_their_lines() {
        let text = "## What breaks\n\nMuch.\n\n```ini\n[Service]\nUMask=0027 # a long line that is not broken at all\n\nX=1\n```\n";
        let expected = "What breaks\n\n  Much.\n\n      [Service]\n      UMask=0027 # a long line that is not broken at all\n\n      X=1\n";
        assert_eq!(render(text, PLAIN, 2), expected);
    }

    #[test]
    fn lists_hang() {
        let text = "- one two three four five six seven eight nine\n- `b`\n  - inner\n1. first\n";
        let expected = "  • one two three four five six seven\n    eight nine\n  • `b`\n    • inner\n  1. first\n";
        assert_eq!(render(text, PLAIN, 0), expected);
        let dash = "A dash - in a line, and\n- at its start is none.\n";
        assert_eq!(
            render(dash, PLAIN, 0),
            "A dash - in a line, and - at its start\nis none.\n"
        );
        let number = "It came with\n254. Later too.\n";
        assert_eq!(render(number, PLAIN, 0), "It came with 254. Later too.\n");
    }

    #[test]
    fn tables_have_columns() {
        let text = "| name | what |\n|---|---|\n| `a` | one two three four five six seven eight |\n| long | x |\n";
        let expected =
            "name  what\n`a`   one two three four five six seven\n      eight\nlong  x\n";
        assert_eq!(render(text, PLAIN, 0), expected);
    }

    #[test]
    fn styles_replace_marks_where_there_are_colors() {
        assert_eq!(
            render("A `b` **c d**.", COLORED, 0),
            "A \x1b[36mb\x1b[0m \x1b[1mc\x1b[0m \x1b[1md\x1b[0m.\n"
        );
        assert_eq!(render("A `b` **c d**.", PLAIN, 0), "A `b` c d.\n");
    }

    #[test]
    fn unclosed_marks_are_text() {
        assert_eq!(render("a ` b ** c", PLAIN, 0), "a ` b ** c\n");
        assert_eq!(render("```\ncode", PLAIN, 0), "    code\n");
        assert_eq!(render("", PLAIN, 0), "");
    }

    #[test]
    fn words_wider_than_the_line_stand_alone() {
        let long = "x".repeat(60);
        assert_eq!(
            render(&format!("a {long} b"), PLAIN, 0),
            format!("a\n{long}\nb\n")
        );
    }
}
