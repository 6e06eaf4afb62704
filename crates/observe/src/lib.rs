//! A running process to [`Facts`]: what it did, with the time and the place.
//!
//! [`Tracer`] is the back end by ptrace(2): it needs no privilege, and stops the process only for calls that carry facts
//! or that a generated filter could deny; a system call filter of its own, [`trace_filter`], picks them. Where this
//! process may load programs into the kernel, they tell in addition which capabilities were granted.

mod ebpf;
mod facts;
mod filter;
mod ptrace;
mod recorder;
mod shape;
mod sys;

pub use facts::{
    AddressKey, ArgumentKey, Backend, BadKey, CallFact, CallKey, Facts, FailedCall, HowEnded, Kind,
    MemoryKey, MemoryWay, PathFact, ProcessEnd, ReadError, Recording, Seen, SocketKey, Use,
};
pub use filter::trace_filter;
pub use ptrace::{Tracer, attach};
pub use shape::quiet as unseen_calls;
