//! The few options of the chores, and how a chore ends when it does not end well.

use std::io;
use std::str::FromStr;

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

/// Arguments not looked at yet. Options are `--name VALUE` or `--name=VALUE`.
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

    /// Takes the option `name` with its value.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let with_sign = format!("{name}=");
        let Some(index) = self
            .0
            .iter()
            .position(|a| a == name || a.starts_with(&with_sign))
        else {
            return Ok(None);
        };
        let argument = self.0.remove(index);
        let text = match argument.strip_prefix(&with_sign) {
            Some(value) => value.to_owned(),
            None if index < self.0.len() => self.0.remove(index),
            None => return Err(Failure::Usage(format!("{name} needs a value"))),
        };
        let value = text
            .parse()
            .map_err(|_| Failure::Usage(format!("'{text}' is no value for {name}")))?;
        Ok(Some(value))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options::new(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn options_are_taken_once_and_leftovers_are_refused() {
        let mut options = options(&["--runs", "5", "--check", "words", "--seed=7", "--bogus"]);
        assert!(options.flag("--check"));
        assert!(matches!(options.value::<u64>("--runs"), Ok(Some(5))));
        assert!(matches!(options.value::<u64>("--seed"), Ok(Some(7))));
        assert_eq!(options.positional().as_deref(), Some("words"));
        assert!(matches!(options.finish(), Err(Failure::Usage(text)) if text.contains("--bogus")));
    }

    #[test]
    fn bad_values_are_refused() {
        assert!(matches!(
            options(&["--runs"]).value::<u64>("--runs"),
            Err(Failure::Usage(_))
        ));
        assert!(matches!(
            options(&["--runs=x"]).value::<u64>("--runs"),
            Err(Failure::Usage(_))
        ));
    }
}
