//! The back end by ptrace(2).

mod decode;
mod follow;
mod memory;
mod resolve;
mod thread;
mod tracer;

pub use tracer::Tracer;
