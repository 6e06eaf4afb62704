//! The forms of check's output, one file each.

mod concise;
mod digest;
mod fingerprint;
mod full;
mod github;
mod html;
mod json;
mod junit;
mod prometheus;
mod sarif;
mod systemd;
mod uri;
mod words;

use super::report::Report;
use crate::args::{Check, Format};

/// The whole output of a call.
pub(super) fn render(args: &Check, report: &Report<'_>) -> String {
    match args.format {
        Format::Full => full::render(args, report),
        Format::Table => systemd::table(report),
        Format::Concise => concise::render(report),
        Format::Json => json::render(report),
        Format::SystemdJson => systemd::json(report),
        Format::Sarif => sarif::render(args, report),
        Format::Github => github::render(report),
        Format::Junit => junit::render(report),
        Format::Html => html::render(report),
        Format::Prometheus => prometheus::render(report),
    }
}
