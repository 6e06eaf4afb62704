//! What a parser of a value is given, and how it reports.

use std::borrow::Cow;
use std::ops::Range;

use unitward_catalog::Version;
use unitward_unit::{Origin, Specifiers};

use crate::setting::Source;

/// A remark about an assignment, as precise as the words of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What systemd does with the assignment.
    pub effect: Effect,
    /// What is wrong.
    pub cause: Cause,
    /// The directive as written.
    pub directive: String,
    /// The part of the value that is meant; the whole value when the parser looks at it whole.
    pub word: String,
    /// Where that part stands in the joined value, in bytes.
    pub range: Range<usize>,
    /// What was expected, or what happens, as a phrase.
    pub expected: Cow<'static, str>,
    /// The assignment.
    pub origin: Origin,
}

/// What systemd does with an assignment that it does not take as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effect {
    /// It is taken, but systemd (or unitward) has something to say about it.
    Noted,
    /// A word is skipped, and systemd says nothing.
    SkippedSilently,
    /// A word is skipped with a warning.
    Skipped,
    /// The line is ignored with a warning; an earlier value stays.
    Ignored,
    /// The line and the rest of its drop-in are not read. In the main file it would refuse the unit.
    EndsDropIn,
    /// The unit is refused.
    Refused,
}

/// What is wrong with an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The value, or a word of it.
    Value,
    /// No version of systemd reads this key in any section.
    UnknownKey,
    /// The key belongs into another section.
    WrongSection,
    /// No version of systemd reads this section in a unit of this type.
    UnknownSection,
    /// The key came with a later version than the one that is aimed at (0: unknown which).
    TooNew {
        /// The systemd release that brought it.
        since: u16,
    },
    /// The key is not read any more.
    Removed,
}

/// What an assignment did to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// The value was set or added to.
    Set,
    /// The value went back to its default.
    Reset,
    /// The value stays as it was.
    Ignored,
}

/// Who makes an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// The configuration of the manager.
    Manager,
    /// The unit.
    Unit,
}

/// The surroundings of an assignment.
pub(crate) struct Context<'a> {
    /// The systemd whose rules apply.
    pub(crate) version: Version,
    /// The directive as written.
    pub(crate) directive: &'a str,
    /// Where the assignment stands.
    pub(crate) origin: Origin,
    /// Who makes it.
    pub(crate) layer: Layer,
    pub(crate) specifiers: &'a Specifiers<'a>,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Context<'_> {
    /// Whether the rules of this reference version, or a newer one, apply.
    pub(crate) fn at_least(&self, version: Version) -> bool {
        self.version >= version
    }

    /// Where a value comes from after an assignment.
    pub(crate) fn source(&self, assigned: Assigned, before: Source) -> Source {
        match (assigned, self.layer) {
            (Assigned::Set, Layer::Unit) => Source::Unit(self.origin),
            (Assigned::Reset, Layer::Unit) => Source::Reset(self.origin),
            (Assigned::Set, Layer::Manager) => Source::Manager(self.origin),
            (Assigned::Reset, Layer::Manager) => Source::Default,
            (Assigned::Ignored, _) => before,
        }
    }

    /// The whole line has no effect, with a warning of systemd.
    pub(crate) fn ignored(
        &mut self,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
    ) -> Assigned {
        self.report(Effect::Ignored, value, 0..value.len(), expected);
        Assigned::Ignored
    }

    /// The unit is refused because of this line.
    pub(crate) fn refused(
        &mut self,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
    ) -> Assigned {
        self.report(Effect::Refused, value, 0..value.len(), expected);
        Assigned::Ignored
    }

    /// A remark about a part of the value.
    pub(crate) fn report(
        &mut self,
        effect: Effect,
        word: &str,
        range: Range<usize>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        self.diagnostics.push(Diagnostic {
            effect,
            cause: Cause::Value,
            directive: self.directive.to_owned(),
            word: word.to_owned(),
            range,
            expected: expected.into(),
            origin: self.origin,
        });
    }

    /// Expands specifiers; an error is a phrase that names the specifier.
    pub(crate) fn expand<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, String> {
        self.specifiers
            .expand(text)
            .map_err(|error| error.to_string())
    }
}
