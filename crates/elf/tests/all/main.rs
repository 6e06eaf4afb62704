//! Closures of made-up and of real programs.

#![expect(clippy::unwrap_used, reason = "tests")]

mod compiled;
mod hostile;
mod implicit;
mod ldd;
mod search;
mod start;
mod support;
mod wx;
