//! Making a terminal the controlling one of a process, taken by the child.

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Winsize};

use crate::plan::{Takeover, Terminal};
use crate::sys;

/// Opens the terminal, prepares it as the unit says, and puts it on standard input.
pub(super) fn take(terminal: &Terminal) -> Result<(), Errno> {
    let open = || {
        rustix::fs::openat(
            CWD,
            terminal.path.as_c_str(),
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    };
    let mut fd = open()?;
    if !rustix::termios::isatty(&fd) {
        return Err(Errno::NOTTY);
    }
    if terminal.reset {
        let mut modes = rustix::termios::tcgetattr(&fd)?;
        sys::set_usual_modes(&mut modes);
        rustix::termios::tcsetattr(&fd, OptionalActions::Now, &modes)?;
    }
    if terminal.hang_up {
        sys::hang_up(&fd)?;
        fd = open()?;
    }
    if let (rows, columns) = terminal.size
        && (rows.is_some() || columns.is_some())
    {
        let present = rustix::termios::tcgetwinsize(&fd)?;
        let size = Winsize {
            ws_row: rows.unwrap_or(present.ws_row),
            ws_col: columns.unwrap_or(present.ws_col),
            ..present
        };
        rustix::termios::tcsetwinsize(&fd, size)?;
    }
    if terminal.controls {
        sys::make_controlling(&fd, terminal.takeover == Takeover::Force)?;
    }
    sys::duplicate(std::os::fd::AsRawFd::as_raw_fd(&fd), terminal.number.into())
}
