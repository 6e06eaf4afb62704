//! Collecting steps.

use unitward_settings::Setting;

use super::{Action, Cause, Step, Tolerance};
use crate::Exit;

/// The steps of a process, in order.
#[derive(Debug, Default)]
pub(crate) struct Steps(pub(crate) Vec<Step>);

impl Steps {
    /// Adds a step that every process gets.
    pub(crate) fn always(&mut self, exit: Exit, action: Action) {
        self.push(exit, Cause::ALWAYS, action);
    }

    /// Adds a step that a directive asks for.
    pub(crate) fn ask<T>(
        &mut self,
        directive: &'static str,
        setting: &Setting<T>,
        exit: Exit,
        action: Action,
    ) {
        self.push(exit, Cause::of(directive, setting), action);
    }

    /// Adds a step with its cause.
    pub(crate) fn push(&mut self, exit: Exit, cause: Cause, action: Action) {
        self.tolerant(exit, cause, Tolerance::None, action);
    }

    /// Adds a step some of whose failures are passed over.
    pub(crate) fn tolerant(
        &mut self,
        exit: Exit,
        cause: Cause,
        tolerance: Tolerance,
        action: Action,
    ) {
        self.0.push(Step {
            action,
            cause,
            exit,
            tolerance,
        });
    }
}
