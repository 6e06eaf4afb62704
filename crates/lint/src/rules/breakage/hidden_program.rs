//! # Program that the service does not see
//!
//! ## What it finds
//!
//! A program of a command below /home or /root with `ProtectHome=yes` or `tmpfs`, below a path of
//! `InaccessiblePaths=`, or in an empty `TemporaryFileSystem=` where nothing is bound. On the system itself,
//! also its interpreter, its loader and its libraries.
//!
//! ## Why it matters
//!
//! The program is looked up inside the sandbox. What is hidden does not exist there: the command fails with 203
//! (EXEC), or with 127 for a library. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! ExecStart=/home/example/bin/exampled
//! ProtectHome=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! ExecStart=/usr/local/bin/exampled
//! ProtectHome=yes
//! ```
//!
//! ## References
//!
//! systemd.exec(5); `unitward explain 203`.

use unitward_settings::ProtectSystem;

use crate::questions::commands::sandboxed;
use crate::questions::paths::is_within;
use crate::questions::programs;
use crate::questions::view::Sight;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB005",
    name: "hidden-program",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "a setting hides a program, or what it needs to start, from its own command",
    directives: &["ExecStart", "ProtectHome", "TemporaryFileSystem", "InaccessiblePaths", "BindReadOnlyPaths"],
    source: include_str!("hidden_program.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let Some(view) = subject.view() else {
        return;
    };
    for (name, command) in sandboxed(settings) {
        let needed = match subject.host {
            Some(host) => programs::files(host, &command.path),
            None => Vec::new(),
        };
        let whole = [command.path.as_str()].into_iter().chain(needed.iter().map(String::as_str));
        let hidden = whole.filter(|path| path.starts_with('/')).find_map(|path| match view.sight(path) {
            Sight::Shown => None,
            Sight::Inaccessible(by) | Sight::Empty(by) => Some((path.to_owned(), by)),
        });
        let Some((path, by)) = hidden.or_else(|| missing_link(subject, &command.path)) else {
            continue;
        };
        let what = match path == command.path {
            true => String::new(),
            false => format!(", which {} needs", command.path),
        };
        report.add(
            Place::from(command.origin),
            format!("{name}= fails, because {by} hides {path}{what}"),
            format!("Move it to /usr, or show it with BindReadOnlyPaths={path}; ProtectHome= needs the value tmpfs for that."),
        );
    }
}

/// A link such as /lib64 that a program goes through and that an empty root does not have.
fn missing_link(subject: &Subject<'_>, program: &str) -> Option<(String, String)> {
    let settings = subject.settings();
    let empty = settings.temporary_file_system.0.iter().any(|item| item.value.path == "/");
    let lists = [&settings.read_only_paths, &settings.read_write_paths];
    let cancelled = *settings.protect_system == ProtectSystem::Strict
        || lists.iter().any(|list| list.0.iter().any(|item| item.value.path == "/"));
    if !empty || cancelled {
        return None;
    }
    let shown = |link: &String| settings.binds.0.iter().any(|item| is_within(link, &item.value.destination));
    let links = programs::links(subject.host?, program);
    let link = links.into_iter().find(|link| !shown(link))?;
    Some((link, "TemporaryFileSystem=/".to_owned()))
}
