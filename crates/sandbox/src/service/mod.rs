//! A unit's service from its start to its end: its commands, what it is told and tells, and how it is stopped.

mod bus;
pub(crate) mod credentials;
mod data;
mod descriptors;
mod event;
mod guardian;
pub(crate) mod journal;
mod life;
mod members;
mod notify;
mod options;
mod outcome;
mod plan;
mod start;
mod stop;
mod supervisor;
mod terminal;

pub use event::Event;
pub use life::{Life, Timeouts};
pub use options::{Options, Parting, StreamChoice};
pub use outcome::{Ending, Outcome, ServiceResult};
pub use plan::Plan;
