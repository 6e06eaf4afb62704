//! From what a service was seen to do to the settings that it works with.
//!
//! * [`mod@derive`]: what was seen → lines with their evidence, and the ladder to weaker ones.
//! * [`verify`]: runs a service with its workload, observed or not, says what came of it, and tries proposals.
//! * [`diagnose`]: a failed call → the directive that denied it, and the smallest change that lets it pass.

pub mod derive;
pub mod diagnose;
pub mod verify;
