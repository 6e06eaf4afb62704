//! Finding a row by its name without comparing names along the way.

use crate::hash::hash;

/// A table of places by name, filled by the build script: open addressing, at most half full.
#[derive(Debug)]
pub(crate) struct Names<const N: usize>(pub(crate) [u16; N]);

/// What stands in a free slot.
const FREE: u16 = u16::MAX;

impl<const N: usize> Names<N> {
    /// The first place where a row has this name.
    pub(crate) fn find<'t>(
        &self,
        name: &str,
        name_of: impl Fn(usize) -> Option<&'t str>,
    ) -> Option<usize> {
        let start = hash(name.as_bytes()) as usize % N;
        let (before, from) = self.0.split_at(start);
        from.iter()
            .chain(before)
            .take_while(|place| **place != FREE)
            .map(|place| usize::from(*place))
            .find(|place| name_of(*place) == Some(name))
    }
}
