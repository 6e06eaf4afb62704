//! System calls by name and number, and sets of them.

use std::fmt;

use crate::Arch;
use crate::tables::{CALLS, NAMES, NUMBERS};

/// A system call, whatever the architecture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Syscall(u16);

const WORDS: usize = CALLS.div_ceil(64);

/// A set of system calls.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SyscallSet([u64; WORDS]);

impl Syscall {
    /// The call of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        NAMES.binary_search(&name).ok().map(|id| Self(id as u16))
    }

    /// The call with this number on an architecture. x32 numbers are without the bit 0x40000000.
    #[must_use]
    pub fn by_number(arch: Arch, number: u32) -> Option<Self> {
        let number = i32::try_from(number).ok()?;
        let column = arch.column();
        NUMBERS
            .iter()
            .position(|row| row.get(column) == Some(&number))
            .map(|id| Self(id as u16))
    }

    /// Every call, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..CALLS as u16).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(self.index()).copied().unwrap_or_default()
    }

    /// The number on an architecture, where the call exists there.
    #[must_use]
    pub fn number(self, arch: Arch) -> Option<u32> {
        NUMBERS
            .get(self.index())?
            .get(arch.column())
            .and_then(|n| u32::try_from(*n).ok())
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn from_index(index: u16) -> Self {
        Self(index)
    }
}

impl fmt::Debug for Syscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl SyscallSet {
    pub(crate) const fn from_words(words: [u64; WORDS]) -> Self {
        Self(words)
    }

    /// Adds a call.
    pub fn insert(&mut self, call: Syscall) {
        if let Some(word) = self.0.get_mut(call.index() / 64) {
            *word |= 1 << (call.index() % 64);
        }
    }

    /// Takes a call out.
    pub fn remove(&mut self, call: Syscall) {
        if let Some(word) = self.0.get_mut(call.index() / 64) {
            *word &= !(1 << (call.index() % 64));
        }
    }

    /// Whether a call is in it.
    #[must_use]
    pub fn contains(&self, call: Syscall) -> bool {
        self.0
            .get(call.index() / 64)
            .is_some_and(|word| word & (1 << (call.index() % 64)) != 0)
    }

    /// Whether it holds no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many calls it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The calls of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// The calls that both hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// The calls of this one that the other does not hold.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The calls, by name.
    pub fn iter(&self) -> impl Iterator<Item = Syscall> {
        let words = self.0;
        words.into_iter().enumerate().flat_map(|(at, word)| {
            (0..64_u16)
                .filter(move |bit| word & (1 << bit) != 0)
                .map(move |bit| Syscall(at as u16 * 64 + bit))
        })
    }

    fn zip(&self, other: &Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for (word, other) in words.iter_mut().zip(other.0) {
            *word = merge(*word, other);
        }
        Self(words)
    }
}

impl FromIterator<Syscall> for SyscallSet {
    fn from_iter<T: IntoIterator<Item = Syscall>>(calls: T) -> Self {
        let mut set = Self::default();
        calls.into_iter().for_each(|call| set.insert(call));
        set
    }
}

impl fmt::Debug for SyscallSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_to_each_other() {
        for call in Syscall::all() {
            assert_eq!(Syscall::by_name(call.name()), Some(call));
            for arch in Arch::ALL {
                if let Some(number) = call.number(arch) {
                    let back = Syscall::by_number(arch, number);
                    assert_eq!(back.and_then(|c| c.number(arch)), Some(number), "{call:?}");
                }
            }
        }
        let number = |name, arch| Syscall::by_name(name).and_then(|call| call.number(arch));
        assert_eq!(number("openat", Arch::X86_64), Some(257));
        assert_eq!(number("openat", Arch::Aarch64), Some(56));
        assert_eq!(number("statx", Arch::X86), Some(383));
        assert_eq!(number("open", Arch::Aarch64), None);
        assert_eq!(number("set_tls", Arch::Arm), Some(0x0f_0005));
    }

    #[test]
    fn sets_are_sets() {
        let even: SyscallSet = Syscall::all().step_by(2).collect();
        let third: SyscallSet = Syscall::all().step_by(3).collect();
        let sixth: SyscallSet = Syscall::all().step_by(6).collect();
        assert_eq!(even.intersection(&third), sixth);
        assert_eq!(
            even.union(&third).len(),
            even.len() + third.len() - sixth.len()
        );
        assert!(even.difference(&even).is_empty());
        assert!(even.iter().all(|call| even.contains(call)));
        let mut one = SyscallSet::default();
        Syscall::all().for_each(|call| one.insert(call));
        assert_eq!(one.len(), CALLS);
        Syscall::all().for_each(|call| one.remove(call));
        assert!(one.is_empty());
    }
}
