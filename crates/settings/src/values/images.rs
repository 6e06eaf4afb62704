//! MountImages= and ExtensionImages= (systemd.exec(5)).

use unitward_unit::words::{Backslash, Mode, Words};

use super::Value;
use super::path::{PATH, normalized};
use super::root::PARTITIONS;
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
        let mut skipped = Vec::new();
        let image = MountImage::read(&word.text, cx, has_destination, &mut skipped);
        for partition in skipped {
            let expected = "a partition such as root, usr or home";
            cx.report(Effect::Skipped, &partition, word.range.clone(), expected);
        }
        match image {
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
    fn read(
        word: &str,
        cx: &Context<'_>,
        has_destination: bool,
        skipped: &mut Vec<String>,
    ) -> Result<Self, String> {
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
        // Pairs of a partition and its options; a last part alone holds options of the root partition.
        let mut options = Vec::new();
        while let Some(partition) = parts.next() {
            match parts.next() {
                Some(words) if PARTITIONS.contains(&&*partition.text) => {
                    options.push((partition.text.into_owned(), words.text.into_owned()));
                }
                Some(_) => skipped.push(partition.text.into_owned()),
                None if partition.text.is_empty() => {}
                None => options.push(("root".to_owned(), partition.text.into_owned())),
            }
        }
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
