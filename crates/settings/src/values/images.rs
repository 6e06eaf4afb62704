//! MountImages= and ExtensionImages= (systemd.exec(5)).

use unitward_unit::words::{Backslash, Mode, Words};

use super::Value;
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// MountImages=: disk images that are mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountImages(pub Vec<Item<MountImage>>);

/// ExtensionImages=: disk images whose trees are laid over the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionImages(pub Vec<Item<MountImage>>);

/// A disk image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountImage {
    /// The image.
    pub source: String,
    /// Where it is mounted; empty for an extension.
    pub destination: String,
    /// `-`: a missing image is no error.
    pub optional: bool,
    /// Mount options by partition, as written.
    pub options: Vec<(String, String)>,
}

/// Words that colons divide; quotes and escapes of the parts stay until the word is divided.
const WORD: Mode = Mode {
    backslash: Backslash::CSeparatorsRelaxed,
    ..Mode::UNQUOTE
};

fn assign(
    list: &mut Vec<Item<MountImage>>,
    text: &str,
    cx: &mut Context<'_>,
    has_destination: bool,
) -> Assigned {
    if text.is_empty() {
        list.clear();
        return Assigned::Reset;
    }
    for word in Words::new(text, WORD) {
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
        match MountImage::read(&word.text, cx, has_destination) {
            Ok(value) => list.push(Item {
                value,
                origin: cx.origin,
            }),
            Err(expected) => cx.report(Effect::Skipped, &word.text, word.range, expected),
        }
    }
    Assigned::Set
}

impl MountImage {
    fn read(word: &str, cx: &Context<'_>, has_destination: bool) -> Result<Self, String> {
        let mut parts = Words::new(word, Mode::UNQUOTE.separated_by(":").with_empty_words())
            .filter_map(Result::ok);
        let mut path = |allow_minus: bool| -> Result<(bool, String), String> {
            let part = parts
                .next()
                .map(|part| part.text.into_owned())
                .unwrap_or_default();
            let text = cx.expand(&part)?.into_owned();
            let (optional, text) = match text.strip_prefix('-') {
                Some(rest) if allow_minus => (true, rest),
                _ => (false, &*text),
            };
            normalized(text, cx.version)
                .map(|path| (optional, path))
                .ok_or_else(|| PATH.to_owned())
        };
        let (optional, source) = path(true)?;
        let destination = if has_destination {
            path(false)?.1
        } else {
            String::new()
        };
        let rest: Vec<String> = parts.map(|part| part.text.into_owned()).collect();
        // One part alone holds options for the root partition; else they come in pairs.
        let options = match rest.as_slice() {
            [options] => vec![(String::from("root"), options.clone())],
            pairs => pairs
                .chunks(2)
                .map(|pair| match pair {
                    [partition, options] => Ok((partition.clone(), options.clone())),
                    _ => Err("PARTITION:OPTIONS in pairs".to_owned()),
                })
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            source,
            destination,
            optional,
            options,
        })
    }
}

impl MountImage {
    /// As systemctl prints it.
    fn shown(&self) -> String {
        let mut text = String::from(if self.optional { "-" } else { "" });
        text.push_str(&self.source);
        if !self.destination.is_empty() {
            text.push(':');
            text.push_str(&self.destination);
        }
        for (partition, options) in &self.options {
            text.push(':');
            text.push_str(partition);
            text.push(':');
            text.push_str(options);
        }
        text
    }
}

impl Value for MountImages {
    const PARSER: &'static str = "image-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        assign(&mut self.0, text, cx, true)
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if !self.0.is_empty() {
            shown.put_words(self.0.iter().map(|item| item.value.shown()));
        }
    }
}

impl Value for ExtensionImages {
    const PARSER: &'static str = "image-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        assign(&mut self.0, text, cx, false)
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if !self.0.is_empty() {
            shown.put_words(self.0.iter().map(|item| item.value.shown()));
        }
    }
}
