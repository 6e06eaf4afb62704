//! unitward beside a real systemd.
//!
//! * [`corpus`]: the unit files under `units/` and where the recorded results are.
//! * [`golden`]: what real systemd versions said about them, in a compact text form.
//! * [`analyze`]: calling `systemd-analyze security`, the real one or unitward in its place.
//! * [`filters`]: one system call filter beside those of a systemd, call by call.
//! * [`compare`]: two results side by side, with differences a person can read.
//! * [`generate`] and [`minimize`]: random units from a seed, and the smallest unit that still shows a difference.
//! * [`service`]: what a service finds itself in, under systemd and under `unitward run`.
//! * [`skip`]: how a test says that it could not run here.

pub mod analyze;
pub mod compare;
pub mod corpus;
pub mod filters;
pub mod generate;
pub mod golden;
pub mod minimize;
pub mod random;
pub mod service;
pub mod skip;
