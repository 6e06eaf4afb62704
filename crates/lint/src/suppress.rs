//! Comments that switch rules off: `# unitward: ignore[UWB001] the reason`.
//!
//! Above an assignment a comment holds for this assignment, above a section header for the section, and above the
//! first section for the whole file. Without a reason it switches nothing off.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use unitward_unit::syntax::{Document, ItemKind, Span};

use crate::Checked;
use crate::finding::{Finding, Report};
use crate::rules::syntax::{idle_suppression, suppression_without_reason};
use crate::subject::Subject;

/// A comment that switches rules off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rules, as codes or names; `*` for all.
    pub rules: Vec<String>,
    /// Why; empty when the comment does not say.
    pub reason: String,
    /// The line of the comment, from 1.
    pub line: u32,
    /// The bytes of the comment line in the file.
    pub span: Span,
    /// What it holds for.
    pub extent: Extent,
    /// The lines it holds for, from 1.
    pub holds: Range<u32>,
}

/// What a suppressing comment holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Nothing: the section ends below it.
    Nothing,
    /// The assignment below it.
    Assignment,
    /// The section below it.
    Section,
    /// The whole file.
    File,
}

/// A finding that a comment switches off.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The comment.
    pub suppression: Suppression,
}

/// The suppressing comments of a file.
#[must_use]
pub fn suppressions(document: &Document) -> Vec<Suppression> {
    let mut found: Vec<Suppression> = Vec::new();
    // Those from here on wait for what they hold for.
    let mut waiting = 0;
    // Those that hold for the present section.
    let mut open = 0..0;
    let mut first_section = true;
    let mut items = document.items().peekable();
    while let Some(item) = items.next() {
        let (extent, holds) = match item.kind {
            ItemKind::Comment => {
                comments(document, item.line, item.span.range(), &mut found);
                continue;
            }
            ItemKind::Blank => continue,
            ItemKind::Section => {
                for suppression in found.get_mut(open).unwrap_or_default() {
                    suppression.holds.end = item.line;
                }
                open = waiting..found.len();
                match std::mem::take(&mut first_section) {
                    true => (Extent::File, 0..u32::MAX),
                    false => (Extent::Section, item.line..u32::MAX),
                }
            }
            ItemKind::Assignment | ItemKind::Junk => {
                let next = items.peek().map_or(u32::MAX, |next| next.line);
                (Extent::Assignment, item.line..next)
            }
        };
        for suppression in found.get_mut(waiting..).unwrap_or_default() {
            suppression.extent = extent;
            suppression.holds = holds.clone();
        }
        if extent == Extent::File {
            open = 0..0;
        }
        waiting = found.len();
    }
    found
}

/// The suppressing comments among the lines of a comment item.
fn comments(document: &Document, line: u32, range: Range<usize>, found: &mut Vec<Suppression>) {
    let mut start = range.start;
    let bytes = document.bytes().get(range).unwrap_or_default();
    for (line, text) in (line..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let end = start + text.trim_ascii_end().len();
        let comment = std::str::from_utf8(text).ok().and_then(parse);
        if let (Some((rules, reason)), Ok(from), Ok(to)) =
            (comment, u32::try_from(start), u32::try_from(end))
        {
            found.push(Suppression {
                rules,
                reason,
                line,
                span: Span {
                    start: from,
                    end: to,
                },
                extent: Extent::Nothing,
                holds: 0..0,
            });
        }
        start += text.len();
    }
}

/// The rules and the reason of a suppressing comment.
fn parse(comment: &str) -> Option<(Vec<String>, String)> {
    let text = comment.trim().trim_start_matches(['#', ';']).trim_start();
    let text = text.strip_prefix("unitward:")?.trim_start();
    let text = text.strip_prefix("ignore")?.trim_start();
    let (rules, reason) = text.strip_prefix('[')?.split_once(']')?;
    let rules = rules.split([',', ' ']).map(str::trim);
    let rules = rules.filter(|rule| !rule.is_empty()).map(str::to_owned);
    let reason = reason.trim().trim_start_matches([':', '-']).trim();
    Some((rules.collect(), reason.to_owned()))
}

/// Takes out the findings that comments switch off, and adds those about the comments.
pub(crate) fn sort_out(subject: &Subject<'_>, findings: Vec<Finding>) -> Checked {
    let mut comments = Comments::of(subject);
    if comments.files.is_empty() {
        return Checked {
            findings,
            ..Checked::default()
        };
    }
    let mut checked = Checked::default();
    for finding in findings {
        match comments.covering(&finding) {
            Some(suppression) => checked.suppressed.push(Suppressed {
                suppression: suppression.clone(),
                finding,
            }),
            None => checked.findings.push(finding),
        }
    }
    checked.suppressed.sort_by_key(|s| s.finding.order());
    comments.review(subject, &mut checked.findings);
    checked
}

/// All suppressing comments of a unit, by file.
struct Comments {
    files: HashMap<u32, File>,
}

struct File {
    list: Vec<Suppression>,
    /// From what a comment holds for, and a rule, to the comment and the place of the rule in it.
    by_rule: HashMap<(Extent, u32, String), (usize, usize)>,
    /// The assignments and the sections that comments hold for, in order.
    lines: Vec<Range<u32>>,
    sections: Vec<Range<u32>>,
    /// The rules of comments that switched something off.
    used: HashSet<(usize, usize)>,
}

impl Comments {
    fn of(subject: &Subject<'_>) -> Self {
        let mut files = HashMap::new();
        for (index, file) in (0u32..).zip(&subject.unit.files) {
            let list = suppressions(&file.document);
            if !list.is_empty() {
                files.insert(index, File::new(list));
            }
        }
        Self { files }
    }

    /// The comment that switches a finding off. A finding about the unit as a whole belongs to its main file.
    fn covering(&mut self, finding: &Finding) -> Option<&Suppression> {
        let origin = finding.place.as_ref().map(|place| place.origin);
        let file = self.files.get_mut(&origin.map_or(0, |o| o.file))?;
        let at = file.find(origin.map(|o| o.line), finding)?;
        file.used.insert(at);
        file.list.get(at.0)
    }

    /// Findings about the comments themselves, which no comment switches off.
    fn review(&self, subject: &Subject<'_>, findings: &mut Vec<Finding>) {
        let mut order: Vec<_> = self.files.iter().collect();
        order.sort_unstable_by_key(|(index, _)| **index);
        let mut report = Report::new(&suppression_without_reason::RULE, findings);
        for (index, file) in &order {
            for suppression in file.list.iter().filter(|s| s.reason.is_empty()) {
                suppression_without_reason::report(**index, suppression, &mut report);
            }
        }
        let mut report = Report::new(&idle_suppression::RULE, findings);
        for (index, file) in order {
            for (at, suppression) in file.list.iter().enumerate() {
                if suppression.reason.is_empty() {
                    continue;
                }
                for (place, rule) in suppression.rules.iter().enumerate() {
                    let used = file.used.contains(&(at, place));
                    if !used && subject.can_tell(rule) {
                        idle_suppression::report(*index, suppression, rule, &mut report);
                    }
                }
            }
        }
    }
}

impl File {
    fn new(list: Vec<Suppression>) -> Self {
        let mut file = Self {
            list: Vec::new(),
            by_rule: HashMap::new(),
            lines: Vec::new(),
            sections: Vec::new(),
            used: HashSet::new(),
        };
        for (at, suppression) in list.iter().enumerate() {
            if suppression.reason.is_empty() {
                continue;
            }
            match suppression.extent {
                Extent::Nothing => continue,
                Extent::Assignment => file.lines.push(suppression.holds.clone()),
                Extent::Section => file.sections.push(suppression.holds.clone()),
                Extent::File => {}
            }
            for (place, rule) in suppression.rules.iter().enumerate() {
                let code = crate::find(rule).map_or(rule.as_str(), |rule| rule.code);
                let key = (suppression.extent, suppression.holds.start, code.to_owned());
                file.by_rule.entry(key).or_insert((at, place));
            }
        }
        Self { list, ..file }
    }

    /// The comment, and the rule in it, that covers a finding in this line: the nearest one.
    fn find(&self, line: Option<u32>, finding: &Finding) -> Option<(usize, usize)> {
        let around = |ranges: &[Range<u32>]| {
            let line = line?;
            let range = ranges.get(ranges.partition_point(|r| r.start <= line).checked_sub(1)?)?;
            range.contains(&line).then_some(range.start)
        };
        let extents = [
            (Extent::Assignment, around(&self.lines)),
            (Extent::Section, around(&self.sections)),
            (Extent::File, Some(0)),
        ];
        extents.into_iter().find_map(|(extent, start)| {
            let start = start?;
            let named = |rule: &str| self.by_rule.get(&(extent, start, rule.to_owned())).copied();
            named(finding.rule.code).or_else(|| named("*"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_rules_and_reason() {
        let text = "# unitward: ignore[UWB002] whole file\n[Service]\n; unitward: ignore[uwb001, missing-path]: set up by X\n\nUser=x\n# unitward: hello\n";
        let found = suppressions(&Document::parse(text));
        let read: Vec<_> = found
            .iter()
            .map(|s| {
                (
                    s.rules.join(" "),
                    s.reason.as_str(),
                    s.extent,
                    s.holds.clone(),
                )
            })
            .collect();
        assert_eq!(
            read,
            [
                ("UWB002".to_owned(), "whole file", Extent::File, 0..u32::MAX),
                (
                    "uwb001 missing-path".to_owned(),
                    "set up by X",
                    Extent::Assignment,
                    5..6
                ),
            ]
        );
    }

    #[test]
    fn a_comment_above_a_header_holds_for_the_section() {
        let text = "[Unit]\n# unitward: ignore[*] made by a generator\n[Service]\nUser=x\n\n[Install]\nAlias=y\n# unitward: ignore[*] for nothing\n";
        let found = suppressions(&Document::parse(text));
        let read: Vec<_> = found.iter().map(|s| (s.extent, s.holds.clone())).collect();
        assert_eq!(read, [(Extent::Section, 3..6), (Extent::Nothing, 0..0)]);
        let first = &found[0];
        assert_eq!(
            &text[first.span.range()],
            "# unitward: ignore[*] made by a generator"
        );
    }
}
