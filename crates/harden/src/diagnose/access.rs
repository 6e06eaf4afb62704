//! Ordinary permissions: what the owner and the mode of a file allow whom the service runs as.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use unitward_catalog::Capability;

use super::cause::{By, Cause};
use super::privileges;
use super::subject::Subject;

/// What is wanted of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want {
    Read,
    Execute,
    Write,
    /// To make it, or to write to it where it is there.
    Create,
    /// To change what its folder has: another name, or none.
    Entry,
}

/// Why a path may not be used by whom the service runs as.
pub(super) fn causes(subject: &Subject<'_>, path: &str, want: Want) -> Vec<Cause> {
    let Some((denying, metadata)) = denying(subject, path, want) else {
        return unmapped(subject, path);
    };
    let owner = owner(metadata.uid(), "passwd");
    let mode = metadata.mode() & 0o7777;
    let user = subject.user();
    let words = format!(
        "{denying} is owned by {owner} with the mode {mode:04o} and the service runs as {user}"
    );
    // Who has the capability does not meet permissions.
    if subject.uid == 0 {
        let read = matches!(want, Want::Read);
        let mut causes = Vec::new();
        for capability in [Capability::DAC_OVERRIDE, Capability::DAC_READ_SEARCH] {
            if capability == Capability::DAC_READ_SEARCH && !read {
                continue;
            }
            if subject.lacks(capability) {
                causes.extend(privileges::lacking(subject, capability, &words));
            }
        }
        if causes.is_empty() {
            causes.push(Cause::elsewhere(By::Permissions, words));
        }
        return causes;
    }
    if subject.settings.dynamic_user.0 {
        let words = format!(
            "{denying} is owned by {owner}, and DynamicUser= gives the service a user of its own"
        );
        return vec![subject.switched_off("DynamicUser", words)];
    }
    vec![Cause::elsewhere(By::Permissions, words)]
}

/// In a user namespace of its own even root is nobody to the files of others.
fn unmapped(subject: &Subject<'_>, path: &str) -> Vec<Cause> {
    if !subject.is_set("PrivateUsers")
        || *subject.settings.private_users == unitward_settings::PrivateUsers::No
    {
        return Vec::new();
    }
    let why = format!(
        "{path} is not the service's own, and in its user namespace the service has no right over it"
    );
    vec![subject.switched_off("PrivateUsers", why)]
}

/// The first part of a path that denies what is wanted.
fn denying(subject: &Subject<'_>, path: &str, want: Want) -> Option<(String, Metadata)> {
    let whole = Path::new(path);
    let mut parts: Vec<&Path> = whole.ancestors().collect();
    parts.reverse();
    let last = parts.len().saturating_sub(1);
    let mut folder: Option<(String, Metadata)> = None;
    for (at, part) in parts.into_iter().enumerate() {
        let shown = part.to_string_lossy().into_owned();
        let found = subject
            .on_host(&shown)
            .and_then(|real| std::fs::metadata(real).ok());
        let Some(metadata) = found else {
            // What is made needs a folder that can be written to.
            let is_made = want >= Want::Create && at == last;
            return folder.filter(|(_, folder)| is_made && !allows(subject, folder, 2));
        };
        let bits = match (at == last, want) {
            (false, _) | (true, Want::Execute) => 1,
            (true, Want::Read) => 4,
            (true, Want::Write | Want::Create) => 2,
            // The folder counts.
            (true, Want::Entry) => return folder.filter(|(_, folder)| !allows(subject, folder, 2)),
        };
        if !allows(subject, &metadata, bits) {
            return Some((shown, metadata));
        }
        folder = Some((shown, metadata));
    }
    None
}

fn allows(subject: &Subject<'_>, metadata: &Metadata, bits: u32) -> bool {
    let mode = metadata.mode();
    let shift = if metadata.uid() == subject.uid {
        6
    } else if metadata.gid() == subject.gid || subject.groups.contains(&metadata.gid()) {
        3
    } else {
        0
    };
    (mode >> shift) & bits == bits
}

/// The name of a user or a group by its number, from the files of the host.
fn owner(id: u32, database: &str) -> String {
    let text = std::fs::read_to_string(format!("/etc/{database}")).unwrap_or_default();
    let name = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number = fields.nth(1)?;
        (number.parse() == Ok(id)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {id}"))
}
