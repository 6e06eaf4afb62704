//! The verbs, one file each.

pub(crate) mod capability;
pub(crate) mod cat;
pub(crate) mod completions;
pub(crate) mod diagnose;
pub(crate) mod explain;
pub(crate) mod harden;
pub(crate) mod inspect;
pub(crate) mod man_pages;
pub(crate) mod observe;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod syscall_filter;
