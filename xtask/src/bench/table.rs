//! Tables in Markdown, with a verdict on each row that has a target.

use std::fmt;

/// Whether a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Missed,
    /// There was nothing to compare with.
    Skipped,
}

impl Verdict {
    pub(super) fn when(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }
}

/// A table with a title.
#[derive(Debug)]
pub(super) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    missed: Vec<String>,
}

impl Table {
    pub(super) fn new(title: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self {
            title: title.to_owned(),
            columns,
            rows: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// A table that sets unitward beside systemd-analyze.
    pub(super) fn compared(title: &str) -> Self {
        let columns = [
            "unitward",
            "time",
            "systemd-analyze",
            "times faster",
            "by processor time",
            "target",
        ];
        Self::new(title, &columns)
    }

    pub(super) fn row(
        &mut self,
        name: &str,
        cells: impl IntoIterator<Item = String>,
        target: &str,
        verdict: Verdict,
    ) {
        let word = match verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::Skipped => "skipped",
        };
        let last = format!("{target}: {word}");
        if verdict == Verdict::Missed {
            self.missed
                .push(format!("{}, {name}: {target}", self.title));
        }
        self.rows.push(
            [name.to_owned()]
                .into_iter()
                .chain(cells)
                .chain([last])
                .collect(),
        );
    }

    /// The rows whose target is missed.
    pub(super) fn missed(self) -> Vec<String> {
        self.missed
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.title)?;
        writeln!(f, "| {} |", self.columns.join(" | "))?;
        writeln!(f, "|{}", " --- |".repeat(self.columns.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// Nanoseconds for people.
pub(super) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds.abs() {
        value if value < 1e3 => (nanoseconds, "ns"),
        value if value < 1e6 => (nanoseconds / 1e3, "µs"),
        value if value < 1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    format!("{value:.2} {unit}")
}

/// KiB for people.
pub(super) fn bytes(kibibytes: u64) -> String {
    format!("{}.{} MiB", kibibytes / 1024, kibibytes % 1024 * 10 / 1024)
}
