//! Questions that several rules ask.

pub(crate) mod accounts;
pub(crate) mod capabilities;
pub(crate) mod commands;
pub(crate) mod directories;
pub(crate) mod drop_ins;
pub(crate) mod filters;
pub(crate) mod lines;
pub(crate) mod meant;
pub(crate) mod mounts;
pub(crate) mod newer;
pub(crate) mod paths;
pub(crate) mod problems;
pub(crate) mod programs;
pub(crate) mod protections;
pub(crate) mod sandbox;
pub(crate) mod text;
pub(crate) mod user;
pub(crate) mod view;
