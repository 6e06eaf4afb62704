//! Labels of mandatory access control (systemd.exec(5), "Mandatory Access Control").

use super::Value;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// SELinuxContext= and SmackProcessLabel=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The label; none when it is not set or empty.
    pub name: Option<String>,
    /// `-`: an error is no reason to fail.
    pub optional: bool,
}

/// AppArmorProfile=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile(pub Label);

impl Value for Label {
    const PARSER: &'static str = "label";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (optional, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        match cx.expand(name) {
            Ok(name) => {
                *self = Self {
                    name: (!name.is_empty()).then(|| name.into_owned()),
                    optional,
                };
                Assigned::Set
            }
            Err(error) if optional => cx.ignored(text, error),
            Err(error) => cx.refused(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let mark = if self.optional && self.name.is_some() {
            "-"
        } else {
            ""
        };
        shown.put(format!(
            "{mark}{}",
            self.name.as_deref().unwrap_or_default()
        ));
    }
}

impl Value for Profile {
    const PARSER: &'static str = "profile";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        self.0.assign(text, cx)
    }

    fn show(&self, shown: &mut Shown<'_>) {
        self.0.show(shown);
    }
}
