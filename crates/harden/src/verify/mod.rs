//! Running a service to see what it does, and whether it still works.

mod exercise;
mod loosening;
mod prove;
mod scratch;
mod trial;
mod watch;

pub use exercise::Exercise;
pub use prove::{Loosened, Proof, ProveError, Prover, Step, prove};
pub use trial::{Complaint, Setup, Trial, TrialError, run};
