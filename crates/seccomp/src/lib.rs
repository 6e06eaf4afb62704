//! System calls: tables by architecture, systemd's sets by version, and system call filters.
//!
//! # Filters
//!
//! * [`Policy`]: all that shapes the filters of a process, as data. [`Policy::rules`] says what follows from
//!   it, rule by rule, with the directive that asks for it; [`Policy::compile`] makes one [`Program`] that
//!   answers as all filters of systemd together; [`Policy::decider`] says which directive decides on a call.
//! * [`Program`]: a classic BPF program, checked as the kernel checks it, with its text, and what it answers
//!   to a [`Call`]; [`evaluate`] is what several filters answer together.
//!
//! # Tables
//!
//! Static data, made when the crate is built from the files under `data/`; nothing is parsed or allocated
//! at run time, and using the crate costs nothing at start-up.
//!
//! * [`Syscall`]: a system call, small and ordered by name: `Syscall::by_name("openat")`, its
//!   [`number`](Syscall::number) on an [`Arch`], and back with [`Syscall::by_number`].
//! * [`SyscallSet`]: a set of system calls as a fixed bit field, `Copy`, with the usual operations.
//! * [`Sets`]: the `@` sets of a systemd version, with their members as systemd stores them (calls and
//!   further sets), expanded as a [`SyscallSet`] and in the order in which systemd meets the calls; and
//!   what that version's libseccomp makes of a name ([`Known`]).
//! * [`Arch`]: the architectures of `SystemCallArchitectures=`.
//! * [`Errno`]: error numbers by name, as `SystemCallErrorNumber=` takes them.
//! * [`filesystem_groups`]: the file system sets of `RestrictFileSystems=`.
//!
//! ```
//! use unitward_seccomp::{Arch, Known, Sets, Syscall};
//!
//! let sets = Sets::of(257);
//! let chown32 = Syscall::by_name("chown32").expect("a known name");
//! assert!(sets.flat("@chown").is_some_and(|calls| calls.contains(chown32)));
//! assert_eq!(sets.known(Arch::X86_64, chown32), Known::Elsewhere);
//! assert_eq!(chown32.number(Arch::X86), Some(212));
//! ```

mod action;
mod arch;
mod bpf;
mod compile;
mod decide;
mod errno;
mod evaluate;
mod filesystems;
mod graph;
mod policy;
mod rule;
mod rules;
mod sets;
mod syscall;
mod syscall_set;

pub use action::Action;
pub use arch::Arch;
pub use bpf::{Instruction, Invalid, Program};
pub use compile::{TooLong, compile};
pub use decide::{Answer, Decider, Decision};
pub use errno::Errno;
pub use evaluate::{Call, evaluate};
pub use filesystems::{FilesystemGroup, filesystem_groups, filesystem_magic};
pub use policy::{
    AddressFamilies, CallFilter, CallLog, Directive, ListMode, MemoryDenyWriteExecute, Policy,
};
pub use rule::{Calls, Op, Rule, Test, Width};
pub use sets::{Known, Sets, SyscallGroup};
pub use syscall::Syscall;
pub use syscall_set::{Iter, SyscallSet};

/// The tables that the build script makes from the data files.
mod tables {
    use crate::{FilesystemGroup, Sets, SyscallGroup, SyscallSet};

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
