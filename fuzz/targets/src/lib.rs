//! The fuzz targets: plain functions that take any bytes and panic when something is wrong.
//!
//! A real fuzzer calls them from `fuzz/fuzz_targets`; the program of this package calls them on stable Rust with inputs
//! that it makes itself from [`seeds`], the same ones from the same numbers.

pub mod mutate;
pub mod seeds;
mod targets;

pub use targets::{elf_program, unit_name, unit_syntax, words};

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is also the name of its file under `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// What it tries.
    pub run: fn(&[u8]),
    /// Where its inputs start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "unit_syntax",
        run: unit_syntax,
        seeds: seeds::units,
    },
    Target {
        name: "words",
        run: words,
        seeds: seeds::values,
    },
    Target {
        name: "unit_name",
        run: unit_name,
        seeds: seeds::names,
    },
    Target {
        name: "elf_program",
        run: elf_program,
        seeds: seeds::programs,
    },
];
