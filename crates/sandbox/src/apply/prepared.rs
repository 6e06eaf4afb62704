//! What the child needs for exec, made before the fork.

use std::cell::Cell;
use std::ffi::CString;

use rustix::process::Pid;

use crate::plan::PassedDescriptor;
use crate::sys::Pointers;

/// The program, its arguments, its environment and its descriptors.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Where the program may be, in the order of the search.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Pointers,
    pub(crate) envp: Pointers,
    /// Variables of the environment whose value is the number of the process.
    pub(crate) numbers: Vec<OwnNumber>,
    /// Descriptors that steps pass among themselves; -1 for none.
    pub(crate) slots: Vec<Cell<i32>>,
    /// What [`StreamSource::Given`](crate::plan::StreamSource::Given) stands for, by the number of the stream.
    pub(crate) streams: [i32; 3],
    /// The descriptors that become 3 and up. Their numbers are beyond all of these.
    pub(crate) passed: Vec<PassedDescriptor>,
    /// The process whose end is waited for: unitward.
    pub(crate) parent: Pid,
    /// `$INVOCATION_ID` as bytes, which the session keyring holds, too.
    pub(crate) invocation: [u8; 16],
}

/// A variable that the child completes with its own process number: the name, `=`, and room for the digits.
#[derive(Debug)]
pub(crate) struct OwnNumber {
    bytes: Box<[Cell<u8>]>,
    digits_at: usize,
}

/// The digits of the highest number, and the NUL behind them.
const ROOM: usize = 11;

impl Prepared {
    /// Prepares an exec. The variables of `own_numbers` are added to the environment.
    pub(crate) fn new(
        candidates: Vec<CString>,
        argv: Vec<CString>,
        environment: Vec<CString>,
        own_numbers: &[&str],
        slots: usize,
    ) -> Self {
        let numbers: Vec<OwnNumber> = own_numbers
            .iter()
            .map(|name| OwnNumber::new(name))
            .collect();
        let envp = Pointers::new(environment, numbers.iter().map(|number| &*number.bytes));
        Self {
            candidates,
            argv: Pointers::new(argv, std::iter::empty()),
            envp,
            numbers,
            slots: std::iter::repeat_with(|| Cell::new(-1))
                .take(slots)
                .collect(),
            streams: [-1; 3],
            passed: Vec::new(),
            parent: rustix::process::getpid(),
            invocation: [0; 16],
        }
    }
}

impl OwnNumber {
    fn new(name: &str) -> Self {
        let head = name.bytes().filter(|byte| *byte != 0).chain([b'=']);
        let bytes: Vec<Cell<u8>> = head.chain([0; ROOM]).map(Cell::new).collect();
        Self {
            digits_at: bytes.len() - ROOM,
            bytes: bytes.into(),
        }
    }

    /// Writes the number, without allocation.
    pub(super) fn write(&self, number: u32) {
        let mut digits = [0; ROOM - 1];
        let mut rest = number;
        let mut count = 0;
        for digit in &mut digits {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
            if rest == 0 {
                break;
            }
        }
        let places = self.bytes.iter().skip(self.digits_at);
        for (place, digit) in places.zip(digits.iter().take(count).rev()) {
            place.set(*digit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(number: u32) -> String {
        let variable = OwnNumber::new("PID");
        variable.write(number);
        let bytes = variable.bytes.iter().map(Cell::get);
        bytes
            .take_while(|byte| *byte != 0)
            .map(char::from)
            .collect()
    }

    #[test]
    fn numbers_are_written_with_all_their_digits() {
        assert_eq!(shown(0), "PID=0");
        assert_eq!(shown(4194304), "PID=4194304");
        assert_eq!(shown(u32::MAX), "PID=4294967295");
    }
}
