//! Values that only a later systemd reads.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use unitward_catalog::{Version, directive};
use unitward_settings::{Cause, Diagnostic, Effect};
use unitward_unit::load::Role;
use unitward_unit::{Document, Origin, SourceFile, Unit};

use crate::FINDINGS_MAX;
use crate::subject::Subject;

/// The place of a value, and the first version that reads it.
pub(crate) type NewValues = HashMap<(Origin, Range<usize>), Version>;

/// Whether a remark is about a value that is not taken as it stands.
fn is_about_value(remark: &Diagnostic) -> bool {
    remark.cause == Cause::Value && remark.effect != Effect::Noted
}

/// The first systemd that reads the value that the remark is about, when it is a later one.
pub(crate) fn since(subject: &Subject<'_>, remark: &Diagnostic) -> Option<Version> {
    if !is_about_value(remark) {
        return None;
    }
    let place = (remark.origin, remark.range.clone());
    subject.new_values().get(&place).copied()
}

/// Whether a later systemd reads the value that the remark is about.
pub(crate) fn is_new(subject: &Subject<'_>, remark: &Diagnostic) -> bool {
    since(subject, remark).is_some()
}

/// Reads each odd line alone, as later versions do.
pub(crate) fn find(subject: &Subject<'_>) -> NewValues {
    let mut found = NewValues::new();
    let now = subject.settings().version;
    if now >= Version::NEWEST {
        return found;
    }
    let remarks = subject.diagnostics().iter();
    let remarks = remarks.filter(|remark| is_about_value(remark) && !remark.word.is_empty());
    let remarks: Vec<&Diagnostic> = remarks.take(FINDINGS_MAX).collect();
    for remarks in remarks.chunk_by(|a, b| a.origin == b.origin) {
        let Some(line) = remarks.first().and_then(|first| line(subject, first)) else {
            continue;
        };
        let odd = |version: u16| {
            let again = subject.resolve_again(&line, Version::new(version));
            let odd = again.diagnostics.into_iter().filter(is_about_value);
            odd.map(|remark| remark.range).collect::<HashSet<_>>()
        };
        let (before, after) = (odd(now.number()), odd(Version::NEWEST.number()));
        let is_new =
            |remark: &&Diagnostic| before.contains(&remark.range) && !after.contains(&remark.range);
        let mut new: Vec<&Diagnostic> = remarks.iter().copied().filter(is_new).collect();
        for version in now.number() + 1..=Version::NEWEST.number() {
            if new.is_empty() {
                break;
            }
            let odd = odd(version);
            new.retain(|remark| {
                let reads = !odd.contains(&remark.range);
                if reads {
                    let place = (remark.origin, remark.range.clone());
                    found.insert(place, Version::new(version));
                }
                !reads
            });
        }
    }
    found
}

/// A unit of this single assignment.
fn line(subject: &Subject<'_>, remark: &Diagnostic) -> Option<Unit> {
    let file = subject.unit.file(remark.origin)?;
    let text = file.document.bytes().get(remark.origin.span().range())?;
    let own = subject.section();
    let sections = directive(&remark.directive)?.sections;
    let section = sections.iter().find(|s| **s == own).or(sections.first())?;
    let mut bytes = format!("[{section}]\n").into_bytes();
    bytes.extend_from_slice(text);
    let file = SourceFile {
        path: file.path.clone(),
        role: Role::DropIn,
        document: Document::parse(bytes),
    };
    Some(subject.unit_of(Arc::new(file)))
}
