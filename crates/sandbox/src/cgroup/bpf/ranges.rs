//! Sets of numbers as sorted ranges, and the code that finds a number in them.

use super::assembler::{Assembler, Condition, Label, NEAR, R3, Register};

/// Numbers from the first to the last, with both.
pub(crate) type Range = (u128, u128);

/// A set of numbers: ranges in order, which neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<Range>);

/// Where a number to look for is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// In the low 32 bits of a register.
    Word(Register),
    /// In two registers, the high half first.
    Wide(Register, Register),
}

impl Ranges {
    /// The set of some ranges.
    pub(crate) fn new(ranges: impl IntoIterator<Item = Range>) -> Self {
        let mut list: Vec<Range> = ranges.into_iter().filter(|(from, to)| from <= to).collect();
        list.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(list.len());
        for (from, to) in list {
            match merged.last_mut() {
                Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// What is in this set and not in the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut holes = other.0.iter().copied().peekable();
        for (mut from, to) in self.0.iter().copied() {
            while holes.next_if(|hole| hole.1 < from).is_some() {}
            let mut open = true;
            while let Some((start, end)) = holes.peek().copied().filter(|hole| hole.0 <= to) {
                if start > from {
                    rest.push((from, start - 1));
                }
                if end >= to {
                    open = false;
                    break;
                }
                from = end + 1;
                holes.next();
            }
            if open {
                rest.push((from, to));
            }
        }
        Self(rest)
    }

    /// All numbers up to `last` that are not in this set.
    pub(crate) fn complement(&self, last: u128) -> Self {
        Self(vec![(0, last)]).without(self)
    }

    /// Whether no number is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many instructions [`refuse`](Self::refuse) adds at most.
    pub(super) fn size(&self, subject: Subject) -> usize {
        subject.size(self.0.len() * 2)
    }

    /// Adds the code that ends the program: it refuses when the number is in the set, and otherwise lets pass.
    pub(super) fn refuse(&self, assembler: &mut Assembler, subject: Subject) {
        // The numbers at which the verdict changes, each the last one of its side.
        let mut bounds: Vec<(u128, bool)> = Vec::with_capacity(self.0.len() * 2);
        for (from, to) in &self.0 {
            if let Some(before) = from.checked_sub(1) {
                bounds.push((before, false));
            }
            bounds.push((*to, true));
        }
        let last = subject.last();
        let beyond = match bounds.last() {
            Some((to, _)) if *to >= last => {
                bounds.pop();
                true
            }
            _ => false,
        };
        search(assembler, subject, &bounds, beyond);
    }
}

impl Subject {
    /// The largest number that fits.
    const fn last(self) -> u128 {
        match self {
            Self::Word(_) => u32::MAX as u128,
            Self::Wide(..) => u128::MAX,
        }
    }

    /// How many instructions a search among so many bounds takes at most.
    const fn size(self, bounds: usize) -> usize {
        let comparison = match self {
            Self::Word(_) => 1,
            Self::Wide(..) => 7,
        };
        (bounds + 1) * (comparison + 5)
    }

    /// Jumps when the number is greater than `bound`.
    fn jump_if_greater(self, assembler: &mut Assembler, bound: u128, to: Label) {
        match self {
            Self::Word(register) => {
                let bound = u32::try_from(bound).unwrap_or(u32::MAX);
                assembler.jump_if(register, Condition::Greater, bound, to);
            }
            Self::Wide(high, low) => {
                let (upper, lower) = ((bound >> 64) as u64, bound as u64);
                assembler.set_wide(R3, upper);
                assembler.jump_if_wide(high, Condition::Greater, R3, to);
                if lower != u64::MAX {
                    let not_greater = assembler.label();
                    assembler.jump_if_wide(high, Condition::Less, R3, not_greater);
                    assembler.set_wide(R3, lower);
                    assembler.jump_if_wide(low, Condition::Greater, R3, to);
                    assembler.place(not_greater);
                }
            }
        }
    }
}

/// A binary search; its depth is the logarithm of the number of bounds. `beyond` is the verdict for what is greater
/// than all bounds: whether it is refused.
fn search(assembler: &mut Assembler, subject: Subject, bounds: &[(u128, bool)], beyond: bool) {
    let middle = bounds.len() / 2;
    let (Some((bound, refused)), Some(below), Some(above)) = (
        bounds.get(middle),
        bounds.get(..middle),
        bounds.get(middle + 1..),
    ) else {
        assembler.verdict(!beyond);
        return;
    };
    let greater = assembler.label();
    let size = subject.size(below.len());
    if size <= NEAR {
        subject.jump_if_greater(assembler, *bound, greater);
    } else {
        let (near, on) = (assembler.label(), assembler.label());
        subject.jump_if_greater(assembler, *bound, near);
        assembler.jump_over(1, on);
        assembler.place(near);
        assembler.jump_over(size, greater);
        assembler.place(on);
    }
    search(assembler, subject, below, *refused);
    assembler.place(greater);
    search(assembler, subject, above, beyond);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_overlap_or_touch_become_one() {
        let set = Ranges::new([(5, 9), (1, 2), (3, 3), (8, 20), (30, 29)]);
        assert_eq!(set.0, [(1, 3), (5, 20)]);
    }

    #[test]
    fn the_difference_keeps_what_is_outside_of_the_holes() {
        let whole = Ranges::new([(0, 10), (20, 30), (40, 50)]);
        let holes = Ranges::new([(0, 3), (5, 5), (9, 22), (40, 60)]);
        assert_eq!(whole.without(&holes).0, [(4, 4), (6, 8), (23, 30)]);
        assert!(holes.without(&Ranges::new([(0, u128::MAX)])).is_empty());
        let all = Ranges::default().complement(u128::MAX);
        assert_eq!(all.0, [(0, u128::MAX)]);
        let inner = Ranges::new([(1, u128::MAX - 1)]);
        assert_eq!(
            inner.complement(u128::MAX).0,
            [(0, 0), (u128::MAX, u128::MAX)]
        );
    }
}
