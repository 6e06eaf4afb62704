//! SecureBits=, CoredumpFilter= and Personality= (systemd.exec(5)).

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// SecureBits=: bits as in capabilities(7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecureBits(pub u32);

/// CoredumpFilter=: bits as in core(5); none for those of the manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoredumpFilter(pub Option<u64>);

/// Personality=: an architecture that the machine runs besides its own, or its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Personality(pub Option<&'static str>);

/// Words of SecureBits=, their bit and the version that brought them.
const SECURE_BITS: [(&str, u32, u16); 12] = [
    ("keep-caps", 4, 0),
    ("keep-caps-locked", 5, 0),
    ("no-setuid-fixup", 2, 0),
    ("no-setuid-fixup-locked", 3, 0),
    ("noroot", 0, 0),
    ("noroot-locked", 1, 0),
    ("no-cap-ambient-raise", 6, 262),
    ("no-cap-ambient-raise-locked", 7, 262),
    ("exec-restrict-file", 8, 262),
    ("exec-restrict-file-locked", 9, 262),
    ("exec-deny-interactive", 10, 262),
    ("exec-deny-interactive-locked", 11, 262),
];

const MAPPINGS: [&str; 9] = [
    "private-anonymous",
    "shared-anonymous",
    "private-file-backed",
    "shared-file-backed",
    "elf-headers",
    "private-huge",
    "shared-huge",
    "private-dax",
    "shared-dax",
];

impl SecureBits {
    /// Whether the bit of this word is set.
    #[must_use]
    pub fn has(self, word: &str) -> bool {
        SECURE_BITS
            .iter()
            .any(|(known, bit, _)| *known == word && self.0 >> bit & 1 == 1)
    }

    /// The words of the set bits.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        SECURE_BITS
            .iter()
            .filter(move |(word, ..)| self.has(word))
            .map(|(word, ..)| *word)
    }
}

impl Value for SecureBits {
    const PARSER: &'static str = "flag-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        self.0 = 0;
        if text.is_empty() {
            return Assigned::Reset;
        }
        let mended = super::words::mended(text);
        for word in Words::new(&mended, Mode::UNQUOTE).filter_map(Result::ok) {
            let known = SECURE_BITS.iter().find(|(known, _, since)| {
                *known == word.text && Version::new(*since) <= cx.version
            });
            match known {
                Some((_, bit, _)) => self.0 |= 1 << bit,
                None => cx.report(
                    Effect::SkippedSilently,
                    &word.text,
                    word.range,
                    "keep-caps, no-setuid-fixup or noroot, or one of them with -locked",
                ),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.to_string());
    }
}

impl CoredumpFilter {
    fn mask(word: &str) -> Option<u64> {
        match word {
            "default" => Some(0x33),
            "all" => Some(u64::from(u32::MAX)),
            _ => match MAPPINGS.iter().position(|known| *known == word) {
                Some(bit) => Some(1 << bit),
                None => {
                    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
                    u64::from_str_radix(digits.unwrap_or(word), 16).ok()
                }
            },
        }
    }
}

impl Value for CoredumpFilter {
    const PARSER: &'static str = "flag-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let mut mask = self.0.unwrap_or(0);
        for word in Words::new(text, Mode::PLAIN) {
            let Some(bits) = word.ok().and_then(|word| Self::mask(&word.text)) else {
                return cx.ignored(text, "kinds of mappings such as private-anonymous, default, all, or a hexadecimal mask");
            };
            mask |= bits;
        }
        self.0 = Some(mask);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if let Some(mask) = self.0 {
            shown.put(format!("{mask:#x}"));
        }
    }
}

impl Personality {
    const NATIVE: &'static [&'static str] = if cfg!(target_arch = "aarch64") {
        &["arm64", "arm"]
    } else if cfg!(target_arch = "arm") {
        &["arm"]
    } else if cfg!(target_arch = "x86") {
        &["x86"]
    } else if cfg!(target_arch = "riscv64") {
        &["riscv64"]
    } else if cfg!(target_arch = "s390x") {
        &["s390x", "s390"]
    } else if cfg!(all(target_arch = "powerpc64", target_endian = "little")) {
        &["ppc64-le", "ppc-le"]
    } else if cfg!(target_arch = "powerpc64") {
        &["ppc64", "ppc"]
    } else {
        &["x86-64", "x86"]
    };
}

impl Value for Personality {
    const PARSER: &'static str = "enum";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        let Some(name) = Self::NATIVE.iter().find(|name| **name == text) else {
            return cx.ignored(text, "an architecture that this machine runs");
        };
        self.0 = Some(name);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.unwrap_or_default());
    }
}
