//! The types of the kernel, in its own description (the kernel's Documentation/bpf/btf.rst).

/// A description in BTF, in the order of the bytes of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types<'a> {
    types: &'a [u8],
    strings: &'a [u8],
}

/// One type.
#[derive(Clone, Copy, Debug)]
struct Type<'a> {
    /// Its number.
    id: u32,
    name: u32,
    kind: u32,
    /// Whether offsets of members are those of bit fields.
    bits: bool,
    /// What follows it: members, parameters and the like.
    rest: &'a [u8],
}

/// BTF_KIND_*.
const STRUCT: u32 = 4;
const FUNC: u32 = 12;
/// The size of a member of a structure.
const MEMBER: usize = 12;

impl<'a> Types<'a> {
    /// The description in some bytes; none when they are something else.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        const MAGIC: u16 = 0xeb9f;
        let magic = bytes
            .first_chunk()
            .map(|bytes| u16::from_ne_bytes(*bytes))?;
        let header = word(bytes, 4)?;
        let part = |at: usize| {
            let start = header.checked_add(word(bytes, at)?)? as usize;
            let length = word(bytes, at + 4)? as usize;
            bytes.get(start..start.checked_add(length)?)
        };
        (magic == MAGIC).then_some(())?;
        Some(Self {
            types: part(8)?,
            strings: part(16)?,
        })
    }

    /// The number of a function.
    pub(super) fn function(self, name: &str) -> Option<u32> {
        self.named(FUNC, name).map(|found| found.id)
    }

    /// The offset in bytes of a member in a structure.
    pub(super) fn offset(self, structure: &str, member: &str) -> Option<u32> {
        let found = self.named(STRUCT, structure)?;
        let place = found
            .rest
            .chunks_exact(MEMBER)
            .find(|member_at| word(member_at, 0).is_some_and(|name| self.is(name, member)))?;
        let offset = word(place, 8)?;
        let bits = if found.bits {
            offset & 0x00ff_ffff
        } else {
            offset
        };
        (bits % 8 == 0).then_some(bits / 8)
    }

    /// A type by its kind and name. A structure without members is only announced.
    fn named(self, kind: u32, name: &str) -> Option<Type<'a>> {
        self.iter().find(|found| {
            found.kind == kind
                && self.is(found.name, name)
                && (kind != STRUCT || !found.rest.is_empty())
        })
    }

    fn is(self, at: u32, name: &str) -> bool {
        let text = usize::try_from(at)
            .ok()
            .and_then(|at| self.strings.get(at..));
        text.and_then(|text| text.strip_prefix(name.as_bytes()))
            .is_some_and(|rest| rest.first() == Some(&0))
    }

    fn iter(self) -> impl Iterator<Item = Type<'a>> {
        let mut left = self.types;
        let mut id = 0;
        std::iter::from_fn(move || {
            let name = word(left, 0)?;
            let info = word(left, 4)?;
            let kind = info >> 24 & 31;
            let count = (info & 0xffff) as usize;
            let size = match kind {
                1 | 14 | 17 => 4,
                3 => 12,
                STRUCT | 5 | 15 | 19 => count * MEMBER,
                6 | 13 => count * 8,
                2 | 7..=12 | 16 | 18 => 0,
                // A kind of later: what follows cannot be told apart.
                _ => return None,
            };
            let rest = left.get(12..)?;
            let (rest, after) = rest.split_at_checked(size)?;
            left = after;
            id += 1;
            Some(Type {
                id,
                name,
                kind,
                bits: info >> 31 == 1,
                rest,
            })
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A description with `int`, an announced `struct s`, a `struct s { int a, b; }` and a function `f`.
    fn description() -> Vec<u8> {
        let strings = b"\0int\0s\0a\0b\0f\0";
        let types: [u32; 22] = [
            1,
            1 << 24,
            4,
            32, // int
            5,
            4 << 24,
            0, // struct s;
            5,
            4 << 24 | 2,
            8,
            7,
            1,
            0,
            9,
            1,
            32, // struct s { int a; int b; }
            0,
            13 << 24,
            0, // a prototype
            11,
            12 << 24,
            4, // f
        ];
        let mut bytes = Vec::new();
        bytes.extend(0xeb9f_u16.to_ne_bytes());
        bytes.extend([1, 0]);
        for word in [24_u32, 0, 88, 88, strings.len() as u32] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(types.into_iter().flat_map(u32::to_ne_bytes));
        bytes.extend(strings);
        bytes
    }

    #[test]
    fn functions_and_members_are_found() {
        let bytes = description();
        let types = Types::new(&bytes).unwrap();
        assert_eq!(types.function("f"), Some(5));
        assert_eq!(types.function("s"), None);
        assert_eq!(types.offset("s", "a"), Some(0));
        assert_eq!(types.offset("s", "b"), Some(4));
        assert_eq!(types.offset("s", "c"), None);
    }

    #[test]
    fn a_description_that_ends_early_is_no_danger() {
        let bytes = description();
        for end in 0..bytes.len() {
            if let Some(types) = Types::new(&bytes[..end]) {
                types.function("f");
                types.offset("s", "b");
            }
        }
        assert!(Types::new(&bytes[2..]).is_none());
    }
}
