//! The fuzz targets: plain functions that take any bytes and panic when something is wrong.
//!
//! A real fuzzer calls them from `fuzz/fuzz_targets`; the program of this package calls them on stable Rust with inputs
//! that it makes itself from [`seeds`], the same ones from the same numbers.

pub mod mutate;
pub mod seeds;
mod targets;

pub use targets::{
    config, elf_program, filter_program, policy, settings, unit_name, unit_syntax, words,
};

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is also the name of its file under `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// What it tries.
    pub run: fn(&[u8]),
    /// Where its inputs start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// It is slow: it gets one of so many of the runs asked for.
    pub share: u64,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "unit_syntax",
        run: unit_syntax,
        seeds: seeds::units,
        share: 1,
    },
    Target {
        name: "words",
        run: words,
        seeds: seeds::values,
        share: 1,
    },
    Target {
        name: "unit_name",
        run: unit_name,
        seeds: seeds::names,
        share: 1,
    },
    Target {
        name: "elf_program",
        run: elf_program,
        seeds: seeds::programs,
        share: 1,
    },
    Target {
        name: "filter_program",
        run: filter_program,
        seeds: seeds::filters,
        share: 1,
    },
    Target {
        name: "settings",
        run: settings,
        seeds: seeds::units,
        share: 10,
    },
    Target {
        name: "config",
        run: config,
        seeds: seeds::configs,
        share: 1,
    },
    Target {
        name: "policy",
        run: policy,
        seeds: seeds::policies,
        share: 1,
    },
];
