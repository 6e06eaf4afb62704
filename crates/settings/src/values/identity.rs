//! User=, Group= and SupplementaryGroups= (systemd.exec(5)).

use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// User= or Group=: a name or a number; a bad one refuses the unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal<const GROUP: bool = false>(pub Option<String>);

/// SupplementaryGroups=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(pub Vec<Item<String>>);

const EXPECTED: &str = "a user or group name, or a number";

impl<const GROUP: bool> Principal<GROUP> {
    /// The name or number; none when it is not set.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Whether systemd takes it for the name or number of a user or group: anything that cannot be confused with
/// a path, a list or another number (USER NAMES in systemd's documentation, "relaxed mode").
#[must_use]
pub fn is_principal(name: &str) -> bool {
    is_id(name) || is_relaxed_name(name)
}

/// A decimal number without leading zero, not one of the two that mean "no user".
fn is_id(text: &str) -> bool {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    if text.len() > 1 && text.starts_with('0') {
        return false;
    }
    matches!(text.parse::<u32>(), Ok(id) if id != u32::from(u16::MAX) && id != u32::MAX)
}

fn is_relaxed_name(name: &str) -> bool {
    let digits = name.strip_prefix('-').unwrap_or(name);
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.starts_with(|c: char| c.is_ascii_whitespace())
        && !name.ends_with(|c: char| c.is_ascii_whitespace())
        && !name.contains([':', '/'])
        && !name.chars().any(char::is_control)
        && !digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether it is a name that DynamicUser= can allocate as it stands: up to 31 letters, digits, `_` and `-`, not
/// starting with a digit or `-`.
#[must_use]
pub fn is_strict_name(name: &str) -> bool {
    name.len() <= 31
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

impl<const GROUP: bool> Value for Principal<GROUP> {
    const PARSER: &'static str = if GROUP { "group" } else { "user" };

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        match cx.expand(text) {
            Ok(name) if is_principal(&name) => {
                if name == "nobody" && !GROUP {
                    let expected = "a user of its own: what nobody owns belongs to no service";
                    cx.report(Effect::Noted, text, 0..text.len(), expected);
                }
                self.0 = Some(name.into_owned());
                Assigned::Set
            }
            Ok(_) => cx.refused(text, EXPECTED),
            Err(error) => cx.refused(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

impl Value for Groups {
    const PARSER: &'static str = "group-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::PLAIN) {
            let Ok(word) = word else {
                return cx.refused(text, EXPECTED);
            };
            match cx.expand(&word.text) {
                Ok(name) if is_principal(&name) => {
                    self.0.push(Item {
                        value: name.into_owned(),
                        origin: cx.origin,
                    });
                }
                Ok(_) => return cx.refused(text, EXPECTED),
                Err(error) => return cx.refused(text, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.iter().map(|item| item.value.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for good in ["root", "0", "65534", "a.b", "www data", "-x", "ä", "1a"] {
            assert!(is_principal(good), "{good}");
        }
        for bad in [
            "",
            "00",
            "65535",
            "4294967295",
            "a:b",
            "a/b",
            " a",
            "123x\n",
            "-12",
            ".",
            "..",
        ] {
            assert!(!is_principal(bad), "{bad}");
        }
        assert!(
            is_strict_name("foo-bar_1") && !is_strict_name("foo.bar") && !is_strict_name("1foo")
        );
    }
}
