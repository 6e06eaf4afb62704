//! One file a target.

mod elf;
mod name;
mod syntax;
mod words;

pub use elf::elf_program;
pub use name::unit_name;
pub use syntax::unit_syntax;
pub use words::words;
