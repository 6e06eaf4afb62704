//! Assignments as they are written.

use unitward_unit::Origin;

use crate::subject::Subject;

/// The value of an assignment as it is written; none when it goes over several lines.
pub(crate) fn value(subject: &Subject<'_>, origin: Origin) -> Option<String> {
    let file = subject.unit.file(origin)?;
    let text = file.document.bytes().get(origin.span().range())?;
    let text = std::str::from_utf8(text).ok()?;
    let (_, value) = text.split_once('=')?;
    (!value.contains(['\n', '\r', '\0'])).then(|| value.trim().to_owned())
}

/// Whether an assignment depends on the instance of a template, so that its value is another one for each.
pub(crate) fn names_instance(subject: &Subject<'_>, origin: Origin) -> bool {
    let file = subject.unit.file(origin);
    let text = file.and_then(|file| file.document.bytes().get(origin.span().range()));
    let mut pairs = text.unwrap_or_default().windows(2);
    pairs.any(|pair| matches!(pair, b"%i" | b"%I" | b"%f" | b"%j" | b"%J"))
}
