//! The back end by ptrace(2).

mod attach;
mod decode;
mod follow;
mod memory;
mod resolve;
mod thread;
mod tracer;

pub use attach::attach;
pub use tracer::Tracer;
