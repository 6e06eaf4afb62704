//! From what a service was seen to do to the settings that it works with.
//!
//! * [`verify`]: runs a service with its workload, observed or not, and says what came of it.

pub mod verify;

pub mod diagnose;
