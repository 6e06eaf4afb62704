//! Root images: hashes, mount options and policies (systemd.exec(5), systemd.image-policy(7)).

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::base64;
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// RootHash=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RootHash {
    /// None.
    #[default]
    Unset,
    /// The hash.
    Hash(Vec<u8>),
    /// A file that holds it.
    Path(String),
}

/// RootHashSignature=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RootHashSignature {
    /// None.
    #[default]
    Unset,
    /// The signature.
    Signature(Vec<u8>),
    /// A file that holds it.
    Path(String),
}

/// RootImageOptions=: mount options by partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootImageOptions(pub Vec<Item<PartitionOptions>>);

/// Mount options of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionOptions {
    /// The partition, such as `root`.
    pub partition: &'static str,
    /// The options, separated by commas.
    pub options: String,
}

/// RootImagePolicy=, MountImagePolicy= and ExtensionImagePolicy=: which partitions are used, and how they must be
/// protected; none for the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagePolicy(pub Option<String>);

pub(crate) const PARTITIONS: [&str; 13] = [
    "root",
    "usr",
    "home",
    "srv",
    "esp",
    "xbootldr",
    "swap",
    "root-verity",
    "usr-verity",
    "root-verity-sig",
    "usr-verity-sig",
    "tmp",
    "var",
];
const PROTECTIONS: [&str; 12] = [
    "verity",
    "signed",
    "encrypted",
    "unprotected",
    "unused",
    "absent",
    "open",
    "ignore",
    "read-only-on",
    "read-only-off",
    "growfs-on",
    "growfs-off",
];

impl Value for RootHash {
    const PARSER: &'static str = "hex-or-path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::Unset;
            return Assigned::Reset;
        }
        if text.starts_with('/') {
            *self = Self::Path(text.to_owned());
            return Assigned::Set;
        }
        let Some(hash) = base64::from_hex(text).filter(|hash| hash.len() >= 16) else {
            return cx.ignored(text, "at least 32 hexadecimal digits, or an absolute path");
        };
        *self = Self::Hash(hash);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        match self {
            Self::Unset => shown.put(""),
            Self::Hash(hash) => shown.put(base64::to_hex(hash)),
            Self::Path(path) => shown.put_with("Path", path.as_str()),
        }
    }
}

impl Value for RootHashSignature {
    const PARSER: &'static str = "base64-or-path";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::Unset;
            return Assigned::Reset;
        }
        if text.starts_with('/') {
            *self = Self::Path(text.to_owned());
            return Assigned::Set;
        }
        let Some(signature) = text.strip_prefix("base64:").and_then(base64::decoded) else {
            return cx.ignored(text, "base64: with the signature, or an absolute path");
        };
        *self = Self::Signature(signature);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        match self {
            Self::Unset => shown.put(""),
            Self::Signature(signature) => shown.put(base64::encoded(signature)),
            Self::Path(path) => shown.put_with("Path", path.as_str()),
        }
    }
}

impl Value for RootImageOptions {
    const PARSER: &'static str = "mount-options";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE) {
            let Ok(word) = word else {
                return cx.ignored(text, "balanced quotes");
            };
            let parts: Vec<&str> = word
                .text
                .split(':')
                .filter(|part| !part.is_empty())
                .collect();
            let (partition, options) = match *parts.as_slice() {
                [options] => ("root", options),
                [partition, options] => (partition, options),
                _ => {
                    return cx.ignored(text, "PARTITION:OPTIONS, or options of the root partition");
                }
            };
            let Some(partition) = PARTITIONS.iter().find(|known| **known == partition) else {
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "a partition such as root, usr or home",
                );
                continue;
            };
            match cx.expand(options) {
                Ok(options) => {
                    let value = PartitionOptions {
                        partition,
                        options: options.into_owned(),
                    };
                    self.0.push(Item {
                        value,
                        origin: cx.origin,
                    });
                }
                Err(error) => cx.report(Effect::Skipped, &word.text, word.range, error),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in &self.0 {
            shown.put(format!("{}:{}", value.partition, value.options));
        }
    }
}

impl ImagePolicy {
    /// From 262 on unknown partitions and protections are accepted.
    fn is_valid(text: &str, version: Version) -> bool {
        if matches!(text, "*" | "~" | "-") {
            return true;
        }
        let strict = version < Version::V262;
        let mut seen = std::collections::HashSet::new();
        text.split(':').all(|rule| {
            let Some((partition, protections)) = rule.split_once('=') else {
                return false;
            };
            let partition_known =
                !strict || partition.is_empty() || PARTITIONS.contains(&partition);
            let known = |word: &str| word.is_empty() || !strict || PROTECTIONS.contains(&word);
            partition_known && protections.split('+').all(known) && seen.insert(partition)
        })
    }
}

impl Value for ImagePolicy {
    const PARSER: &'static str = "image-policy";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        if !Self::is_valid(text, cx.version) {
            return cx.refused(
                text,
                "*, ~ or -, or PARTITION=PROTECTION+PROTECTION, separated by colons",
            );
        }
        self.0 = Some(text.to_owned());
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        // Other policies are shown in a normal form that depends on the partitions known.
        if let Some(policy @ ("*" | "~" | "-")) = self.0.as_deref() {
            shown.put(policy);
        }
    }
}
