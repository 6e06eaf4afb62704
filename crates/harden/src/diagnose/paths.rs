//! Paths that cannot be used: by the mount tree of the plan, or by ordinary permissions.

use std::path::Path;

use unitward_observe::FailedCall;
use unitward_sandbox::plan::{Content, TreeEntry};
use unitward_settings::{ProcSubset, ProtectProc};

use super::access::{self, Want};
use super::cause::{By, Cause};
use super::loosen::loosen;
use super::subject::{Subject, argument, exists, int};

/// Causes of a call that failed on a path.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let Some(asked) = &failure.path else {
        return Vec::new();
    };
    if !asked.starts_with('/') {
        return Vec::new();
    }
    let path = subject.resolved(asked);
    let want = want(failure);
    match failure.error.as_str() {
        "EROFS" => read_only(subject, &path, want),
        "EXDEV" | "EBUSY" => boundary(subject, &path),
        "ENOENT" | "ENOTDIR" | "ENXIO" | "ECONNREFUSED" | "ESRCH" => {
            missing(subject, failure, &path, want)
        }
        "EACCES" | "EPERM" => denied(subject, failure, &path, want),
        _ => Vec::new(),
    }
}

/// What the call wants of the path.
pub(super) fn want(failure: &FailedCall) -> Want {
    let flags = |at| int(failure, at);
    let open = |flags: i32| {
        if flags & libc::O_CREAT != 0 {
            Want::Create
        } else if flags & 3 != 0 || flags & libc::O_TRUNC != 0 {
            Want::Write
        } else {
            Want::Read
        }
    };
    match failure.call.as_str() {
        "open" => open(flags(1)),
        "openat" => open(flags(2)),
        // Its flags are in memory: the error tells.
        "openat2" if failure.error == "EROFS" => Want::Create,
        "execve" | "execveat" | "mmap" | "mmap2" => Want::Execute,
        "link" | "linkat" | "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat"
        | "rmdir" => Want::Entry,
        "creat" | "mkdir" | "mkdirat" | "mknod" | "mknodat" | "symlink" | "symlinkat" | "bind" => {
            Want::Create
        }
        "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "chown" | "lchown" | "fchown"
        | "fchownat" | "utime" | "utimes" | "utimensat" | "futimesat" | "truncate"
        | "ftruncate" | "setxattr" | "lsetxattr" | "fsetxattr" | "removexattr" | "lremovexattr"
        | "fallocate" | "connect" | "sendto" | "sendmsg" => Want::Write,
        "access" if argument(failure, 1) & 2 != 0 => Want::Write,
        "faccessat" | "faccessat2" if argument(failure, 2) & 2 != 0 => Want::Write,
        _ => Want::Read,
    }
}

fn read_only(subject: &Subject<'_>, path: &str, want: Want) -> Vec<Cause> {
    let decided = subject.places(path).find_map(|place| {
        place
            .read_only
            .map(|is_read_only| is_read_only.then_some(place))
    });
    match decided {
        Some(Some(place)) => {
            let why = match &place.content {
                Content::Hidden => format!("{} is hidden", place.path),
                _ => format!("{} is read-only for the service", place.path),
            };
            let want = want.max(Want::Write);
            vec![of_place(subject, place, why, path, want)]
        }
        _ => {
            let why = format!("{path} is read-only without the sandbox, too");
            vec![Cause::elsewhere(By::Host, why)]
        }
    }
}

/// A mount that the sandbox made is no place to rename or link across, nor to remove.
fn boundary(subject: &Subject<'_>, path: &str) -> Vec<Cause> {
    let Some(place) = subject
        .places(path)
        .find(|place| place.path != "/" && !place.cause.directive.is_empty())
    else {
        return Vec::new();
    };
    let why = format!("{} is a mount of its own in the sandbox", place.path);
    vec![
        Cause::directive(place.cause.directive, place.cause.origin, why)
            .or(super::off::off(place.cause.directive)),
    ]
}

fn missing(subject: &Subject<'_>, failure: &FailedCall, path: &str, want: Want) -> Vec<Cause> {
    if matches!(failure.call.as_str(), "execve" | "execveat") && failure.error == "ENOENT" {
        let causes = super::start::missing(subject, path);
        if !causes.is_empty() {
            return causes;
        }
    }
    if let Some(causes) = of_process(subject, path) {
        return causes;
    }
    let hidden = subject
        .places(path)
        .find(|place| place.content == Content::Hidden);
    if let Some(place) = hidden {
        let why = format!("{} is hidden from the service", place.path);
        return vec![of_place(subject, place, why, path, want)];
    }
    // What is to be made needs the folder.
    let needed = match want {
        Want::Create | Want::Entry => Path::new(path).parent().map_or_else(
            || path.to_owned(),
            |folder| folder.to_string_lossy().into_owned(),
        ),
        _ => path.to_owned(),
    };
    let place = subject
        .places(&needed)
        .find(|place| place.content != Content::Same);
    let there = subject.on_host(&needed).is_some_and(|real| exists(&real))
        && failure.error == "ENOENT"
        && !matches!(
            place.map(|place| &place.content),
            Some(Content::Kernel(_) | Content::Devices | Content::Empty)
        );
    let Some(place) = place.filter(|_| !there) else {
        if failure.error == "ENOENT" {
            return not_there(subject, path, want);
        }
        return Vec::new();
    };
    if !exists(&needed) {
        return not_there(subject, path, want);
    }
    let why = match &place.content {
        Content::Bound(source) => format!("the service sees {source} at {}", place.path),
        Content::Devices => format!("the service has a {} with few devices", place.path),
        Content::Kernel(kind) => format!("the service has a {kind} of its own at {}", place.path),
        _ => format!("the service has an empty {} of its own", place.path),
    };
    vec![of_place(subject, place, why, path, want)]
}

/// A path that is not there without the sandbox either.
fn not_there(subject: &Subject<'_>, path: &str, want: Want) -> Vec<Cause> {
    let missing = Path::new(path)
        .ancestors()
        .find(|above| above.parent().is_none_or(|parent| parent.exists()))
        .unwrap_or(Path::new(path));
    let why = format!(
        "{} is not there without the sandbox either",
        missing.display()
    );
    let mut cause = Cause::elsewhere(By::Missing, why);
    if want >= Want::Write
        && let Some(directory) = super::loosen::own_directory(subject, path)
    {
        cause = cause.or(directory);
    }
    vec![cause]
}

/// What is missing from /proc.
fn of_process(subject: &Subject<'_>, path: &str) -> Option<Vec<Cause>> {
    let rest = path.strip_prefix("/proc/")?;
    let first = rest.split('/').next().unwrap_or_default();
    let is_process =
        first.bytes().all(|byte| byte.is_ascii_digit()) || matches!(first, "self" | "thread-self");
    if is_process {
        let mut causes = Vec::new();
        if *subject.settings.protect_proc != ProtectProc::Default {
            let why = "processes of other users are hidden in /proc";
            causes.push(subject.switched_off("ProtectProc", why));
        }
        if subject.settings.private_pids.0 {
            let why = "the service sees its own processes only";
            causes.push(subject.switched_off("PrivatePIDs", why));
        }
        return (!causes.is_empty()).then_some(causes);
    }
    if *subject.settings.proc_subset == ProcSubset::Pid && exists(path) {
        let why = format!("/proc has nothing but processes, so there is no {path}");
        return Some(vec![subject.switched_off("ProcSubset", why)]);
    }
    None
}

fn denied(subject: &Subject<'_>, failure: &FailedCall, path: &str, want: Want) -> Vec<Cause> {
    let mut causes = Vec::new();
    if want == Want::Execute {
        causes.extend(no_exec(subject, path));
    }
    let hidden = subject
        .places(path)
        .find(|place| place.content == Content::Hidden);
    if let Some(place) = hidden {
        let why = format!("{} is hidden from the service", place.path);
        causes.push(of_place(subject, place, why, path, want));
        return causes;
    }
    if path.starts_with("/proc/") {
        causes.extend(of_process(subject, path).unwrap_or_default());
    }
    if failure.error == "EACCES" {
        causes.extend(access::causes(subject, path, want));
    }
    causes
}

/// Why nothing is executed from a path.
pub(super) fn no_exec(subject: &Subject<'_>, path: &str) -> Option<Cause> {
    let path = subject.resolved(path);
    let place = subject
        .places(&path)
        .find_map(|place| place.no_exec.map(|is_no_exec| is_no_exec.then_some(place)))??;
    let why = format!("programs and libraries of {} are not executed", place.path);
    Some(of_place(subject, place, why, &path, Want::Execute))
}

fn of_place(
    subject: &Subject<'_>,
    place: &TreeEntry,
    why: String,
    path: &str,
    want: Want,
) -> Cause {
    let mut cause = Cause::directive(place.cause.directive, place.cause.origin, why);
    for relaxation in loosen(subject, place, path, want) {
        cause = cause.or(relaxation);
    }
    cause
}
