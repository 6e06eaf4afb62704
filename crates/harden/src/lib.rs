//! From what a service was seen to do to the settings that it works with.
//!
//! * [`derive`]: what was seen → lines with their evidence, and the ladder to weaker ones.
//! * [`verify`]: runs a service with its workload, observed or not, and says what came of it.

pub mod derive;
pub mod verify;

pub mod diagnose;
