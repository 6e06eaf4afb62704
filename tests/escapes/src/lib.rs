//! Known ways out of a sandbox, each tried without and with the setting that closes it.
//!
//! * [`table`]: the escapes: what is tried, under which settings, and what must stop it.
//! * [`programs`]: the C program under `programs/` that makes the attempts and the world around them.
//! * [`launch`]: who makes the sandbox: `unitward run`, a real systemd, or nobody.
//! * [`verdict`]: how an attempt ended.
//! * [`faults`]: system calls of the launcher's children made to fail, one after the other.
//! * [`host`]: what a launcher must leave as it was.
//! * [`golden`]: how it ended under real systemd versions.
//!
//! An attempt succeeds harmlessly: its world is a set of namespaces with victims and secrets of its own.

pub mod faults;
pub mod golden;
pub mod host;
pub mod launch;
pub mod programs;
pub mod table;
pub mod verdict;
