//! Directories of root's that a service would be given with the user that it is started as.
//!
//! systemd hands over what RuntimeDirectory= and its like name, with all that is in it. That is proposed only for directories
//! that bear the name of the service, the program or the user, that nobody else owns a part of, and that log rotation does
//! not fill with files of another user.

use std::collections::{BTreeMap, BTreeSet};

use unitward_observe::{Kind, Use};

use super::view::{View, is_below};
use super::writes::{OWN, Own};

/// Directories to be handed over, by their directive.
pub(super) type Handed = BTreeMap<&'static Own, BTreeSet<String>>;

/// The directory to hand over for a path, or why it cannot be.
pub(super) fn directory(
    view: &View<'_>,
    path: &str,
    user: u32,
    name: &str,
) -> Option<Result<(&'static Own, String), String>> {
    let own = OWN.iter().find(|own| is_below(path, own.place))?;
    let rest = path.strip_prefix(own.place)?.strip_prefix('/')?;
    let top = rest.split('/').next()?;
    let place = format!("{}/{top}", own.place);
    if !is_its_own(view, top, name) {
        return None;
    }
    let is_made = view
        .facts
        .paths
        .get(&place)
        .is_some_and(|fact| fact.uses.contains(&Use::Create) && fact.kind != Some(Kind::File));
    match view.file(&place) {
        Some(file) if !file.is_dir() => return None,
        Some(file) if file.user != 0 && file.user != user => return None,
        None if !is_made => return None,
        _ => {}
    }
    if let Some(other) = owned_by_others(view, &place, user) {
        return Some(Err(format!("{other} belongs to somebody else")));
    }
    if let Some(file) = rotated_for_others(view, &place, name) {
        return Some(Err(format!(
            "log rotation makes the files in {place} anew for another user ({file})"
        )));
    }
    Some(Ok((own, top.to_owned())))
}

/// Whether a directory bears a name of the service.
fn is_its_own(view: &View<'_>, top: &str, user: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let commands = &view.settings().exec_start.0;
    let program = commands
        .first()
        .and_then(|command| command.path.rsplit('/').next());
    let unit = view.service.unit_name.split(['.', '@']).next();
    !top.is_empty() && top.bytes().all(is_plain) && [Some(user), program, unit].contains(&Some(top))
}

/// Something in a directory that is neither root's nor the user's.
fn owned_by_others(view: &View<'_>, place: &str, user: u32) -> Option<String> {
    const MOST: usize = 1000;
    let entries = std::fs::read_dir(view.outside(place)).ok()?;
    entries.take(MOST).flatten().find_map(|entry| {
        let path = format!("{place}/{}", entry.file_name().to_string_lossy());
        let file = view.file(&path)?;
        (file.user != 0 && file.user != user).then_some(path)
    })
}

/// A file of logrotate(8) that makes logs in a directory for another user.
fn rotated_for_others(view: &View<'_>, place: &str, name: &str) -> Option<String> {
    let entries = std::fs::read_dir(view.outside("/etc/logrotate.d")).ok()?;
    entries.flatten().find_map(|entry| {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        let is_about = text.contains(&format!("{place}/"));
        let makes = text.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.first() == Some(&"create") && words.get(2).is_some_and(|owner| *owner != name)
        });
        (is_about && makes)
            .then(|| format!("/etc/logrotate.d/{}", entry.file_name().to_string_lossy()))
    })
}
