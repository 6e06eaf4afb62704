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
