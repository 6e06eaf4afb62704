//! Booleans (systemd.syntax(7)).

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// What is expected where a boolean stands.
pub(crate) const BOOLEAN: &str = "a boolean: 1, yes, y, true, t, on, or 0, no, n, false, f, off";

/// A boolean that is off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

/// A boolean that is off by default and must be right: anything else refuses the unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequiredFlag(pub bool);

/// A boolean that is on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagOn(pub bool);

/// A boolean that can be unset again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tristate(pub Option<bool>);

/// The boolean a word stands for, in any case.
#[must_use]
pub fn boolean(word: &str) -> Option<bool> {
    const YES: [&str; 6] = ["1", "yes", "y", "true", "t", "on"];
    const NO: [&str; 6] = ["0", "no", "n", "false", "f", "off"];
    if YES.iter().any(|yes| yes.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    NO.iter()
        .any(|no| no.eq_ignore_ascii_case(word))
        .then_some(false)
}

impl Default for FlagOn {
    fn default() -> Self {
        Self(true)
    }
}

impl Value for Flag {
    const PARSER: &'static str = "boolean";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(value) = boolean(text) else {
            return cx.ignored(text, BOOLEAN);
        };
        self.0 = value;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(yes_no(self.0));
    }
}

impl Value for RequiredFlag {
    const PARSER: &'static str = "boolean";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(value) = boolean(text) else {
            return cx.refused(text, BOOLEAN);
        };
        self.0 = value;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(yes_no(self.0));
    }
}

impl Value for FlagOn {
    const PARSER: &'static str = "boolean";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(value) = boolean(text) else {
            return cx.ignored(text, BOOLEAN);
        };
        self.0 = value;
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(yes_no(self.0));
    }
}

impl Value for Tristate {
    const PARSER: &'static str = "tristate";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(value) = boolean(text) else {
            return cx.ignored(text, BOOLEAN);
        };
        self.0 = Some(value);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(yes_no(self.0.unwrap_or(false)));
    }
}

/// A boolean as systemd prints it.
pub(crate) const fn yes_no(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}
