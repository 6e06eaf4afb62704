//! Running a service to see what it does, and whether it still works.

mod exercise;
mod scratch;
mod trial;
mod watch;

pub use exercise::Exercise;
pub use trial::{Complaint, Setup, Trial, TrialError, run};
