//! The tables and the JSON of systemd-analyze security.

use std::fmt::Write as _;

use crate::check::report::Report;
use crate::systemd_analyze::{Style, unit_json, unit_table};

/// One table a unit; for several units also the overview that systemd-analyze prints of a running system.
pub(super) fn table(report: &Report<'_>) -> String {
    let style = Style::of_environment();
    let mut out = String::new();
    for unit in &report.units {
        match (unit.exposure(), unit.reason()) {
            (Some(exposure), _) => {
                unit_table(&mut out, &unit.name, exposure, report.version, style)
            }
            (None, Some(reason)) => {
                let _ = writeln!(out, "{}: {reason}", unit.name);
            }
            (None, None) => {}
        }
        if report.units.len() > 1 {
            out.push('\n');
        }
    }
    if report.units.len() > 1 {
        overview(&mut out, report, style);
    }
    out
}

fn overview(out: &mut String, report: &Report<'_>, style: Style) {
    let rated = || {
        report
            .units
            .iter()
            .filter_map(|unit| Some((unit, unit.exposure()?.level())))
    };
    let width = rated()
        .map(|(unit, _)| unit.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(4);
    let _ = writeln!(out, "{:width$} EXPOSURE PREDICATE HAPPY", "UNIT");
    for (unit, level) in rated() {
        let face = if style.emoji {
            level.level().emoji()
        } else {
            level.level().ascii()
        };
        let _ = writeln!(
            out,
            "{:width$} {:>8} {:9} {face}",
            unit.name,
            level.to_string(),
            level.level().name()
        );
    }
}

/// One array a unit, one a line.
pub(super) fn json(report: &Report<'_>) -> String {
    let mut out = String::new();
    for exposure in report.units.iter().filter_map(|unit| unit.exposure()) {
        unit_json(
            &mut out,
            exposure,
            report.version,
            crate::systemd_analyze::Form::Short,
            false,
        );
    }
    out
}
