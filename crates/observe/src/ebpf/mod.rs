//! What programs in the kernel see: capabilities that it grants.
//!
//! The programs are in C, in `bpf/`, and the object that `cargo xtask bpf` builds of them is part of this crate.

mod capabilities;
mod object;
mod types;

pub(crate) use capabilities::{Grant, Grants};
