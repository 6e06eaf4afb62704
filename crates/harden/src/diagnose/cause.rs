//! Why a call failed, and the smallest change that would let it succeed.

use std::fmt;

use unitward_unit::Origin;

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Who refused it.
    pub by: By,
    /// Why, as a phrase: "/usr is mounted read-only".
    pub why: String,
    /// The smallest change of the settings that would let it succeed; none where no setting helps.
    pub relaxation: Option<Relaxation>,
    /// Wider changes, for when the smallest one is not enough; the last one takes the directive away.
    pub wider: Vec<Relaxation>,
}

/// Who refused something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// A directive of the unit.
    Directive {
        /// Its name.
        name: &'static str,
        /// Where it stands.
        origin: Option<Origin>,
    },
    /// Not the sandbox: the owner and the mode of a file, and the user that the service runs as.
    Permissions,
    /// Not the sandbox: something that is not there without it either.
    Missing,
    /// Not the sandbox: the host, its kernel or another sandbox around this one.
    Host,
}

/// A change of settings that lets more through: assignments for a drop-in, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relaxation {
    /// Directives and values. An empty value resets a list; other assignments of a list add to it.
    pub assignments: Vec<(&'static str, String)>,
}

impl Cause {
    /// A cause by a directive.
    pub(super) fn directive(
        name: &'static str,
        origin: Option<Origin>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            by: By::Directive { name, origin },
            why: why.into(),
            relaxation: None,
            wider: Vec::new(),
        }
    }

    /// A cause that is not the sandbox.
    pub(super) fn elsewhere(by: By, why: impl Into<String>) -> Self {
        Self {
            by,
            why: why.into(),
            relaxation: None,
            wider: Vec::new(),
        }
    }

    /// Adds a change; the first one is the smallest. A path with a line break in it would make lines of its own of a drop-in,
    /// and is left out.
    pub(super) fn or(mut self, relaxation: Relaxation) -> Self {
        if !relaxation.is_plain() {
            return self;
        }
        match &self.relaxation {
            None => self.relaxation = Some(relaxation),
            Some(first) if *first == relaxation => {}
            Some(_) if self.wider.contains(&relaxation) => {}
            Some(_) => self.wider.push(relaxation),
        }
        self
    }

    /// The directive, when it is one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self.by {
            By::Directive { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Where the directive stands.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        match self.by {
            By::Directive { origin, .. } => origin,
            _ => None,
        }
    }

    /// Whether the sandbox is the cause.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        matches!(self.by, By::Directive { .. })
    }

    /// The changes, the smallest one first.
    pub fn relaxations(&self) -> impl Iterator<Item = &Relaxation> {
        self.relaxation.iter().chain(&self.wider)
    }
}

impl Relaxation {
    /// One assignment.
    pub(super) fn of(directive: &'static str, value: impl Into<String>) -> Self {
        Self::default().and(directive, value)
    }

    /// With a further assignment.
    pub(super) fn and(mut self, directive: &'static str, value: impl Into<String>) -> Self {
        self.assignments.push((directive, value.into()));
        self
    }

    /// Whether no value has a control character in it.
    fn is_plain(&self) -> bool {
        let mut values = self.assignments.iter().map(|(_, value)| value);
        values.all(|value| !value.chars().any(char::is_control))
    }

    /// The lines of a drop-in, without the header of the section.
    #[must_use]
    pub fn lines(&self) -> String {
        let lines = self.assignments.iter();
        lines
            .map(|(directive, value)| format!("{directive}={value}\n"))
            .collect()
    }
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (directive, value)) in self.assignments.iter().enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}{directive}={value}")?;
        }
        Ok(())
    }
}
