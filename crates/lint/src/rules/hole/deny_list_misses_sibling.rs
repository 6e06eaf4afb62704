//! # Deny list that misses a sibling of a call
//!
//! ## What it finds
//!
//! `SystemCallFilter=~` with the name of a system call, while a call that does the same is still allowed:
//! `open` without `openat`, `chmod` without `fchmodat2`, `mount` without `move_mount`, `execve` without
//! `execveat`, `init_module` without `finit_module`.
//!
//! ## Why it matters
//!
//! Many system calls have grown siblings over the years, and a program can choose. What the list is meant to
//! deny is still possible. The sets that systemd brings, such as `@mount`, grow with it.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~chmod fchmod
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! SystemCallFilter=~chmod fchmod fchmodat fchmodat2
//! ```
//!
//! ## When to ignore
//!
//! Only the named call is dangerous for this program.
//!
//! ## References
//!
//! syscalls(2); `unitward syscall-filter CALL`.

use unitward_seccomp::{Arch, Sets, Syscall};

use crate::questions::filters;
use crate::questions::text::listed;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH012",
    name: "deny-list-misses-sibling",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a deny list names a system call and leaves another one that does the same",
    directives: &["SystemCallFilter"],
    source: include_str!("deny_list_misses_sibling.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let filter = &settings.system_call_filter;
    if filter.allow_list || filter.is_unfiltered() {
        return;
    }
    let sets = Sets::of(settings.version.number());
    let mut told = [false; SIBLINGS.len()];
    for (origin, denied, name) in filters::named(subject) {
        let groups = SIBLINGS.iter().zip(&mut told);
        for (group, told) in groups.filter(|(group, told)| denied && !**told && group.contains(&name)) {
            let known = |call: Syscall| sets.is_known(call) && sets.is_native(Arch::NATIVE, call);
            let missing: Vec<&str> = group
                .iter()
                .copied()
                .filter(|call| Syscall::by_name(call).is_some_and(|call| known(call) && filter.allows(call)))
                .collect();
            if missing.is_empty() || missing.contains(&name) {
                continue;
            }
            *told = true;
            report.add(
                Place::from(origin),
                format!("The deny list has {name} and leaves {}", listed(&missing)),
                format!("Add {} to the list.", listed(&missing)),
            );
        }
    }
}

/// Calls of which each can stand for the others.
const SIBLINGS: [&[&str]; 24] = [
    &["open", "openat", "openat2", "creat"],
    &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    &["chown", "fchown", "lchown", "fchownat"],
    &["mkdir", "mkdirat"],
    &["mknod", "mknodat"],
    &["link", "linkat"],
    &["symlink", "symlinkat"],
    &["unlink", "unlinkat"],
    &["rename", "renameat", "renameat2"],
    &["truncate", "ftruncate"],
    &["execve", "execveat"],
    &["fork", "vfork", "clone", "clone3"],
    &["mount", "move_mount", "fsmount"],
    &["init_module", "finit_module"],
    &["kexec_load", "kexec_file_load"],
    &["setuid", "setreuid", "setresuid"],
    &["setgid", "setregid", "setresgid"],
    &["ptrace", "process_vm_writev"],
    &["settimeofday", "clock_settime", "adjtimex", "clock_adjtime"],
    &["kill", "tkill", "tgkill", "pidfd_send_signal"],
    &["accept", "accept4"],
    &["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
    &["sched_setscheduler", "sched_setattr"],
    &["setrlimit", "prlimit64"],
];
