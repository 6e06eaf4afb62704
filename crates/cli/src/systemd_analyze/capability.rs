//! `systemd-analyze capability`.

use unitward_catalog::{Capability, Version};

use super::Output;
use super::args::Call;
use super::list::{Cell, Column, List};
use super::number::{hexadecimal, number};
use super::table::Style;

/// Lists capabilities.
pub(super) fn capability(call: &Call, version: Version, style: Style, output: &mut Output) {
    let words = call.words.get(1..).unwrap_or_default();
    let count = count(version);
    match numbers(call.mask, words, count, version) {
        Ok(mut numbers) => {
            numbers.sort_unstable();
            let mut list = List::new(vec![
                Column {
                    name: "NAME",
                    is_number: false,
                },
                Column {
                    name: "NUMBER",
                    is_number: true,
                },
            ]);
            for number in numbers {
                list.row(vec![Cell::Text(name(number)), Cell::Number(number)]);
            }
            output.print(&list.text(call, version, style));
        }
        Err(message) => output.fail(message),
    }
}

fn numbers(mask: bool, words: &[String], count: u64, version: Version) -> Result<Vec<u64>, String> {
    if mask {
        let [word] = words else {
            return Err("Exactly 1 positional argument expected.".to_owned());
        };
        let bits =
            hexadecimal(word).ok_or_else(|| format!("Capability mask \"{word}\" is not valid."))?;
        let set: Vec<u64> = (0..64).filter(|bit| bits & 1 << bit != 0).collect();
        return match set.iter().find(|bit| **bit >= count) {
            Some(unknown) => Err(format!("Capability {unknown} is not known.")),
            None => Ok(set),
        };
    }
    if words.is_empty() {
        return Ok((0..count).collect());
    }
    words
        .iter()
        .map(|word| {
            let named = || Capability::by_name(word).map(|c| u64::from(c.number()));
            let found = match number(word, u64::MAX) {
                Some(number) => Some(number).filter(|number| *number < count),
                None => named(),
            };
            found.ok_or_else(|| {
                let is = if version >= Version::V257 { "is " } else { "" };
                format!("Capability \"{word}\" {is}not known.")
            })
        })
        .collect()
}

/// How many capabilities there are: those with a name, or those of a newer kernel.
fn count(version: Version) -> u64 {
    // 257 keeps the highest bit of a set free as a mark.
    let limit = if version >= Version::V257 { 63 } else { 64 };
    let last = std::fs::read_to_string("/proc/sys/kernel/cap_last_cap")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    let named = u64::from(Capability::LAST.number());
    (last.unwrap_or(named).min(63).max(named) + 1).min(limit)
}

fn name(number: u64) -> String {
    u8::try_from(number)
        .ok()
        .and_then(Capability::new)
        .and_then(Capability::name)
        .map_or_else(|| "cap_???".to_owned(), str::to_ascii_lowercase)
}
