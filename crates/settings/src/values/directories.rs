//! RuntimeDirectory=, StateDirectory= and their siblings (systemd.exec(5), "Sandboxing").

use std::collections::BTreeMap;

use unitward_catalog::Version;
use unitward_unit::Origin;
use unitward_unit::words::{Backslash, Mode, Words};

use super::Value;
use super::path::relative;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// Directories that systemd makes and hands over, by their path below `/run`, `/var/lib` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecDirectories(pub BTreeMap<String, ExecDirectory>);

/// What is said about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecDirectory {
    /// Links that point to it, by their path below the same place.
    pub links: Vec<String>,
    /// `ro`: read-only for the service (systemd 256).
    pub read_only: bool,
    /// The assignment.
    pub origin: Origin,
}

const WORD: Mode = Mode {
    backslash: Backslash::Ordinary,
    ..Mode::UNQUOTE
};
const PART: Mode = Mode {
    separators: ":",
    backslash: Backslash::CSeparatorsRelaxed,
    ..Mode::PLAIN
};
const EXPECTED: &str =
    "NAME, NAME:LINK or NAME:LINK:ro, with relative paths without .. and not below private";

impl ExecDirectories {
    fn add(&mut self, word: &str, cx: &Context<'_>) -> Result<(), String> {
        let flags_known = cx.at_least(Version::V257);
        let mode = if flags_known {
            PART.with_empty_words()
        } else {
            PART
        };
        let mut parts = Words::new(word, mode)
            .map_while(Result::ok)
            .map(|part| part.text);
        let path = |text: &str| -> Result<String, String> {
            let expanded = cx.expand(text)?;
            relative(&expanded, cx.version)
                .filter(|path| path != "private" && !path.starts_with("private/"))
                .ok_or_else(|| EXPECTED.to_owned())
        };
        let name = path(&parts.next().unwrap_or_default())?;
        let link = parts.next().unwrap_or_default();
        let flags = parts.next().unwrap_or_default();
        let configuration = cx.directive == "ConfigurationDirectory";
        let link = match link.is_empty() {
            true => None,
            false if configuration => {
                return Err(
                    "NAME or NAME::ro, since there are no links to configuration".to_owned(),
                );
            }
            false => {
                let expanded = cx.expand(&link)?;
                Some(relative(&expanded, cx.version).ok_or_else(|| EXPECTED.to_owned())?)
            }
        };
        if flags_known && (!matches!(&*flags, "" | "ro") || parts.next().is_some()) {
            return Err(EXPECTED.to_owned());
        }
        let read_only = flags_known && flags == "ro";
        let entry = self.0.entry(name).or_insert(ExecDirectory {
            links: Vec::new(),
            read_only,
            origin: cx.origin,
        });
        entry.links.extend(link);
        Ok(())
    }
}

impl Value for ExecDirectories {
    const PARSER: &'static str = "directory-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
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
            if let Err(expected) = self.add(&word.text, cx) {
                cx.report(Effect::Skipped, &word.text, word.range, expected);
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_quoted(self.0.keys().cloned());
        // From 257 on, a directory without link has an entry too.
        let linkable = shown.directive != "ConfigurationDirectory";
        let every = linkable && shown.at_least(Version::V257);
        for (name, directory) in &self.0 {
            for link in &directory.links {
                shown.put_with("Symlink", format!("{name}:{link}"));
            }
            if directory.links.is_empty() && every {
                shown.put_with("Symlink", format!("{name}:"));
            }
        }
    }
}
