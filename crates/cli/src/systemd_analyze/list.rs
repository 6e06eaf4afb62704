//! Small tables and their JSON, as several verbs of systemd-analyze print them.

use std::fmt::Write as _;

use unitward_catalog::Version;

use super::args::Call;
use super::json::Form;
use super::table::Style;

/// A table.
pub(super) struct List {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column.
pub(super) struct Column {
    /// The heading, which in small letters is the key in JSON.
    pub(super) name: &'static str,
    /// Whether numbers stand in it.
    pub(super) is_number: bool,
}

/// A cell.
pub(super) enum Cell {
    Text(String),
    Number(u64),
}

impl List {
    /// A table without rows.
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The text in the form that the call asks for.
    pub(super) fn text(&self, call: &Call, version: Version, style: Style) -> String {
        match call.json {
            Some(form) => self.json(form),
            None => self.table(!call.no_legend, version, style),
        }
    }

    fn table(&self, legend: bool, version: Version, style: Style) -> String {
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::shown).collect())
            .collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let widest = rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(String::len)
                    .max();
                let heading = if legend { column.name.len() } else { 0 };
                widest.unwrap_or_default().max(heading)
            })
            .collect();
        let mut out = String::new();
        if legend {
            let names: Vec<String> = self
                .columns
                .iter()
                .map(|column| column.name.to_owned())
                .collect();
            match style.colors {
                true => self.painted_heading(&mut out, &widths, version),
                false => self.line(&mut out, &names, &widths),
            }
        }
        for row in &rows {
            self.line(&mut out, row, &widths);
        }
        out
    }

    /// One line: the last column is not padded behind.
    fn line(&self, out: &mut String, cells: &[String], widths: &[usize]) {
        for (at, ((cell, width), column)) in cells.iter().zip(widths).zip(&self.columns).enumerate()
        {
            if at > 0 {
                out.push(' ');
            }
            let _ = match column.is_number {
                true => write!(out, "{cell:>width$}"),
                false if at + 1 == cells.len() => write!(out, "{cell}"),
                false => write!(out, "{cell:<width$}"),
            };
        }
        out.push('\n');
    }

    /// The heading, underlined: 252 resets before each cell, later versions paint the gap by itself.
    fn painted_heading(&self, out: &mut String, widths: &[usize], version: Version) {
        for (at, (column, width)) in self.columns.iter().zip(widths).enumerate() {
            let name = column.name;
            let cell = if column.is_number {
                format!("{name:>width$}")
            } else {
                format!("{name:<width$}")
            };
            let gap = if at > 0 { " " } else { "" };
            let _ = match version >= Version::V257 {
                false => write!(out, "\x1b[0m\x1b[0;4m{gap}{cell}\x1b[0m"),
                true if at > 0 => write!(out, "\x1b[4m{gap}\x1b[0m\x1b[4m{cell}\x1b[0m"),
                true => write!(out, "\x1b[4m{cell}\x1b[0m"),
            };
        }
        out.push('\n');
    }

    fn json(&self, form: Form) -> String {
        if self.rows.is_empty() {
            return "[]\n".to_owned();
        }
        let keys: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.name.to_ascii_lowercase())
            .collect();
        let objects: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let colon = if form == Form::Short { ":" } else { " : " };
                let fields: Vec<String> = keys
                    .iter()
                    .zip(row)
                    .map(|(key, cell)| format!("\"{key}\"{colon}{}", cell.json()))
                    .collect();
                match form {
                    Form::Short => format!("{{{}}}", fields.join(",")),
                    Form::Pretty => format!("\t{{\n\t\t{}\n\t}}", fields.join(",\n\t\t")),
                }
            })
            .collect();
        match form {
            Form::Short => format!("[{}]\n", objects.join(",")),
            Form::Pretty => format!("[\n{}\n]\n", objects.join(",\n")),
        }
    }
}

impl Cell {
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    fn json(&self) -> String {
        match self {
            Self::Text(text) => super::json::quoted(text),
            Self::Number(number) => number.to_string(),
        }
    }
}
