//! Memory that becomes executable.

use unitward_observe::FailedCall;

use super::cause::Cause;
use super::subject::{Subject, argument};

/// Causes of a refused mapping: `MemoryDenyWriteExecute=` by PR_SET_MDWE (EACCES; prctl(2)) or by a filter (EPERM), or a
/// file on a mount without execution.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    const EXECUTE: u64 = 4;
    const SHM_EXEC: u64 = 0o100_000;
    if !matches!(failure.error.as_str(), "EPERM" | "EACCES") {
        return Vec::new();
    }
    let executes = match failure.call.as_str() {
        "mmap" | "mmap2" | "mprotect" | "pkey_mprotect" => argument(failure, 2) & EXECUTE != 0,
        "shmat" => argument(failure, 2) & SHM_EXEC != 0,
        _ => return Vec::new(),
    };
    if !executes {
        return Vec::new();
    }
    let denies = subject.settings.memory_deny_write_execute.0;
    let mut causes = Vec::new();
    if let Some(path) = &failure.path {
        causes.extend(super::paths::no_exec(subject, path));
    }
    let of_file = matches!(failure.call.as_str(), "mmap" | "mmap2")
        && argument(failure, 3) & 0x20 == 0
        && argument(failure, 2) & 2 == 0;
    if denies && !of_file {
        let why = "memory that was, or could be, written may not become executable";
        causes.push(subject.switched_off("MemoryDenyWriteExecute", why));
    }
    causes
}
