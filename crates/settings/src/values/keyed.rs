//! Lists in which a later entry takes the place of an earlier one with the same key.

use std::collections::HashMap;

use crate::setting::Item;

/// Entries by key, in the order in which the keys came up; replacing and adding cost the same.
#[derive(Clone, Debug)]
pub struct Keyed<T> {
    items: Vec<Item<T>>,
    places: HashMap<String, usize>,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T: PartialEq> PartialEq for Keyed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T: Eq> Eq for Keyed<T> {}

impl<T> Keyed<T> {
    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, Item<T>> {
        self.items.iter()
    }

    /// The first entry.
    #[must_use]
    pub fn first(&self) -> Option<&Item<T>> {
        self.items.first()
    }

    /// The entry with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Item<T>> {
        self.items.get(*self.places.get(key)?)
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.places.clear();
    }

    pub(crate) fn insert(&mut self, key: String, item: Item<T>) {
        match self
            .places
            .get(&key)
            .and_then(|place| self.items.get_mut(*place))
        {
            Some(old) => *old = item,
            None => {
                self.places.insert(key, self.items.len());
                self.items.push(item);
            }
        }
    }
}

impl<'a, T> IntoIterator for &'a Keyed<T> {
    type Item = &'a Item<T>;
    type IntoIter = std::slice::Iter<'a, Item<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
