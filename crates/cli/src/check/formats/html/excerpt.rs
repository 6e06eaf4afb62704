//! The lines of a file around a place.

use std::ops::Range;

use crate::check::report::Location;

/// The longest line that is shown, in bytes on either side of the place.
const WIDTH: usize = 300;
/// The most lines of the place itself.
const LINES: usize = 8;

/// A line, cut into what is before the place, the place, and what is behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The lines of a place, with the line above and the line below.
pub(super) fn lines(at: &Location<'_>) -> Vec<Line> {
    let source = at.source;
    let start = at.start.min(source.len());
    let place = start..at.end.clamp(start, source.len());
    let first = line_start(source, place.start);
    let mut lines = Vec::new();
    if let Some(end) = first
        .checked_sub(1)
        .filter(|end| source.get(*end) == Some(&b'\n'))
    {
        let above = line_start(source, end)..end;
        lines.push(line(source, at.line.saturating_sub(1), above, &place));
    }
    let mut from = first;
    for number in (at.line..).take(LINES) {
        let to = line_end(source, from.max(place.start));
        lines.push(line(source, number, from..to, &place));
        from = to + 1;
        let is_below = to >= place.end && number > at.line && from > place.end + 1;
        if is_below || source.get(to) != Some(&b'\n') || from >= source.len() {
            break;
        }
    }
    lines.retain(|line| !line.is_blank());
    lines
}

impl Line {
    fn is_blank(&self) -> bool {
        self.before.is_empty() && self.marked.is_empty() && self.after.is_empty()
    }
}

/// Where the line of a byte starts, or as far before it as is shown.
fn line_start(source: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(WIDTH);
    let before = source.get(from..at).unwrap_or_default();
    let end = before.iter().rposition(|byte| *byte == b'\n');
    end.map_or(from, |end| from + end + 1)
}

/// Where the line of a byte ends, or as far behind it as is shown.
fn line_end(source: &[u8], at: usize) -> usize {
    let to = source.len().min(at.saturating_add(WIDTH));
    let behind = source.get(at..to).unwrap_or_default();
    let end = behind.iter().position(|byte| *byte == b'\n');
    end.map_or(to, |end| at + end)
}

fn line(source: &[u8], number: u32, line: Range<usize>, place: &Range<usize>) -> Line {
    let text = |from: usize, to: usize| {
        let bytes = source.get(from..to.max(from)).unwrap_or_default();
        String::from_utf8_lossy(bytes)
            .trim_end_matches('\r')
            .to_owned()
    };
    let start = place.start.max(line.start);
    let end = place.end.min(line.end);
    let marked = if start < end {
        start..end
    } else {
        line.end..line.end
    };
    Line {
        number,
        before: text(line.start, marked.start),
        marked: text(marked.start, marked.end),
        after: text(marked.end, line.end),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shown(source: &str, place: &str, line: u32) -> Vec<String> {
        let start = source.find(place).unwrap_or_default();
        let at = Location {
            path: Path::new("x"),
            line,
            column: 1,
            end_line: line,
            end_column: 1,
            start,
            end: start + place.len(),
            source: source.as_bytes(),
        };
        let lines = lines(&at);
        let text = lines
            .iter()
            .map(|l| format!("{} {}[{}]{}", l.number, l.before, l.marked, l.after));
        text.collect()
    }

    #[test]
    fn places_have_their_surroundings() {
        let source = "[S]\nA=1\nB=2 \\\n  3\nC=4\n";
        assert_eq!(shown(source, "[S]", 1), ["1 [[S]]", "2 A=1[]"]);
        assert_eq!(shown(source, "1", 2), ["1 [S][]", "2 A=[1]", "3 B=2 \\[]"]);
        assert_eq!(
            shown(source, "2 \\\n  3", 3),
            ["2 A=1[]", "3 B=[2 \\]", "4 [  3]", "5 C=4[]"]
        );
        assert_eq!(shown(source, "4", 5), ["4   3[]", "5 C=[4]"]);
        assert_eq!(shown("a", "a", 1), ["1 [a]"]);
        assert_eq!(shown("a\n\nb\n\nc", "b", 3), ["3 [b]"]);
        assert_eq!(shown("", "", 1), [""; 0]);
    }

    #[test]
    fn long_lines_are_cut() {
        let source = format!("{}X{}\nnext\n", "a".repeat(5000), "b".repeat(5000));
        let lines = shown(&source, "X", 1);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), "1 []".len() + 1 + WIDTH + WIDTH - 1);
    }
}
