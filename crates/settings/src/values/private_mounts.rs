//! PrivateMounts= (systemd.exec(5)).

use unitward_catalog::Version;

use super::Value;
use super::flag::{BOOLEAN, boolean};
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// PrivateMounts=: a boolean that is off by default in 252, and that can be unset later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrivateMounts(pub Option<bool>);

impl Value for PrivateMounts {
    const PARSER: &'static str = "tristate";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() && cx.at_least(Version::new(254)) {
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
        shown.put(super::flag::yes_no(self.0.unwrap_or(false)));
    }
}
