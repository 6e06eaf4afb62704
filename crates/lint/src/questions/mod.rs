//! Questions that several rules ask.

pub(crate) mod commands;
pub(crate) mod drop_ins;
pub(crate) mod lines;
pub(crate) mod meant;
pub(crate) mod mounts;
pub(crate) mod newer;
pub(crate) mod paths;
pub(crate) mod problems;
pub(crate) mod protections;
pub(crate) mod sandbox;
pub(crate) mod text;
pub(crate) mod user;
