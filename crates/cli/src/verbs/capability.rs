//! `unitward capability`: what capabilities are, and what masks mean.

use std::fmt::Write as _;

use unitward_catalog::{Capabilities, Capability, capability_page, suggest};

use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};

/// Lists capabilities, or decodes and encodes masks.
pub(crate) fn run(args: &args::Capability, pager: Pager) -> Result<Exit, Error> {
    let paint = Paint::of_stdout();
    if args.words.is_empty() {
        ui::page(&table(Capability::all(), paint), pager)?;
        return Ok(Exit::Clean);
    }
    let mut rows = Vec::new();
    let mut masks = String::new();
    for word in &args.words {
        match Meaning::of(word, args.mask)? {
            Meaning::One(capability) => rows.push(capability),
            Meaning::Set(set) => {
                let _ = writeln!(masks, "{}", decoded(set));
            }
        }
    }
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&table(rows.iter().copied(), paint));
    }
    if rows.len() > 1 {
        let _ = writeln!(text, "\n{}", decoded(Capabilities::of(&rows)));
    }
    text.push_str(&masks);
    ui::print(&text)?;
    Ok(Exit::Clean)
}

/// What a word stands for.
enum Meaning {
    One(Capability),
    Set(Capabilities),
}

impl Meaning {
    /// Names and numbers are one capability; `0x…`, sixteen digits as in /proc/PID/status, and whatever `--mask` says is
    /// one, are masks; names with commas are a set.
    fn of(word: &str, mask: bool) -> Result<Self, Error> {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        if mask || digits.is_some() || word.len() == 16 && is_hex(word) {
            let digits = digits.unwrap_or(word);
            let bits = u64::from_str_radix(digits, 16)
                .ok()
                .filter(|_| is_hex(digits));
            return bits
                .map(Capabilities::from_bits)
                .map(Self::Set)
                .ok_or_else(|| {
                    Error::new(format!(
                        "{} is no mask: expected up to 16 hexadecimal digits.",
                        ui::printable(word)
                    ))
                });
        }
        if word.contains(',') {
            let list = word
                .split(',')
                .filter(|name| !name.is_empty())
                .map(one)
                .collect::<Result<Vec<_>, _>>()?;
            return Ok(Self::Set(Capabilities::of(&list)));
        }
        one(word).map(Self::One)
    }
}

fn one(word: &str) -> Result<Capability, Error> {
    let error = match word.parse() {
        Ok(capability) => return Ok(capability),
        Err(_) => Error::new(format!("{} is no capability.", ui::printable(word))),
    };
    let name = |word: &str| suggest(word, Capability::all().filter_map(Capability::name));
    let near = name(word).or_else(|| name(&format!("CAP_{word}")));
    Err(match near {
        Some(near) => error.hint(format!("Did you mean {near}?")),
        None if word.bytes().all(|b| b.is_ascii_hexdigit()) => {
            error.hint(format!("For a mask write 0x{word}, or --mask {word}."))
        }
        None => error.hint("unitward capability lists them."),
    })
}

/// As `capsh --decode` prints it: a bit without a name by its number.
fn decoded(set: Capabilities) -> String {
    let names: Vec<String> = (0..64)
        .filter_map(Capability::new)
        .filter(|capability| set.contains(*capability))
        .map(|capability| capability.to_string().to_ascii_lowercase())
        .collect();
    format!("{:#018x}={}", set.bits(), names.join(","))
}

fn table(capabilities: impl Iterator<Item = Capability>, paint: Paint) -> String {
    let mut text = format!(
        "{} {}  {}  {}\n",
        paint.bold("NUMBER"),
        paint.bold(&format!("{:<22}", "NAME")),
        paint.bold(&format!("{:<6}", "DANGER")),
        paint.bold("WHO HOLDS IT GAINS")
    );
    for capability in capabilities {
        let page = capability_page(capability);
        let danger = page.map_or("", |page| page.danger);
        let shown = format!("{danger:<6}");
        let _ = writeln!(
            text,
            "{:>6} {:<22}  {}  {}",
            capability.number(),
            capability.to_string(),
            if danger == "root" {
                paint.red(&shown)
            } else {
                shown
            },
            page.map_or("", |page| page.gains)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(word: &str) -> String {
        match Meaning::of(word, false) {
            Ok(Meaning::Set(set)) => decoded(set),
            Ok(Meaning::One(capability)) => capability.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn masks_are_decoded_as_capsh_does() {
        for (word, text) in [
            ("0x3", "0x0000000000000003=cap_chown,cap_dac_override"),
            ("0000000000000000", "0x0000000000000000="),
            ("0x20000000000", "0x0000020000000000=41"),
            ("cap_kill,CHOWN", "0x0000000000000021=cap_chown,cap_kill"),
            ("21", "CAP_SYS_ADMIN"),
            ("sys_admin", "CAP_SYS_ADMIN"),
        ] {
            assert_eq!(decode(word), text, "{word}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (word, part) in [
            ("0x", "is no mask"),
            ("0x+3", "is no mask"),
            ("0x1ffffffffffffffff", "is no mask"),
            ("sysadmin", "Did you mean CAP_SYS_ADMIN?"),
            ("3fff", "write 0x3fff"),
            ("64", "is no capability"),
        ] {
            assert!(decode(word).contains(part), "{word}: {}", decode(word));
        }
    }
}
