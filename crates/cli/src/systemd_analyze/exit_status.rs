//! `systemd-analyze exit-status`.

use unitward_catalog::{ExitStatus, Version, exit_statuses};

use super::Output;
use super::args::Call;
use super::list::{Cell, Column, List};
use super::number::number;
use super::table::Style;

/// Lists exit statuses.
pub(super) fn exit_status(call: &Call, version: Version, style: Style, output: &mut Output) {
    let mut list = List::new(vec![
        Column {
            name: "NAME",
            is_number: false,
        },
        Column {
            name: "STATUS",
            is_number: true,
        },
        Column {
            name: "CLASS",
            is_number: false,
        },
    ]);
    let words = call.words.get(1..).unwrap_or_default();
    let known = || {
        exit_statuses()
            .iter()
            .filter(|status| is_known(status, version))
    };
    let row = |status: &ExitStatus| {
        vec![
            Cell::Text(status.name.to_owned()),
            Cell::Number(u64::from(status.code)),
            Cell::Text(status.class.to_owned()),
        ]
    };
    if words.is_empty() {
        known().for_each(|status| list.row(row(status)));
    }
    for word in words {
        let named = known()
            .find(|status| status.name == word)
            .map(|status| u64::from(status.code));
        let Some(code) = named.or_else(|| number(word, 255)) else {
            return output.fail(format!("Invalid exit status \"{word}\"."));
        };
        match known().find(|status| u64::from(status.code) == code) {
            Some(status) => list.row(row(status)),
            None => list.row(vec![
                Cell::Text("-".to_owned()),
                Cell::Number(code),
                Cell::Text("-".to_owned()),
            ]),
        }
    }
    output.print(&list.text(call, version, style));
}

/// A version between two that were observed is treated as the older one.
fn is_known(status: &ExitStatus, version: Version) -> bool {
    status.since <= version.reference().number()
}
