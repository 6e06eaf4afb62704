//! A table by name that is filled once: small, and quick to make from tens of thousands of names.

/// Names, each with what it means, sorted.
#[derive(Debug)]
pub(super) struct Names<T> {
    /// All names, one after the other.
    text: String,
    rows: Vec<(u32, u32, T)>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self {
            text: String::new(),
            rows: Vec::new(),
        }
    }
}

impl<T> Names<T> {
    /// Adds a name. Before names are looked up, they must be sorted.
    pub(super) fn push(&mut self, name: &str, meaning: T) {
        let start = self.text.len();
        self.text.push_str(name);
        // Directories with more names than this are not read to their end.
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(self.text.len())) {
            self.rows.push((start, end, meaning));
        }
    }

    pub(super) fn sort(&mut self) {
        let text = &self.text;
        self.rows
            .sort_unstable_by(|a, b| name(text, a).cmp(name(text, b)));
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&T> {
        let found = self
            .rows
            .binary_search_by(|row| name(&self.text, row).cmp(wanted));
        Some(&self.rows.get(found.ok()?)?.2)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.rows.iter().map(|row| (name(&self.text, row), &row.2))
    }
}

fn name<'t, T>(text: &'t str, row: &(u32, u32, T)) -> &'t str {
    text.get(row.0 as usize..row.1 as usize).unwrap_or_default()
}
