//! # Working directory that the service does not see
//!
//! ## What it finds
//!
//! `WorkingDirectory=` below /home, /root or /run/user with `ProtectHome=yes` or `tmpfs`, or where another
//! setting hides it.
//!
//! ## Why it matters
//!
//! The directory is entered inside the sandbox, where it does not exist: the start fails with 200 (CHDIR).
//! Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! WorkingDirectory=/home/example
//! ProtectHome=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! WorkingDirectory=/var/lib/example
//! StateDirectory=example
//! ProtectHome=yes
//! ```
//!
//! ## References
//!
//! systemd.exec(5), WorkingDirectory=; `unitward explain 200`.

use unitward_settings::{Directory, Settings};

use crate::questions::paths::HOMES;
use crate::questions::view::Sight;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB007",
    name: "hidden-working-directory",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "the service cannot enter its working directory",
    directives: &["WorkingDirectory", "ProtectHome", "TemporaryFileSystem", "InaccessiblePaths"],
    source: include_str!("hidden_working_directory.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let work = &settings.working_directory;
    let (Some(Directory::Path(path)), false) = (&work.directory, work.optional) else {
        return;
    };
    let Some(view) = subject.view() else {
        return;
    };
    let by = match view.sight(path) {
        Sight::Shown => return,
        Sight::Inaccessible(by) => by,
        // An empty directory can be entered where it is mounted itself.
        Sight::Empty(_) if HOMES.contains(&path.as_str()) || is_mounted(settings, path) => return,
        Sight::Empty(by) => by,
    };
    report.add(
        place(work),
        format!("The service cannot enter {path}, which {by} hides: the start fails with 200/CHDIR"),
        "Use a directory that the service sees, such as that of StateDirectory=.",
    );
}

fn is_mounted(settings: &Settings, path: &str) -> bool {
    settings.temporary_file_system.0.iter().any(|item| item.value.path == path)
}
