//! All processes, a line each.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;
use unitward_catalog::Capabilities;
use unitward_inspect::{Row, Seccomp};

use crate::ui;

/// Letters for the kinds of namespaces that a process has for itself.
const LETTERS: [(&str, char); 8] = [
    ("cgroup", 'c'),
    ("ipc", 'i'),
    ("mnt", 'm'),
    ("net", 'n'),
    ("pid", 'p'),
    ("time", 't'),
    ("user", 'u'),
    ("uts", 'h'),
];

/// The table.
pub(super) fn text(rows: &[Row]) -> String {
    let unit = |row: &Row| ui::printable(row.unit.as_deref().unwrap_or("-"));
    let widest = rows.iter().map(|row| unit(row).width()).max();
    let widest = widest.unwrap_or_default().clamp(4, 40);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:>7} {:>10} {:widest$} {:3} {:>5} {:>7} {:8} COMMAND",
        "PID", "USER", "UNIT", "NNP", "CAPS", "FILTERS", "OWN NS"
    );
    for row in rows {
        let rights = &row.rights;
        let unit = unit(row);
        let pad = " ".repeat(widest.saturating_sub(unit.width()));
        let privileges = match rights.no_new_privileges {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let held = rights
            .capabilities
            .permitted
            .intersection(Capabilities::NAMED);
        let filters = match (rights.seccomp, rights.filters) {
            (Some(Seccomp::Off), _) => "-".to_owned(),
            (Some(Seccomp::Strict), _) => "strict".to_owned(),
            (_, Some(count)) => count.to_string(),
            _ => "?".to_owned(),
        };
        let mut own: String = LETTERS
            .iter()
            .filter(|(kind, _)| row.own_namespaces.contains(kind))
            .map(|(_, letter)| *letter)
            .collect();
        if own.is_empty() {
            own.push(if row.namespaces_known { '-' } else { '?' });
        }
        let _ = writeln!(
            text,
            "{:>7} {:>10} {unit}{pad} {privileges:3} {:>5} {filters:>7} {own:8} {}",
            row.pid,
            rights.users[1],
            held.iter().count(),
            ui::printable(&row.name)
        );
    }
    text
}
