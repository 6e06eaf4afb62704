//! Files that come after the main file.

use std::path::Path;

use unitward_unit::Origin;
use unitward_unit::load::Role;

use crate::subject::Subject;

/// Whether an assignment stands in a drop-in.
pub(crate) fn is_drop_in(subject: &Subject<'_>, origin: Origin) -> bool {
    subject
        .unit
        .file(origin)
        .is_some_and(|file| file.role == Role::DropIn)
}

/// Whether an assignment stands in a drop-in of all units of a type, such as `service.d/x.conf`.
pub(crate) fn is_type_wide(subject: &Subject<'_>, origin: Origin) -> bool {
    let folder = subject.unit.path(origin).parent().and_then(Path::file_name);
    let wide = format!("{}.d", subject.unit.name.kind());
    is_drop_in(subject, origin) && folder.is_some_and(|folder| folder == wide.as_str())
}

/// The place of an assignment in a message: the name of the file, and the line.
pub(crate) fn at(subject: &Subject<'_>, origin: Origin) -> String {
    let file = usize::try_from(origin.file)
        .ok()
        .and_then(|at| subject.settings().files.get(at));
    let name = file
        .and_then(|file| file.path.file_name())
        .unwrap_or_default();
    format!("{}:{}", name.to_string_lossy(), origin.line)
}
