//! From a plan to a process: the fork, what the child does, and the record that comes back when it cannot.

mod child;
mod mounts;
mod prepared;
mod spawn;
mod terminal;

pub(crate) use prepared::Prepared;
pub(crate) use spawn::{Spawned, spawn};
