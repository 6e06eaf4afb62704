//! Sandboxes that could not be made: by the step of the plan that failed.

use rustix::io::Errno;
use unitward_sandbox::{Exit, Failure};
use unitward_settings::{Item, MarkedPath, MarkedPaths};

use super::access::{self, Want};
use super::cause::{By, Cause, Relaxation};
use super::off::off;
use super::subject::Subject;
use super::{loosen, paths, start};

impl Subject<'_> {
    /// Why the sandbox could not be made, or the program not started in it: the likeliest cause first.
    #[must_use]
    pub fn causes_of_failure(&self, failure: &Failure) -> Vec<Cause> {
        if failure.exit == Some(Exit::EXEC) {
            let causes = executing(self, failure);
            if !causes.is_empty() {
                return causes;
            }
        }
        let directive = failure.cause.directive;
        let mut why = failure.to_string();
        if let Some(exit) = failure.exit {
            why = format!("{why} ({}/{exit})", exit.0);
        }
        if directive.is_empty() {
            return vec![Cause::elsewhere(By::Host, why)];
        }
        let mut cause = Cause::directive(directive, failure.cause.origin, why);
        if failure.exit == Some(Exit::NAMESPACE)
            && let Some(path) = failure.step.strip_prefix("find ")
        {
            if let Some(own) = loosen::own_directory(self, path) {
                cause = cause.or(own);
            }
            if let Some(optional) = self.optional(directive, path) {
                cause = cause.or(optional);
            }
        }
        if failure.exit == Some(Exit::CHDIR)
            && let Some(directory) = working_directory(self)
        {
            let blocked = blocked(self, &directory, failure);
            if !blocked.is_empty() {
                return blocked;
            }
            cause = cause.or(Relaxation::of("WorkingDirectory", format!("-{directory}")));
        }
        // What the service is for cannot be taken away from it.
        if !directive.starts_with("Exec") {
            cause = cause.or(off(directive));
        }
        vec![cause]
    }

    /// A list again, with a path that may be missing.
    fn optional(&self, directive: &'static str, path: &str) -> Option<Relaxation> {
        let s = self.settings;
        let list: &MarkedPaths = match directive {
            "ReadWritePaths" => &s.read_write_paths,
            "ReadOnlyPaths" => &s.read_only_paths,
            "InaccessiblePaths" => &s.inaccessible_paths,
            "ExecPaths" => &s.exec_paths,
            "NoExecPaths" => &s.no_exec_paths,
            _ => return None,
        };
        let word = |item: &Item<MarkedPath>| {
            let MarkedPath {
                path: own,
                optional,
                in_root,
            } = &item.value;
            let minus = if *optional || self.resolved(own) == path || own == path {
                "-"
            } else {
                ""
            };
            let plus = if *in_root { "+" } else { "" };
            format!("{minus}{plus}{own}")
        };
        let words: Vec<String> = list.0.iter().map(word).collect();
        Some(Relaxation::of(directive, "").and(directive, words.join(" ")))
    }
}

fn working_directory(subject: &Subject<'_>) -> Option<String> {
    use unitward_settings::Directory;
    match &subject.settings.working_directory.directory {
        Some(Directory::Path(path)) => Some(path.clone()),
        _ => None,
    }
}

/// Why a path cannot be used by what the plan makes of it.
fn blocked(subject: &Subject<'_>, path: &str, failure: &Failure) -> Vec<Cause> {
    let error = match failure.errno {
        Some(Errno::NOENT) => "ENOENT",
        Some(Errno::ACCESS) => "EACCES",
        Some(Errno::PERM) => "EPERM",
        Some(Errno::AGAIN) => "EAGAIN",
        _ => return Vec::new(),
    };
    let call = super::call("chdir", error, Some(path));
    let mut causes = paths::causes(subject, &call);
    causes.retain(|cause| cause.is_sandbox() || cause.by == By::Permissions);
    causes
}

/// Why a program was not started (203/EXEC).
fn executing(subject: &Subject<'_>, failure: &Failure) -> Vec<Cause> {
    let Some(process) = subject.process else {
        return Vec::new();
    };
    let path = subject.resolved(&process.command.path);
    let error = match failure.errno {
        Some(Errno::NOENT) => "ENOENT",
        Some(Errno::ACCESS) => "EACCES",
        Some(Errno::PERM) => "EPERM",
        Some(Errno::AGAIN) => "EAGAIN",
        _ => return Vec::new(),
    };
    let mut causes = subject.causes(&super::call("execve", error, Some(&path)));
    if error == "EACCES" && !causes.iter().any(Cause::is_sandbox) {
        // The interpreter may be what is not executed.
        for file in start::files(subject, &path) {
            causes.extend(paths::no_exec(subject, &file));
        }
        causes.sort_by_key(|cause| !cause.is_sandbox());
    }
    if error == "EPERM" {
        let why = format!("{path} has capabilities that the bounding set is without");
        if super::privileges::gains(&path) && subject.is_set("CapabilityBoundingSet") {
            causes.push(subject.switched_off("CapabilityBoundingSet", why));
        }
    }
    if error == "EACCES" && causes.is_empty() {
        causes = access::causes(subject, &path, Want::Execute);
    }
    causes
}
