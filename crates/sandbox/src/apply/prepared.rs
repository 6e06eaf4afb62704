//! What the child needs for exec, made before the fork.

use std::cell::Cell;
use std::ffi::CString;

use crate::sys::Pointers;

/// The program, its arguments and its environment.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Where the program may be, in the order of the search.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Pointers,
    pub(crate) envp: Pointers,
    /// Descriptors that steps pass among themselves; -1 for none.
    pub(crate) slots: Vec<Cell<i32>>,
}

impl Prepared {
    /// Prepares an exec.
    pub(crate) fn new(
        candidates: Vec<CString>,
        argv: Vec<CString>,
        environment: Vec<CString>,
        slots: usize,
    ) -> Self {
        Self {
            candidates,
            argv: Pointers::new(argv),
            envp: Pointers::new(environment),
            slots: std::iter::repeat_with(|| Cell::new(-1))
                .take(slots)
                .collect(),
        }
    }
}
