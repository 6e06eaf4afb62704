use std::fmt;

use crate::{Syscall, tables};

const WORDS: usize = tables::COUNT.div_ceil(u64::BITS as usize);

/// A set of system calls: a fixed bit field, cheap to copy.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SyscallSet([u64; WORDS]);

impl SyscallSet {
    /// The set without a call.
    pub const EMPTY: SyscallSet = SyscallSet([0; WORDS]);

    /// The set of all calls that have a name.
    pub const ALL: SyscallSet = {
        let mut words = [u64::MAX; WORDS];
        let rest = tables::COUNT % u64::BITS as usize;
        if rest != 0 {
            words[WORDS - 1] = (1 << rest) - 1;
        }
        SyscallSet(words)
    };

    /// Adds the call and says whether it is new.
    pub fn insert(&mut self, call: Syscall) -> bool {
        let (place, bit) = position(call);
        let Some(word) = self.0.get_mut(place) else {
            return false;
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Takes the call out and says whether it was there.
    pub fn remove(&mut self, call: Syscall) -> bool {
        let (place, bit) = position(call);
        let Some(word) = self.0.get_mut(place) else {
            return false;
        };
        let there = *word & bit != 0;
        *word &= !bit;
        there
    }

    /// Whether the call is in the set.
    pub fn contains(&self, call: Syscall) -> bool {
        let (place, bit) = position(call);
        self.0.get(place).is_some_and(|word| word & bit != 0)
    }

    /// The calls of either set.
    #[must_use]
    pub fn union(&self, other: &SyscallSet) -> SyscallSet {
        self.combine(other, |a, b| a | b)
    }

    /// The calls of both sets.
    #[must_use]
    pub fn intersection(&self, other: &SyscallSet) -> SyscallSet {
        self.combine(other, |a, b| a & b)
    }

    /// The calls of this set that the other one has not.
    #[must_use]
    pub fn difference(&self, other: &SyscallSet) -> SyscallSet {
        self.combine(other, |a, b| a & !b)
    }

    /// Whether a call is in both sets.
    pub fn intersects(&self, other: &SyscallSet) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether the other set has every call of this one.
    pub fn is_subset(&self, other: &SyscallSet) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a & !b == 0)
    }

    /// Whether no call is in the set.
    pub fn is_empty(&self) -> bool {
        *self == SyscallSet::EMPTY
    }

    /// How many calls are in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The calls in order of their names.
    pub fn iter(&self) -> Iter {
        Iter {
            set: *self,
            place: 0,
        }
    }

    pub(crate) const fn from_words(words: [u64; WORDS]) -> SyscallSet {
        SyscallSet(words)
    }

    fn combine(&self, other: &SyscallSet, op: impl Fn(u64, u64) -> u64) -> SyscallSet {
        let mut result = *self;
        for (a, b) in result.0.iter_mut().zip(other.0) {
            *a = op(*a, b);
        }
        result
    }
}

fn position(call: Syscall) -> (usize, u64) {
    let id = u32::from(call.id());
    ((id / u64::BITS) as usize, 1 << (id % u64::BITS))
}

impl fmt::Debug for SyscallSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl Extend<Syscall> for SyscallSet {
    fn extend<I: IntoIterator<Item = Syscall>>(&mut self, calls: I) {
        for call in calls {
            self.insert(call);
        }
    }
}

impl FromIterator<Syscall> for SyscallSet {
    fn from_iter<I: IntoIterator<Item = Syscall>>(calls: I) -> SyscallSet {
        let mut set = SyscallSet::EMPTY;
        set.extend(calls);
        set
    }
}

impl IntoIterator for SyscallSet {
    type Item = Syscall;
    type IntoIter = Iter;

    fn into_iter(self) -> Iter {
        self.iter()
    }
}

impl IntoIterator for &SyscallSet {
    type Item = Syscall;
    type IntoIter = Iter;

    fn into_iter(self) -> Iter {
        self.iter()
    }
}

/// The calls of a [`SyscallSet`] in order of their names.
#[derive(Clone, Debug)]
pub struct Iter {
    /// What is still to come, from `place` on.
    set: SyscallSet,
    place: usize,
}

impl Iterator for Iter {
    type Item = Syscall;

    fn next(&mut self) -> Option<Syscall> {
        loop {
            let word = self.set.0.get_mut(self.place)?;
            if *word == 0 {
                self.place += 1;
                continue;
            }
            let id = self.place as u32 * u64::BITS + word.trailing_zeros();
            *word &= *word - 1;
            return u16::try_from(id).ok().map(Syscall::from_id);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.set.len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for Iter {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Calls by a small linear congruence, so that a failure repeats.
    fn some_calls(seed: u32, count: usize) -> Vec<Syscall> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Syscall::from_id((state >> 8) as u16 % tables::COUNT as u16)
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn behaves_as_an_ordered_set() {
        for seed in 0..200 {
            let (mut set, mut model) = (SyscallSet::EMPTY, BTreeSet::new());
            for (turn, call) in some_calls(seed, 300).into_iter().enumerate() {
                if turn % 3 == 0 {
                    assert_eq!(set.remove(call), model.remove(&call));
                } else {
                    assert_eq!(set.insert(call), model.insert(call));
                }
            }
            assert_eq!(set.len(), model.len());
            assert_eq!(set.iter().len(), model.len());
            assert!(set.iter().eq(model.iter().copied()), "seed {seed}");
            for call in Syscall::all() {
                assert_eq!(set.contains(call), model.contains(&call));
            }
        }
    }

    #[test]
    fn operations_agree_with_an_ordered_set() {
        for seed in 0..200 {
            let (a, b) = (some_calls(seed, 60), some_calls(seed + 1000, 60));
            let (x, y): (SyscallSet, SyscallSet) =
                (a.iter().copied().collect(), b.iter().copied().collect());
            let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                (a.into_iter().collect(), b.into_iter().collect());
            assert!(x.union(&y).iter().eq(a.union(&b).copied()));
            assert!(x.intersection(&y).iter().eq(a.intersection(&b).copied()));
            assert!(x.difference(&y).iter().eq(a.difference(&b).copied()));
            assert_eq!(x.intersects(&y), !a.is_disjoint(&b));
            assert_eq!(x.is_subset(&y), a.is_subset(&b));
            assert!(x.intersection(&y).is_subset(&x) && x.is_subset(&x.union(&y)));
        }
    }

    #[test]
    fn all_and_empty_are_the_ends() {
        assert!(SyscallSet::ALL.iter().eq(Syscall::all()));
        assert_eq!(SyscallSet::ALL.len(), tables::COUNT);
        assert!(SyscallSet::EMPTY.is_empty() && SyscallSet::EMPTY.iter().next().is_none());
        assert!(!SyscallSet::ALL.is_empty());
        assert_eq!(SyscallSet::default(), SyscallSet::EMPTY);
    }
}
