//! Comments that switch a rule off for the line below: `# unitward: ignore[UWB001] the reason`.

use unitward_unit::syntax::{Document, ItemKind};

use crate::finding::Finding;

/// A comment that switches rules off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rules, as codes or names; `*` for all.
    pub rules: Vec<String>,
    /// Why; empty when the comment does not say.
    pub reason: String,
    /// The line of the comment, from 1.
    pub line: u32,
    /// The line of the assignment or section header below; none at the end of the file. A comment above the first
    /// section holds for the whole file.
    pub target: Option<u32>,
    /// Whether it holds for the whole file.
    pub whole_file: bool,
}

/// The suppressing comments of a file.
#[must_use]
pub fn suppressions(document: &Document) -> Vec<Suppression> {
    let mut found: Vec<Suppression> = Vec::new();
    let mut waiting = 0;
    let mut in_section = false;
    for item in document.items() {
        match item.kind {
            ItemKind::Comment => {
                let bytes = document.bytes().get(item.span.range()).unwrap_or_default();
                let text = String::from_utf8_lossy(bytes);
                for (line, comment) in (item.line..).zip(text.lines()) {
                    if let Some((rules, reason)) = parse(comment) {
                        let target = None;
                        found.push(Suppression { rules, reason, line, target, whole_file: !in_section });
                    }
                }
            }
            ItemKind::Blank => {}
            _ => {
                in_section = true;
                for suppression in found.iter_mut().skip(waiting) {
                    suppression.target = Some(item.line);
                }
                waiting = found.len();
            }
        }
    }
    found
}

impl Suppression {
    /// Whether it switches this finding off, which stands in its file.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let rule = finding.rule;
        let named = self
            .rules
            .iter()
            .any(|r| r == "*" || r.eq_ignore_ascii_case(rule.code) || r == rule.name);
        let here = finding
            .place
            .as_ref()
            .is_some_and(|place| self.target == Some(place.origin.line));
        named && (self.whole_file || here)
    }
}

/// The rules and the reason of a suppressing comment.
fn parse(comment: &str) -> Option<(Vec<String>, String)> {
    let text = comment.trim().trim_start_matches(['#', ';']).trim_start();
    let text = text
        .strip_prefix("unitward:")?
        .trim_start()
        .strip_prefix("ignore")?
        .trim_start();
    let (rules, reason) = text.strip_prefix('[')?.split_once(']')?;
    let rules = rules
        .split([',', ' '])
        .map(str::trim)
        .filter(|rule| !rule.is_empty());
    Some((
        rules.map(str::to_owned).collect(),
        reason
            .trim()
            .trim_start_matches([':', '-'])
            .trim()
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_rules_and_reason() {
        let text = "# unitward: ignore[UWB002] whole file\n[Service]\n; unitward: ignore[uwb001, missing-path]: set up by X\n\nUser=x\n# unitward: hello\n";
        let found = suppressions(&Document::parse(text));
        assert_eq!(found.len(), 2);
        assert!(found[0].whole_file && found[0].reason == "whole file");
        assert_eq!(found[1].rules, ["uwb001", "missing-path"]);
        assert_eq!(found[1].reason, "set up by X");
        assert_eq!(found[1].target, Some(5));
    }
}
