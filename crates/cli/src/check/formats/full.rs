//! The form full.

use crate::check::report::Report;

pub(super) fn render(_: &crate::args::Check, _: &Report<'_>) -> String {
    String::new()
}
