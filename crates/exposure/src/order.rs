//! The order in which systemd-analyze prints the rows.

use std::cmp::Ordering;

use unitward_catalog::Version;

use crate::{CHECKS, Check, Exposure, Row};

impl Exposure<'_> {
    /// The rows in the order in which systemd-analyze of this version prints them: by text, descending, then by
    /// name. (The sort was meant for the weight; a column came to stand in front of it.)
    ///
    /// A row without text comes first in 262. 252 and 257 compare it with others by check order, which is no
    /// consistent order, so its place follows from the merge sort of the C library; that is done here too.
    #[must_use]
    pub fn sorted(&self, version: Version) -> Vec<&Row<'_>> {
        let mut placed: Vec<Placed<'_>> = self.rows.iter().zip(&PLACES).map(Placed::new).collect();
        if self.rows.iter().all(|row| row.text.is_some()) || version >= Version::new(258) {
            placed.sort_unstable_by(Placed::compare);
            return placed.iter().map(|placed| placed.row).collect();
        }
        // The table is sorted with its header line, which is smaller than everything.
        let mut cells: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..placed.len()).map(Some))
            .collect();
        merge_sort(&mut cells, &|a, b| {
            let (Some(a), Some(b)) = (a, b) else {
                return a.is_some().cmp(&b.is_some());
            };
            match (placed.get(a), placed.get(b)) {
                (Some(x), Some(y)) if x.row.text.is_some() && y.row.text.is_some() => x.compare(y),
                _ => b.cmp(&a),
            }
        });
        let rows = cells.into_iter().flatten().filter_map(|at| placed.get(at));
        rows.map(|placed| placed.row).collect()
    }
}

/// A row and its place.
struct Placed<'r> {
    /// That of the text in [`TEXTS`], doubled. A text that is not there has the odd number before the next one; rows
    /// without text come first.
    text: u16,
    name: u8,
    row: &'r Row<'r>,
}

impl<'r> Placed<'r> {
    fn new((row, places): (&'r Row<'_>, &Places)) -> Self {
        let text = match row.text.as_deref() {
            None => 0,
            Some(text) => places.of(row.check, text).unwrap_or_else(|| {
                let place = TEXTS.partition_point(|known| *known > text);
                match TEXTS.get(place) {
                    Some(known) if *known == text => even(place),
                    _ => even(place) - 1,
                }
            }),
        };
        Self {
            text,
            name: places.name,
            row,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_text = match self.text.cmp(&other.text) {
            Ordering::Equal if self.text % 2 == 1 => other.row.text.cmp(&self.row.text),
            by_place => by_place,
        };
        by_text.then_with(|| self.name.cmp(&other.name))
    }
}

/// Places behind that of the row without text.
const fn even(place: usize) -> u16 {
    (place as u16 + 1) * 2
}

/// Where the name and the texts of a check stand among those of all checks.
#[derive(Clone, Copy)]
struct Places {
    name: u8,
    texts: [u16; 3],
}

impl Places {
    /// The place of a text of the check itself.
    fn of(&self, check: &'static Check, text: &str) -> Option<u16> {
        texts(check)
            .into_iter()
            .zip(self.texts)
            .find(|(own, _)| std::ptr::eq(*own, text))
            .map(|(_, place)| place)
    }
}

const fn texts(check: &'static Check) -> [&'static str; 3] {
    [check.good, check.bad, check.not_applicable]
}

/// The texts of all checks, in descending order.
static TEXTS: [&str; CHECKS.len() * 3] = {
    let mut all = [""; CHECKS.len() * 3];
    let mut count = 0;
    while count < all.len() {
        let text = texts(&CHECKS[count / 3])[count % 3];
        let mut at = count;
        while at > 0 && is_greater(text, all[at - 1]) {
            all[at] = all[at - 1];
            at -= 1;
        }
        all[at] = text;
        count += 1;
    }
    all
};

/// The places of each check.
static PLACES: [Places; CHECKS.len()] = {
    let none = Places {
        name: 0,
        texts: [0; 3],
    };
    let mut places = [none; CHECKS.len()];
    let mut at = 0;
    while at < places.len() {
        let check = &CHECKS[at];
        let mut other = 0;
        while other < CHECKS.len() {
            places[at].name += is_greater(check.name, CHECKS[other].name) as u8;
            other += 1;
        }
        let mut kind = 0;
        while kind < 3 {
            places[at].texts[kind] = even(place(texts(check)[kind]));
            kind += 1;
        }
        at += 1;
    }
    places
};

/// The first place of one of [`TEXTS`].
const fn place(text: &str) -> usize {
    let (mut from, mut to) = (0, TEXTS.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        match is_greater(TEXTS[middle], text) {
            true => from = middle + 1,
            false => to = middle,
        }
    }
    from
}

/// `a > b`, for tables that the compiler makes.
const fn is_greater(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] > b[at];
        }
        at += 1;
    }
    a.len() > b.len()
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
