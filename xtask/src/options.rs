//! The few options of the chores, and how a chore ends when it does not end well.

use std::io;

/// Why a chore ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The help text was asked for.
    Help(&'static str),
    /// The command line makes no sense.
    Usage(String),
    /// It ran, and something is wrong.
    Failed(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Arguments not looked at yet.
#[derive(Debug)]
pub(crate) struct Options(Vec<String>);

impl Options {
    pub(crate) fn new(arguments: impl Iterator<Item = String>) -> Self {
        Self(arguments.collect())
    }

    /// Ends with `text` when help is asked for.
    pub(crate) fn help(&self, text: &'static str) -> Result<(), Failure> {
        let asked = self
            .0
            .iter()
            .any(|argument| argument == "--help" || argument == "-h");
        if asked {
            Err(Failure::Help(text))
        } else {
            Ok(())
        }
    }

    /// Takes the option `name` that has no value; true when it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() != before
    }

    /// Takes the next argument that is no option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let index = self
            .0
            .iter()
            .position(|argument| !argument.starts_with('-'))?;
        Some(self.0.remove(index))
    }

    /// Refuses whatever is left.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.0.first() {
            Some(argument) => Err(Failure::Usage(format!("'{argument}' is not understood"))),
            None => Ok(()),
        }
    }
}
