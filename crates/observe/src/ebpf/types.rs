//! Where members of the kernel's structures are, by its type information (the kernel's Documentation/bpf/btf.rst).

use std::fs;

/// Where the kernel keeps its type information.
const KERNEL: &str = "/sys/kernel/btf/vmlinux";
/// How deep structures without a name are looked into.
const DEPTH: u32 = 4;

const STRUCTURE: u32 = 4;
const UNION: u32 = 5;

/// The types of a kernel.
#[derive(Debug)]
pub(super) struct Types {
    bytes: Vec<u8>,
    strings: usize,
    /// Where each type stands; the first one has the number 1.
    types: Vec<usize>,
}

impl Types {
    /// The types of the running kernel.
    pub(super) fn read() -> Result<Self, String> {
        let bytes = fs::read(KERNEL).map_err(|error| format!("{KERNEL}: {error}"))?;
        Self::new(bytes).ok_or_else(|| format!("{KERNEL} has an unknown form"))
    }

    fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.get(..2)? != [0x9f, 0xeb] {
            return None;
        }
        let header = number(&bytes, 4)? as usize;
        let start = header.checked_add(number(&bytes, 8)? as usize)?;
        let end = start.checked_add(number(&bytes, 12)? as usize)?;
        let strings = header.checked_add(number(&bytes, 16)? as usize)?;
        let mut types = Vec::new();
        let mut at = start;
        while at < end {
            types.push(at);
            let info = number(&bytes, at.checked_add(4)?)?;
            let count = (info & 0xffff) as usize;
            let more = match info >> 24 & 0x1f {
                // Integers, variables, and tags of declarations.
                1 | 14 | 17 => 4,
                // Arrays.
                3 => 12,
                STRUCTURE | UNION | 15 | 19 => count * 12,
                // Enumerations and lists of parameters.
                6 | 13 => count * 8,
                0 | 20.. => return None,
                _ => 0,
            };
            at = at.checked_add(12 + more)?;
        }
        Some(Self {
            bytes,
            strings,
            types,
        })
    }

    /// Where a member of a structure begins, in bytes.
    pub(super) fn offset(&self, structure: &str, member: &str) -> Result<u64, String> {
        self.structure(structure)
            .and_then(|at| self.member(at, member, DEPTH))
            .ok_or_else(|| format!("the kernel has no {structure}.{member}"))
    }

    /// How large a structure is, in bytes.
    pub(super) fn size(&self, structure: &str) -> Result<u64, String> {
        self.structure(structure)
            .and_then(|at| number(&self.bytes, at + 8))
            .map(u64::from)
            .ok_or_else(|| format!("the kernel has no {structure}"))
    }

    fn structure(&self, name: &str) -> Option<usize> {
        self.types.iter().copied().find(|at| {
            self.kind(*at) == Some(STRUCTURE) && self.is_named(number(&self.bytes, *at), name)
        })
    }

    fn member(&self, structure: usize, name: &str, depth: u32) -> Option<u64> {
        let info = number(&self.bytes, structure + 4)?;
        for index in 0..(info & 0xffff) as usize {
            let at = structure + 12 + index * 12;
            let called = number(&self.bytes, at)?;
            let mut bits = number(&self.bytes, at + 8)?;
            // With this flag, the size of a bit field is in the upper byte.
            if info >> 31 == 1 {
                bits &= 0x00ff_ffff;
            }
            let offset = u64::from(bits / 8);
            if self.is_named(Some(called), name) {
                return Some(offset);
            }
            if depth == 0 || !self.is_named(Some(called), "") {
                continue;
            }
            let id = number(&self.bytes, at + 4)? as usize;
            let inner = id.checked_sub(1).and_then(|id| self.types.get(id)).copied();
            let inner = inner.filter(|at| matches!(self.kind(*at), Some(STRUCTURE | UNION)));
            if let Some(within) = inner.and_then(|inner| self.member(inner, name, depth - 1)) {
                return Some(offset + within);
            }
        }
        None
    }

    fn kind(&self, at: usize) -> Option<u32> {
        Some(number(&self.bytes, at + 4)? >> 24 & 0x1f)
    }

    fn is_named(&self, name: Option<u32>, expected: &str) -> bool {
        let text = name.and_then(|name| self.bytes.get(self.strings.checked_add(name as usize)?..));
        text.and_then(|text| text.strip_prefix(expected.as_bytes()))
            .is_some_and(|rest| rest.first() == Some(&0))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `struct a { int b; struct { int c; }; }`, where the inner one begins at byte 4.
    fn example() -> Vec<u8> {
        let strings = b"\0a\0b\0c\0int\0";
        let types: [u32; 22] = [
            7,
            1 << 24,
            4,
            32, // int
            0,
            STRUCTURE << 24 | 1,
            4,
            5,
            1,
            0, // without a name
            1,
            STRUCTURE << 24 | 2,
            8,
            3,
            1,
            0,
            0,
            2,
            32, // a
            0,
            2 << 24,
            3, // a pointer
        ];
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let size = size_of_val(&types) as u32;
        for number in [24, 0, size, size, strings.len() as u32] {
            bytes.extend(number.to_ne_bytes());
        }
        types
            .iter()
            .for_each(|number| bytes.extend(number.to_ne_bytes()));
        bytes.extend(strings);
        bytes
    }

    #[test]
    fn members_are_found_also_in_structures_without_a_name() {
        let types = Types::new(example());
        let offset = |member| {
            types
                .as_ref()
                .and_then(|types| types.offset("a", member).ok())
        };
        assert_eq!(offset("b"), Some(0));
        assert_eq!(offset("c"), Some(4));
        assert_eq!(offset("d"), None);
        assert_eq!(types.and_then(|types| types.size("a").ok()), Some(8));
    }

    #[test]
    fn a_cut_file_is_no_panic() {
        let whole = example();
        for length in 0..whole.len() {
            if let Some(types) = Types::new(whole[..length].to_vec()) {
                let _ = types.offset("a", "c");
                let _ = types.size("a");
            }
        }
    }
}
