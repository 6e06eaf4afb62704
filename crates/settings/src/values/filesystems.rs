//! RestrictFileSystems= (systemd.exec(5)).

use std::collections::BTreeSet;

use unitward_seccomp::filesystem_groups;
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// RestrictFileSystems=: an allow list or a deny list of file system types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestrictFileSystems {
    /// Whether the list names what is allowed.
    pub allow_list: bool,
    /// The types, with the members of the sets that were named.
    pub types: BTreeSet<String>,
    mode_fixed: bool,
}

impl RestrictFileSystems {
    /// Whether nothing is restricted.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        !self.allow_list && self.types.is_empty()
    }
}

impl Value for RestrictFileSystems {
    const PARSER: &'static str = "fs-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(list) => (true, list),
            None => (false, text),
        };
        let offset = text.len() - list.len();
        if !self.mode_fixed {
            self.mode_fixed = true;
            self.allow_list = !inverted;
        }
        let groups = filesystem_groups(cx.version.number());
        for word in Words::new(list, Mode::UNQUOTE) {
            let Ok(word) = word else {
                cx.report(Effect::Skipped, text, 0..text.len(), "balanced quotes");
                break;
            };
            let group = groups.iter().find(|group| group.name == word.text);
            if group.is_none() && word.text.starts_with('@') {
                let range = word.range.start + offset..word.range.end + offset;
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    range,
                    "a set of file systems such as @basic-api",
                );
                continue;
            }
            let members = group
                .into_iter()
                .flat_map(|group| group.members)
                .map(|(name, _)| *name);
            let single = group.is_none().then_some(&*word.text);
            for name in members.chain(single) {
                if self.allow_list == inverted {
                    self.types.remove(name);
                } else {
                    self.types.insert(name.to_owned());
                }
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let mark = if self.allow_list { "" } else { "~" };
        shown.put(format!("{mark}{}", crate::show::joined(&self.types)));
    }
}
