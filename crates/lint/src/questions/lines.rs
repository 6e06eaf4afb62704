//! Assignments as they are written.

use std::collections::HashMap;

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

/// Which assignments depend on the instance of a template, so that their value is another one for each.
pub(crate) struct InstanceLines<'s, 'a> {
    subject: &'s Subject<'a>,
    known: HashMap<(u32, u32), bool>,
}

impl<'s, 'a> InstanceLines<'s, 'a> {
    pub(crate) fn of(subject: &'s Subject<'a>) -> Self {
        let known = HashMap::new();
        Self { subject, known }
    }

    /// Whether this assignment does.
    pub(crate) fn has(&mut self, origin: Origin) -> bool {
        let subject = self.subject;
        let names = || {
            let file = subject.unit.file(origin);
            let text = file.and_then(|file| file.document.bytes().get(origin.span().range()));
            let mut pairs = text.unwrap_or_default().windows(2);
            pairs.any(|pair| matches!(pair, b"%i" | b"%I" | b"%f" | b"%j" | b"%J"))
        };
        let key = (origin.file, origin.start);
        *self.known.entry(key).or_insert_with(names)
    }
}
