//! The form prometheus.

use crate::check::report::Report;

pub(super) fn render(_: &Report<'_>) -> String {
    String::new()
}
