//! The pseudo-terminal of a service, and the terminal of its user on the other side.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::{OptionalActions, Termios};

/// A pseudo-terminal, whose user side is standard input and output of unitward. The user's terminal is as it was when
/// the value goes.
pub(super) struct Terminal {
    service: Option<OwnedFd>,
    user: OwnedFd,
    /// The modes of the user's terminal, and its name.
    saved: Option<Saved>,
    /// What the user has typed and the service has not read.
    typed: Vec<u8>,
    input: Input,
}

/// How the user's terminal was.
#[derive(Clone)]
pub(super) struct Saved {
    modes: Termios,
    name: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    Ended,
}

/// What a terminal sends at the end of a text.
const END_OF_TEXT: u8 = 4;

impl Terminal {
    /// Opens a pseudo-terminal of the size of the user's, for a service of this user, and has every key go to it.
    pub(super) fn open(uid: Option<u32>) -> Result<Self, Errno> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let user = rustix::pty::openpt(flags)?;
        rustix::pty::unlockpt(&user)?;
        let service = rustix::pty::ioctl_tiocgptpeer(&user, flags)?;
        if let Some(uid) = uid {
            rustix::fs::fchown(&service, Some(Uid::from_raw(uid)), None)?;
        }
        rustix::io::ioctl_fionbio(&user, true)?;
        let mut terminal = Self {
            service: Some(service),
            user,
            saved: None,
            typed: Vec::new(),
            input: Input::Open,
        };
        terminal.resize();
        let input = std::io::stdin();
        if let Ok(modes) = rustix::termios::tcgetattr(&input) {
            let mut raw = modes.clone();
            raw.make_raw();
            let name = rustix::termios::ttyname(&input, Vec::new())?;
            rustix::termios::tcsetattr(&input, OptionalActions::Drain, &raw)?;
            let name = PathBuf::from(name.to_string_lossy().into_owned());
            terminal.saved = Some(Saved { modes, name });
        }
        Ok(terminal)
    }

    /// A copy of the service's side.
    pub(super) fn service_side(&self) -> Result<OwnedFd, Errno> {
        let service = self.service.as_ref().ok_or(Errno::IO)?;
        rustix::io::fcntl_dupfd_cloexec(service, 3)
    }

    /// Leaves the service's side to the service, so that its end is seen.
    pub(super) fn hand_over(&mut self) {
        self.service = None;
    }

    /// How the user's terminal was, for the guardian.
    pub(super) const fn saved(&self) -> Option<&Saved> {
        self.saved.as_ref()
    }

    /// Gives the service's terminal the size of the user's.
    pub(super) fn resize(&self) {
        // Without a terminal there is no size.
        if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdin()) {
            let _ = rustix::termios::tcsetwinsize(&self.user, size);
        }
    }

    /// What has to be waited for.
    pub(super) fn wait_for<'f>(&'f self, input: &'f std::io::Stdin, fds: &mut Vec<PollFd<'f>>) {
        let mut flags = PollFlags::IN;
        if !self.typed.is_empty() {
            flags |= PollFlags::OUT;
        } else if self.input == Input::Open {
            fds.push(PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN));
        }
        if self.service.is_none() {
            fds.push(PollFd::new(&self.user, flags));
        }
    }

    /// Carries what can be carried without waiting; `typed` says whether there is something from the user.
    pub(super) fn carry(&mut self, typed: bool) {
        let mut bytes = [0; 4096];
        if typed && self.typed.is_empty() && self.input == Input::Open {
            match rustix::io::read(std::io::stdin(), &mut bytes) {
                Ok(0) | Err(_) => {
                    self.input = Input::Ended;
                    self.typed.push(END_OF_TEXT);
                }
                Ok(count) => self.typed.extend(bytes.iter().take(count)),
            }
        }
        if let Ok(count) = rustix::io::write(&self.user, &self.typed) {
            self.typed.drain(..count.min(self.typed.len()));
        }
        while let Ok(count @ 1..) = rustix::io::read(&self.user, &mut bytes) {
            let mut rest = bytes.get(..count).unwrap_or_default();
            while !rest.is_empty() {
                match rustix::io::write(std::io::stdout(), rest) {
                    Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    // Nobody reads it any more.
                    Err(_) => break,
                }
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.carry(false);
        if let Some(saved) = &self.saved {
            // A terminal that is gone needs no modes.
            let now = OptionalActions::Flush;
            let _ = rustix::termios::tcsetattr(std::io::stdin(), now, &saved.modes);
        }
    }
}

impl Saved {
    /// Sets the terminal back, from a process that has it not open.
    pub(super) fn restore(&self) {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        if let Ok(terminal) = rustix::fs::open(&self.name, flags, Mode::empty()) {
            let _ = rustix::termios::tcsetattr(&terminal, OptionalActions::Now, &self.modes);
        }
    }
}
