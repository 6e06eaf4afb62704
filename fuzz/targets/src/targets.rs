//! One file a target.

mod config;
mod elf;
mod filter;
mod name;
mod settings;
mod syntax;
mod words;

pub use config::config;
pub use elf::elf_program;
pub use filter::filter_program;
pub use name::unit_name;
pub use settings::{policy, settings};
pub use syntax::unit_syntax;
pub use words::words;
