//! The order in which systemd-analyze prints the rows.

use std::cmp::{Ordering, Reverse};

use unitward_catalog::Version;

use crate::{Exposure, Row};

impl Exposure<'_> {
    /// The rows in the order in which systemd-analyze of this version prints them: by text, descending, then by
    /// name. (The sort was meant for the weight; a column came to stand in front of it.)
    ///
    /// A row without text comes first in 262. 252 and 257 compare it with others by check order, which is no
    /// consistent order, so its place follows from the merge sort of the C library; that is done here too.
    #[must_use]
    pub fn sorted(&self, version: Version) -> Vec<&Row<'_>> {
        if self.rows.iter().all(|row| row.text.is_some()) || version >= Version::new(258) {
            let mut keyed: Vec<(Key, &Row<'_>)> =
                self.rows.iter().map(|row| (Key::of(row), row)).collect();
            keyed.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| by_rest(x, y)));
            return keyed.into_iter().map(|(_, row)| row).collect();
        }
        // The table is sorted with its header line, which is smaller than everything.
        let mut cells: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..self.rows.len()).map(Some))
            .collect();
        merge_sort(&mut cells, &|a, b| self.compare(a, b));
        cells
            .into_iter()
            .flatten()
            .filter_map(|at| self.rows.get(at))
            .collect()
    }

    fn compare(&self, a: Option<usize>, b: Option<usize>) -> Ordering {
        let (Some(a), Some(b)) = (a, b) else {
            return a.is_some().cmp(&b.is_some());
        };
        let (Some(x), Some(y)) = (self.rows.get(a), self.rows.get(b)) else {
            return Ordering::Equal;
        };
        match (&x.text, &y.text) {
            (Some(x_text), Some(y_text)) => by_text(x, y, x_text, y_text),
            _ => b.cmp(&a),
        }
    }
}

/// The start of a row's place: most rows are told apart by it without looking at their texts again.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    has_text: bool,
    start: Reverse<[u128; 2]>,
}

impl Key {
    fn of(row: &Row<'_>) -> Self {
        let text = row.text.as_deref().unwrap_or_default().as_bytes();
        let part = |from: usize| {
            let bytes = text.get(from..).unwrap_or_default();
            let mut part = [0; 16];
            let count = bytes.len().min(part.len());
            part[..count].copy_from_slice(&bytes[..count]);
            u128::from_be_bytes(part)
        };
        Self {
            has_text: row.text.is_some(),
            start: Reverse([part(0), part(16)]),
        }
    }
}

/// The order of rows whose texts start alike.
fn by_rest(a: &Row<'_>, b: &Row<'_>) -> Ordering {
    match (&a.text, &b.text) {
        (Some(a_text), Some(b_text)) => by_text(a, b, a_text, b_text),
        _ => a.check.name.cmp(b.check.name),
    }
}

fn by_text(a: &Row<'_>, b: &Row<'_>, a_text: &str, b_text: &str) -> Ordering {
    b_text
        .as_bytes()
        .cmp(a_text.as_bytes())
        .then_with(|| a.check.name.cmp(b.check.name))
}

/// A stable top-down merge sort that takes from the left half while it is not greater.
fn merge_sort<T: Copy>(items: &mut Vec<T>, compare: &impl Fn(T, T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge_sort(items, compare);
    merge_sort(&mut right, compare);
    let mut merged = Vec::with_capacity(items.len() + right.len());
    let (mut left, mut right) = (
        items.iter().copied().peekable(),
        right.into_iter().peekable(),
    );
    while let (Some(a), Some(b)) = (left.peek().copied(), right.peek().copied()) {
        if compare(a, b) == Ordering::Greater {
            merged.extend(right.next());
        } else {
            merged.extend(left.next());
        }
    }
    merged.extend(left);
    merged.extend(right);
    *items = merged;
}
