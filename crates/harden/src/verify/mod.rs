//! Running a service to see what it does, and whether it still works.

mod exercise;
mod loosening;
mod probation;
mod prove;
mod scratch;
mod trial;
mod watch;

pub use exercise::Exercise;
pub use probation::{Probation, Refused, probation};
pub use prove::{Loosened, Means, Proof, ProveError, Prover, Step, prove, prove_on_probation};
pub use trial::{Complaint, Setup, Trial, TrialError, run};
