//! Settings of the past.

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// A setting of old that later versions do not read any more: the text of its last assignment. A successor does its
/// work on today's kernels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legacy(pub Option<String>);

impl Value for Legacy {
    const PARSER: &'static str = "text";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        cx.report(
            Effect::Noted,
            text,
            0..text.len(),
            "its successor, since later versions do not read this setting",
        );
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        self.0 = Some(text.to_owned());
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // Old values have no meaning here.
    }
}

/// PermissionsStartOnly=: whether only the main command is sandboxed; `+` in front of a command replaces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartOnly(pub bool);

impl Value for StartOnly {
    const PARSER: &'static str = "boolean";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let Some(value) = super::flag::boolean(text) else {
            return cx.ignored(text, super::flag::BOOLEAN);
        };
        self.0 = value;
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // No property.
    }
}
