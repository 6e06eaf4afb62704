//! What a check found.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unitward_catalog::Version;
use unitward_exposure::{Exposure, Outlook, Rules};
use unitward_lint::{Finding, Place, Rule, Severity};
use unitward_settings::Resolution;
use unitward_unit::{Origin, SourceFile, Unit};

/// The result of a call.
pub(crate) struct Report<'a> {
    /// One entry a unit, in the order of the arguments.
    pub(crate) units: Vec<UnitReport<'a>>,
    /// The systemd whose rules were applied.
    pub(crate) version: Version,
    /// Whose way of counting was taken.
    pub(crate) rules: Rules,
    /// The rules that ran, whether they found something or not.
    pub(crate) ran: Vec<&'static Rule>,
    /// The severity from which a finding fails the call; none when no finding does.
    pub(crate) fails_from: Option<Severity>,
}

/// The result of a unit.
pub(crate) struct UnitReport<'a> {
    /// The unit's name.
    pub(crate) name: String,
    /// The main file, as it was asked for or found.
    pub(crate) path: Option<PathBuf>,
    /// The unit; none when not even its name could be made out.
    pub(crate) unit: Option<Unit>,
    /// The files that places point into: those of the unit, then those of the manager's configuration.
    pub(crate) files: Vec<Arc<SourceFile>>,
    /// Its settings; none when it could not be loaded.
    pub(crate) resolution: Option<Resolution>,
    /// What became of it.
    pub(crate) outcome: Outcome<'a>,
    /// The level it may have at most, in tenths.
    pub(crate) threshold: Option<u64>,
    /// What would lower the level; only where the format shows it.
    pub(crate) outlook: Option<Outlook>,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
    /// Findings that a comment or an exception accepts.
    pub(crate) accepted: Vec<Accepted>,
}

/// A finding that somebody weighed and lives with.
pub(crate) struct Accepted {
    pub(crate) finding: Finding,
    /// Why; empty where nobody said.
    pub(crate) reason: String,
    /// Where that is written.
    pub(crate) by: AcceptedBy,
}

/// Where it is written that a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptedBy {
    /// A comment in the unit.
    Comment,
    /// An exception in the configuration.
    Exception,
}

/// What became of a unit.
pub(crate) enum Outcome<'a> {
    /// It has a level.
    Rated(Exposure<'a>),
    /// It has no level, because it is no service; its settings were checked all the same.
    Unrated,
    /// systemd refuses it, for this reason.
    Refused(String),
    /// It is masked, so that nothing can start it: there is nothing to check.
    Masked(String),
    /// It could not be loaded, for this reason.
    Failed(String),
    /// There is nothing of this name.
    Absent(String),
}

/// A place in a file, for people and machines: lines and columns start at 1.
#[derive(Clone, Debug)]
pub(crate) struct Location<'a> {
    pub(crate) path: &'a Path,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end_line: u32,
    pub(crate) end_column: u32,
    /// The bytes in the file.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The bytes of the file.
    pub(crate) source: &'a [u8],
}

impl UnitReport<'_> {
    /// Whether its level is over the threshold.
    pub(crate) fn exceeds(&self) -> bool {
        match (&self.outcome, self.threshold) {
            (Outcome::Rated(exposure), Some(threshold)) => exposure.level().0 > threshold,
            _ => false,
        }
    }

    /// Whether it fails the call: a level over the threshold, a unit without a level that should have one, or a finding
    /// that counts.
    pub(crate) fn fails(&self, from: Option<Severity>) -> bool {
        self.exceeds()
            || self.problem().is_some()
            || self
                .findings
                .iter()
                .any(|f| from.is_some_and(|least| f.severity >= least))
    }

    /// The exposure, where it has one.
    pub(crate) fn exposure(&self) -> Option<&Exposure<'_>> {
        match &self.outcome {
            Outcome::Rated(exposure) => Some(exposure),
            _ => None,
        }
    }

    /// Whether its settings were read, so that rules could look at them.
    pub(crate) const fn is_loaded(&self) -> bool {
        match self.outcome {
            Outcome::Rated(_) | Outcome::Unrated | Outcome::Refused(_) => true,
            Outcome::Masked(_) | Outcome::Failed(_) | Outcome::Absent(_) => false,
        }
    }

    /// What is wrong with it, so that it has no level; none where it has one, or needs none.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.reason()
            .filter(|_| !matches!(self.outcome, Outcome::Masked(_)))
    }

    /// Why it has no level, be that a mistake or a decision; none where it has one, or needs none.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused(why)
            | Outcome::Masked(why)
            | Outcome::Failed(why)
            | Outcome::Absent(why) => Some(why),
            Outcome::Rated(_) | Outcome::Unrated => None,
        }
    }

    /// The file that an origin points into.
    pub(crate) fn file(&self, origin: Origin) -> Option<&SourceFile> {
        let at = usize::try_from(origin.file).ok()?;
        self.files.get(at).map(|file| &**file)
    }

    /// Where a place is: the part of the assignment that is meant, else the whole assignment.
    pub(crate) fn locate(&self, place: &Place) -> Option<Location<'_>> {
        let file = self.file(place.origin)?;
        let part = place.part.clone().and_then(|part| {
            let mut all = file.document.assignments();
            let found =
                all.find(|a| a.line == place.origin.line && a.span() == place.origin.span())?;
            Some(found.value.span(part))
        });
        let span = part.unwrap_or_else(|| place.origin.span());
        let start = file.document.position(span.start);
        let end = file.document.position(span.end);
        Some(Location {
            path: &file.path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            start: span.range().start,
            end: span.range().end,
            source: file.document.bytes(),
        })
    }
}
