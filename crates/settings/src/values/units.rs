//! Names of other units, and paths that become dependencies.

use unitward_unit::words::{Mode, Words};
use unitward_unit::{UnitKind, UnitName};

use super::Value;
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// Slice=: a slice unit; none for the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice(pub Option<String>);

/// JoinsNamespaceOf=: units whose namespaces are shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinedUnits(pub Vec<Item<String>>);

/// Sockets=: socket units whose sockets the service inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketUnits(pub Vec<Item<String>>);

/// RequiresMountsFor= and WantsMountsFor=: paths whose mounts are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeededPaths(pub Vec<Item<String>>);

impl Value for Slice {
    const PARSER: &'static str = "unit-name";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let expected = "the name of a slice, such as app.slice";
        match cx.expand(text) {
            Ok(name) => match UnitName::parse(&name) {
                Ok(unit) if unit.kind() == UnitKind::Slice && !unit.is_template() => {
                    self.0 = Some(name.into_owned());
                    Assigned::Set
                }
                _ => cx.ignored(text, expected),
            },
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(slice) = &self.0 {
            shown.put(slice.as_str());
        }
    }
}

impl Value for JoinedUnits {
    const PARSER: &'static str = "unit-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        for word in Words::new(
            text,
            Mode {
                backslash: unitward_unit::words::Backslash::Ordinary,
                ..Mode::UNQUOTE
            },
        ) {
            let word = match word {
                Ok(word) => word,
                Err(error) => {
                    cx.report(
                        Effect::Skipped,
                        text,
                        error.offset..text.len(),
                        error.to_string(),
                    );
                    break;
                }
            };
            match cx.expand(&word.text) {
                Ok(name) if UnitName::parse(&name).is_ok() => {
                    let origin = cx.origin;
                    self.0.push(Item {
                        value: name.into_owned(),
                        origin,
                    });
                }
                Ok(_) => cx.report(
                    Effect::SkippedSilently,
                    &word.text,
                    word.range,
                    "the name of a unit",
                ),
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // A dependency, which systemd shows in no particular order.
    }
}

impl Value for SocketUnits {
    const PARSER: &'static str = "unit-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        for word in Words::new(text, Mode::PLAIN).filter_map(Result::ok) {
            match cx.expand(&word.text) {
                Ok(name) if name.ends_with(".socket") => {
                    let origin = cx.origin;
                    self.0.push(Item {
                        value: name.into_owned(),
                        origin,
                    });
                }
                Ok(_) => cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "the name of a socket unit",
                ),
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // A dependency as well.
    }
}

impl Value for NeededPaths {
    const PARSER: &'static str = "path-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        for word in Words::new(text, Mode::UNQUOTE) {
            let word = match word {
                Ok(word) => word,
                Err(error) => {
                    cx.report(
                        Effect::Skipped,
                        text,
                        error.offset..text.len(),
                        error.to_string(),
                    );
                    break;
                }
            };
            match cx
                .expand(&word.text)
                .map(|path| normalized(&path, cx.version))
            {
                Ok(Some(path)) => self.0.push(Item {
                    value: path,
                    origin: cx.origin,
                }),
                Ok(None) => cx.report(Effect::Skipped, &word.text, word.range, PATH),
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemd mixes it with the paths that other settings need.
    }
}
