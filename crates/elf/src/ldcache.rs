//! The cache of library names that ldconfig(8) writes and the GNU loader reads.

use std::cmp::Ordering;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::arch::{Architecture, ByteOrder};

/// What the new format starts with. glibc 2.2 to 2.31 put it behind a table in the old format.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
const OLD_HEADER: usize = 16;
const OLD_ENTRY: usize = 12;
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// Marks an entry below a directory of glibc-hwcaps, whose name the extension holds.
const HWCAP_EXTENSION: u64 = 1 << 62;
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const SECTION_HWCAPS: u32 = 1;

/// A cache in memory. Nothing is copied and all offsets are checked when they are used.
#[derive(Debug)]
pub(crate) struct Cache {
    bytes: Vec<u8>,
    /// Where the new format starts; the offsets of strings count from here.
    start: usize,
    count: usize,
    order: ByteOrder,
}

impl Cache {
    /// Recognises the header; `None` when the loader would ignore the file.
    pub(crate) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let start = start(&bytes)?;
        let header = bytes.get(start..)?.get(..HEADER)?;
        // The flags say the byte order since glibc 2.33; zero is the machine's own.
        let order = match header.get(28)? & 3 {
            2 => ByteOrder::Little,
            3 => ByteOrder::Big,
            0 if cfg!(target_endian = "big") => ByteOrder::Big,
            0 => ByteOrder::Little,
            _ => return None,
        };
        let mut cache = Self {
            bytes,
            start,
            count: 0,
            order,
        };
        let count = cache.u32(MAGIC.len())? as usize;
        let room = cache.bytes.len().saturating_sub(start + HEADER) / ENTRY;
        if count > room {
            return None;
        }
        cache.count = count;
        Some(cache)
    }

    /// The path that the loader takes for a name: the best of its entries for the machine, where
    /// `levels` are the names of glibc-hwcaps directories in use, best first.
    pub(crate) fn find(
        &self,
        name: &[u8],
        architecture: Architecture,
        levels: &[String],
    ) -> Option<PathBuf> {
        let mut best: Option<(usize, &[u8])> = None;
        for index in self.first(name)?..self.count {
            let entry = self.entry(index)?;
            if compare(name, self.string(entry.key)?) != Ordering::Equal {
                break;
            }
            if !architecture.takes_cache_flags(entry.flags) {
                continue;
            }
            let rank = match entry.hwcap {
                0 => levels.len(),
                hwcap => match self.level(hwcap, levels) {
                    Some(rank) => rank,
                    None => continue,
                },
            };
            if best.is_none_or(|(other, _)| rank < other) {
                best = Some((rank, self.string(entry.value)?));
            }
        }
        best.map(|(_, path)| OsString::from_vec(path.to_vec()).into())
    }

    /// The first of the entries with this name, found as the loader does: they are sorted by name,
    /// greatest first.
    fn first(&self, name: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let key = self.string(self.entry(middle)?.key)?;
            if compare(name, key) == Ordering::Less {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.count).then_some(low)
    }

    fn level(&self, hwcap: u64, levels: &[String]) -> Option<usize> {
        if hwcap & HWCAP_EXTENSION == 0 {
            return None;
        }
        let index = (hwcap & u64::from(u32::MAX)) as usize;
        let extension = self.u32(32)? as usize;
        if self.u32(extension)? != EXTENSION_MAGIC {
            return None;
        }
        let sections = self.u32(extension.checked_add(4)?)?.min(64) as usize;
        let section = (0..sections)
            .filter_map(|number| extension.checked_add(8 + 16 * number))
            .find(|at| self.u32(*at) == Some(SECTION_HWCAPS))?;
        let (table, length) = (
            self.u32(section + 8)? as usize,
            self.u32(section + 12)? as usize,
        );
        if index >= length / 4 {
            return None;
        }
        let name = self.string(self.u32(table.checked_add(4 * index)?)?)?;
        levels.iter().position(|level| level.as_bytes() == name)
    }

    fn entry(&self, index: usize) -> Option<Entry> {
        let at = HEADER + ENTRY * index;
        let (low, high) = (u64::from(self.u32(at + 16)?), u64::from(self.u32(at + 20)?));
        Some(Entry {
            flags: self.u32(at)?,
            key: self.u32(at + 4)?,
            value: self.u32(at + 8)?,
            hwcap: match self.order {
                ByteOrder::Little => low | high << 32,
                ByteOrder::Big => high | low << 32,
            },
        })
    }

    fn string(&self, offset: u32) -> Option<&[u8]> {
        let rest = self.bytes.get(self.start.checked_add(offset as usize)?..)?;
        // A path is shorter than PATH_MAX, so that garbage is not scanned to its end.
        let rest = rest.get(..4096).unwrap_or(rest);
        rest.get(..rest.iter().position(|byte| *byte == 0)?)
    }

    fn u32(&self, offset: usize) -> Option<u32> {
        let at = self.start.checked_add(offset)?;
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        })
    }
}

struct Entry {
    flags: u32,
    key: u32,
    value: u32,
    hwcap: u64,
}

fn start(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(MAGIC) {
        return Some(0);
    }
    if !bytes.starts_with(OLD_MAGIC) {
        return None;
    }
    let count = bytes
        .get(12..OLD_HEADER)?
        .try_into()
        .map(u32::from_ne_bytes)
        .ok()?;
    let end = OLD_HEADER.checked_add(OLD_ENTRY.checked_mul(count as usize)?)?;
    let start = end.checked_next_multiple_of(8)?;
    bytes.get(start..)?.starts_with(MAGIC).then_some(start)
}

/// The order of names in the cache: byte by byte, with runs of digits compared as numbers.
fn compare(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while let Some((first, rest)) = left.split_first() {
        if first.is_ascii_digit() {
            if !right.first().is_some_and(u8::is_ascii_digit) {
                return Ordering::Greater;
            }
            let (number, behind) = digits(left);
            let (other, behind_other) = digits(right);
            match number.len().cmp(&other.len()).then(number.cmp(other)) {
                Ordering::Equal => (left, right) = (behind, behind_other),
                order => return order,
            }
            continue;
        }
        match right.split_first() {
            Some((other, _)) if other.is_ascii_digit() => return Ordering::Less,
            Some((other, behind)) if other == first => (left, right) = (rest, behind),
            // As C compares characters, which are signed where the cache is mostly read.
            Some((other, _)) => return (*first as i8).cmp(&(*other as i8)),
            None => return (*first as i8).cmp(&0),
        }
    }
    0.cmp(&right.first().map_or(0, |byte| *byte as i8))
}

/// The number at the start, without leading zeros, and what follows it.
fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(bytes.len());
    let (number, behind) = bytes.split_at(end);
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    (number.get(zeros..).unwrap_or_default(), behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Class;

    const X86_64: Architecture = Architecture {
        machine: 62,
        class: Class::Bits64,
        order: ByteOrder::Little,
    };

    /// A cache with the entries in the order given: flags, name, path, hwcap.
    fn cache(entries: &[(u32, &str, &str, u64)], levels: &[&str]) -> Vec<u8> {
        let mut table = Vec::new();
        let mut strings = Vec::new();
        let base = HEADER + ENTRY * entries.len();
        let mut add = |text: &str| {
            let at = (base + strings.len()) as u32;
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
            at
        };
        for (flags, name, path, hwcap) in entries {
            for word in [*flags, add(name), add(path), 0] {
                table.extend_from_slice(&word.to_le_bytes());
            }
            table.extend_from_slice(&hwcap.to_le_bytes());
        }
        let names: Vec<u32> = levels.iter().map(|level| add(level)).collect();
        let extension = (base + strings.len()) as u32;
        let mut bytes = MAGIC.to_vec();
        for word in [
            entries.len() as u32,
            strings.len() as u32,
            2,
            extension,
            0,
            0,
            0,
        ] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend(table);
        bytes.extend(strings);
        let size = 4 * names.len() as u32;
        for word in [EXTENSION_MAGIC, 1, SECTION_HWCAPS, 0, extension + 24, size] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        names
            .iter()
            .for_each(|name| bytes.extend_from_slice(&name.to_le_bytes()));
        bytes
    }

    fn found(bytes: Vec<u8>, name: &str, levels: &[&str]) -> Option<String> {
        let levels: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
        let path = Cache::parse(bytes)?.find(name.as_bytes(), X86_64, &levels)?;
        path.to_str().map(str::to_owned)
    }

    #[test]
    fn an_entry_is_found_by_name_and_machine() {
        let bytes = cache(
            &[
                (0x303, "libz.so.1", "/lib/libz.so.1", 0),
                (0x303, "libc.so.10", "/lib/libc.so.10", 0),
                (0x003, "libc.so.6", "/lib32/libc.so.6", 0),
                (0x303, "libc.so.6", "/lib/libc.so.6", 0),
                (0x303, "liba.so", "/lib/liba.so", 0),
            ],
            &[],
        );
        for (name, path) in [
            ("libz.so.1", Some("/lib/libz.so.1")),
            ("libc.so.10", Some("/lib/libc.so.10")),
            ("libc.so.6", Some("/lib/libc.so.6")),
            ("liba.so", Some("/lib/liba.so")),
            ("libb.so", None),
            ("", None),
            ("~", None),
        ] {
            assert_eq!(found(bytes.clone(), name, &[]).as_deref(), path, "{name}");
        }
    }

    #[test]
    fn the_best_level_in_use_wins() {
        let bytes = cache(
            &[
                (0x303, "libx.so", "/lib/v4/libx.so", HWCAP_EXTENSION | 1),
                (0x303, "libx.so", "/lib/v3/libx.so", HWCAP_EXTENSION),
                (0x303, "libx.so", "/lib/legacy/libx.so", 4),
                (0x303, "libx.so", "/lib/libx.so", 0),
            ],
            &["x86-64-v3", "x86-64-v4"],
        );
        let with = |levels: &[&str]| found(bytes.clone(), "libx.so", levels);
        assert_eq!(with(&[]).as_deref(), Some("/lib/libx.so"));
        assert_eq!(with(&["x86-64-v3"]).as_deref(), Some("/lib/v3/libx.so"));
        assert_eq!(
            with(&["x86-64-v4", "x86-64-v3"]).as_deref(),
            Some("/lib/v4/libx.so")
        );
    }

    #[test]
    fn names_are_ordered_with_their_numbers() {
        for (less, more) in [
            ("libc.so.6", "libc.so.10"),
            ("libc.so", "libc.so.1"),
            ("liba.so", "liba1.so"),
            ("lib9.so", "lib10.so"),
            ("a", "b"),
        ] {
            assert_eq!(
                compare(less.as_bytes(), more.as_bytes()),
                Ordering::Less,
                "{less} {more}"
            );
            assert_eq!(compare(more.as_bytes(), less.as_bytes()), Ordering::Greater);
        }
        assert_eq!(compare(b"lib01.so", b"lib1.so"), Ordering::Equal);
    }

    #[test]
    fn damaged_caches_find_nothing() {
        let bytes = cache(&[(0x303, "libz.so.1", "/lib/libz.so.1", 0)], &[]);
        for length in 0..bytes.len() {
            let _ = found(
                bytes.get(..length).unwrap_or_default().to_vec(),
                "libz.so.1",
                &[],
            );
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = 0xff;
            }
            let _ = found(bytes, "libz.so.1", &["x86-64-v2"]);
        }
        assert!(Cache::parse(b"glibc-ld.so.cache1.1\xff\xff\xff\xff".to_vec()).is_none());
    }
}
