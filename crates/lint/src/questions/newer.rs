//! Values that only a later systemd reads.

use std::ops::Range;
use std::sync::Arc;

use unitward_catalog::{Version, directive};
use unitward_settings::{Cause, Diagnostic, Effect};
use unitward_unit::load::Role;
use unitward_unit::{Document, Origin, SourceFile, Unit};

use crate::FINDINGS_MAX;
use crate::subject::Subject;

/// A value, or a word of it, that came with a later systemd.
pub(crate) struct NewValue {
    pub(crate) origin: Origin,
    pub(crate) range: Range<usize>,
    /// The first version that reads it.
    pub(crate) since: Version,
}

/// Whether a remark is about a value that is not taken as it stands.
pub(crate) fn is_about_value(remark: &Diagnostic) -> bool {
    remark.cause == Cause::Value && remark.effect != Effect::Noted
}

/// The first systemd that reads the value that the remark is about, when it is a later one.
pub(crate) fn since(subject: &Subject<'_>, remark: &Diagnostic) -> Option<Version> {
    if !is_about_value(remark) {
        return None;
    }
    let same = |v: &&NewValue| v.origin == remark.origin && v.range == remark.range;
    let found = subject.new_values().iter().find(same)?;
    Some(found.since)
}

/// Whether a later systemd reads the value that the remark is about.
pub(crate) fn is_new(subject: &Subject<'_>, remark: &Diagnostic) -> bool {
    since(subject, remark).is_some()
}

/// Reads each odd line alone, as later versions do.
pub(crate) fn find(subject: &Subject<'_>) -> Vec<NewValue> {
    let version = subject.settings().version;
    if version >= Version::NEWEST {
        return Vec::new();
    }
    let remarks = subject.diagnostics().iter();
    let remarks = remarks.filter(|remark| is_about_value(remark) && !remark.word.is_empty());
    let mut found = Vec::new();
    for remark in remarks.take(FINDINGS_MAX) {
        let Some(line) = line(subject, remark) else {
            continue;
        };
        let reads = |version: u16| {
            let again = subject.resolve_again(&line, Version::new(version));
            !again.diagnostics.iter().any(|other| same(other, remark))
        };
        if !reads(Version::NEWEST.number()) || reads(version.number()) {
            continue;
        }
        let later = version.number()..=Version::NEWEST.number();
        if let Some(since) = later.into_iter().find(|version| reads(*version)) {
            found.push(NewValue {
                origin: remark.origin,
                range: remark.range.clone(),
                since: Version::new(since),
            });
        }
    }
    found
}

fn same(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.word == b.word && a.range == b.range && a.cause == b.cause
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
    let mut unit = subject.unit.clone();
    unit.files = vec![Arc::new(SourceFile {
        path: file.path.clone(),
        role: Role::DropIn,
        document: Document::parse(bytes),
    })];
    Some(unit)
}
