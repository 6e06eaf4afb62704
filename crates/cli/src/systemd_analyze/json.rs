//! The JSON of systemd-analyze security (`--json=short` and `--json=pretty`).

use std::fmt::Write as _;

use unitward_catalog::Version;
use unitward_exposure::{Exposure, Row};

/// The form of the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line, no blanks.
    Short,
    /// Tabs, and a blank on both sides of each colon.
    Pretty,
}

/// The array of one unit, with a line end.
pub(crate) fn unit_json(
    out: &mut String,
    exposure: &Exposure<'_>,
    version: Version,
    form: Form,
    debug: bool,
) {
    let [open, between, close] = match form {
        Form::Short => ["[", ",", "]\n"],
        Form::Pretty => ["[\n", ",\n", "\n]\n"],
    };
    out.push_str(open);
    for (at, row) in exposure.sorted(version).into_iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        object(out, row, exposure, form, debug);
    }
    out.push_str(close);
}

fn object(out: &mut String, row: &Row<'_>, exposure: &Exposure<'_>, form: Form, debug: bool) {
    let mark = match row.badness {
        None => "null",
        Some(0) => "true",
        Some(_) => "false",
    };
    let mut fields: Vec<(&str, String)> = vec![
        ("set", mark.to_owned()),
        ("name", quoted(row.check.name)),
        ("json_field", quoted(row.check.id)),
        (
            "description",
            row.text
                .as_deref()
                .map_or_else(|| "null".to_owned(), quoted),
        ),
    ];
    if debug {
        fields.push(("weight", row.weight.to_string()));
        fields.push(("badness", row.badness.unwrap_or(u64::MAX).to_string()));
        fields.push(("range", row.range.to_string()));
    }
    let number = exposure
        .of_row(row)
        .map_or_else(|| "null".to_owned(), |tenths| format!("\"{tenths}\""));
    fields.push(("exposure", number));
    let (open, between, colon, close) = match form {
        Form::Short => ("{", ",", ":", "}"),
        Form::Pretty => ("\t{\n\t\t", ",\n\t\t", " : ", "\n\t}"),
    };
    out.push_str(open);
    for (at, (key, value)) in fields.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        let _ = write!(out, "\"{key}\"{colon}{value}");
    }
    out.push_str(close);
}

/// A JSON string: characters beyond ASCII stand as they are.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
