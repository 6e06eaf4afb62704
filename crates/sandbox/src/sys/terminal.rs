//! Terminals.

use std::os::fd::{AsFd, AsRawFd as _};

use rustix::io::Errno;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OutputModes, SpecialCodeIndex, Termios,
};

use super::result;

/// Makes a terminal the controlling one of this session, with `force` even when it is that of another session
/// (TIOCSCTTY).
pub(crate) fn make_controlling(terminal: impl AsFd, force: bool) -> Result<(), Errno> {
    let fd = terminal.as_fd().as_raw_fd();
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "rustix's form does not take force")]
    let returned = unsafe { libc::ioctl(fd, libc::TIOCSCTTY, i32::from(force)) };
    result(returned.into()).map(drop)
}

/// Makes all who have a terminal open lose it (TIOCVHANGUP).
pub(crate) fn hang_up(terminal: impl AsFd) -> Result<(), Errno> {
    /// Of asm-generic/ioctls.h; the C library does not have it.
    const TIOCVHANGUP: libc::Ioctl = 0x5437;
    let fd = terminal.as_fd().as_raw_fd();
    // SAFETY: takes no argument.
    #[expect(unsafe_code, reason = "TIOCVHANGUP is not in rustix")]
    let returned = unsafe { libc::ioctl(fd, TIOCVHANGUP, 0) };
    result(returned.into()).map(drop)
}

/// The modes of a terminal that was just switched on: lines, echo, and signals from the keyboard (`TTYReset=`).
pub(crate) fn set_usual_modes(modes: &mut Termios) {
    modes.input_modes -= InputModes::IGNBRK
        | InputModes::BRKINT
        | InputModes::ISTRIP
        | InputModes::INLCR
        | InputModes::IGNCR;
    modes.input_modes |= InputModes::ICRNL | InputModes::IMAXBEL | InputModes::IUTF8;
    modes.output_modes |= OutputModes::ONLCR | OutputModes::OPOST;
    modes.control_modes |= ControlModes::CREAD;
    modes.local_modes = LocalModes::ISIG
        | LocalModes::ICANON
        | LocalModes::IEXTEN
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK
        | LocalModes::ECHOCTL
        | LocalModes::ECHOKE;
    let codes = [
        (SpecialCodeIndex::VINTR, 3),
        (SpecialCodeIndex::VQUIT, 28),
        (SpecialCodeIndex::VERASE, 127),
        (SpecialCodeIndex::VKILL, 21),
        (SpecialCodeIndex::VEOF, 4),
        (SpecialCodeIndex::VSTART, 17),
        (SpecialCodeIndex::VSTOP, 19),
        (SpecialCodeIndex::VSUSP, 26),
        (SpecialCodeIndex::VLNEXT, 22),
        (SpecialCodeIndex::VWERASE, 23),
        (SpecialCodeIndex::VREPRINT, 18),
        (SpecialCodeIndex::VEOL, 0),
        (SpecialCodeIndex::VEOL2, 0),
        (SpecialCodeIndex::VTIME, 0),
        (SpecialCodeIndex::VMIN, 1),
    ];
    for (index, code) in codes {
        modes.special_codes[index] = code;
    }
}
