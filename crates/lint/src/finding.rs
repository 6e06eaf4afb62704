//! What a rule finds.

use std::borrow::Cow;
use std::ops::Range;

use unitward_unit::Origin;

use crate::questions::text::plain;
use crate::rule::{Rule, Severity};

/// The most findings of one rule in one unit; further ones are left out.
pub const FINDINGS_MAX: usize = 1000;

/// A finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence without a final full stop.
    pub message: String,
    /// Where; none when the unit as a whole is meant.
    pub place: Option<Place>,
    /// Other places that belong to it, each with a phrase.
    pub related: Vec<(Place, String)>,
    /// What to do, in a sentence.
    pub remedy: Cow<'static, str>,
    /// A change that can be made without knowing more.
    pub fix: Option<Fix>,
}

/// A place in a file of the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The assignment.
    pub origin: Origin,
    /// The part of its joined value that is meant; none for the whole assignment.
    pub part: Option<Range<usize>>,
}

/// Lines that mend a finding when they are added in a drop-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The section they belong into.
    pub section: &'static str,
    /// Assignments, one a line.
    pub lines: Vec<String>,
    /// Whether they can break the service.
    pub safety: Safety,
}

/// Whether a fix can break a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It changes nothing that works today.
    Safe,
    /// It may take something away that the service needs.
    Unsafe,
}

impl Finding {
    pub(crate) fn order(&self) -> (u32, u32, &'static str) {
        let at = self
            .place
            .as_ref()
            .map_or((u32::MAX, 0), |p| (p.origin.file, p.origin.start));
        (at.0, at.1, self.rule.code)
    }

    /// Sets another severity than the rule's.
    pub(crate) fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Points to another place that belongs to it.
    pub(crate) fn see(
        &mut self,
        place: impl Into<Option<Place>>,
        phrase: impl Into<String>,
    ) -> &mut Self {
        if let Some(place) = place.into() {
            self.related.push((place, phrase.into()));
        }
        self
    }

    /// Adds a change that mends it.
    pub(crate) fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}

impl Place {
    /// A part of the joined value of an assignment.
    pub(crate) fn part(origin: Origin, range: Range<usize>) -> Self {
        let part = Some(range).filter(|range| !range.is_empty());
        Self { origin, part }
    }
}

impl From<Origin> for Place {
    fn from(origin: Origin) -> Self {
        Self { origin, part: None }
    }
}

/// Where a rule puts its findings.
pub(crate) struct Report<'a> {
    rule: &'static Rule,
    findings: &'a mut Vec<Finding>,
    count: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(rule: &'static Rule, findings: &'a mut Vec<Finding>) -> Self {
        Self {
            rule,
            findings,
            count: 0,
        }
    }

    /// Whether further findings are left out. Rules stop then when going on is work.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= FINDINGS_MAX
    }

    /// Adds a finding: where, what is wrong, what to do.
    pub(crate) fn add(
        &mut self,
        place: impl Into<Option<Place>>,
        message: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> &mut Finding {
        let finding = Finding {
            rule: self.rule,
            severity: self.rule.severity,
            message: plain(Cow::Owned(message.into())).into_owned(),
            place: place.into(),
            related: Vec::new(),
            remedy: plain(remedy.into()),
            fix: None,
        };
        // When there are too many, each new one takes the place of the one before.
        if self.is_full() {
            self.findings.pop();
        } else {
            self.count += 1;
        }
        self.findings.push_mut(finding)
    }
}
