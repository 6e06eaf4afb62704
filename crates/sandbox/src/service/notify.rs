//! What a service says about itself (sd_notify(3)).

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SocketAddrUnix,
    SocketFlags, SocketType,
};
use rustix::process::Pid;

/// The socket that messages come to.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    address: String,
    /// The socket in the file system, where an abstract one cannot be reached.
    path: Option<PathBuf>,
}

/// A message and its sender.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) sender: Option<Pid>,
    pub(super) message: Message,
}

/// What one message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) ready: bool,
    pub(super) reloading: bool,
    pub(super) stopping: bool,
    pub(super) status: Option<String>,
    pub(super) main: Option<Pid>,
    pub(super) watchdog: Option<Report>,
    pub(super) watchdog_span: Option<Duration>,
    pub(super) extend: Option<Duration>,
    /// Whether descriptors are to be kept for a later start of the service.
    pub(super) stores: bool,
}

/// What a service says to its watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// That all is well.
    Alive,
    /// That it has failed.
    Trigger,
}

/// Where a socket can be reached from inside the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the namespace of the network that unitward is in.
    SameNetwork,
    /// By a path only.
    Path,
}

/// A message is no longer than this (systemd's own limit is a page).
const LENGTH_MAX: usize = 4096;

impl Socket {
    /// Opens the socket. An abstract one leaves nothing behind, but belongs to one network namespace.
    pub(super) fn open(reach: Reach, folder: &Path) -> Result<Self, Errno> {
        let fd = rustix::net::socket_with(
            AddressFamily::UNIX,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        rustix::net::sockopt::set_socket_passcred(&fd, true)?;
        let name = format!("unitward-notify-{}", std::process::id());
        let (address, path) = match reach {
            Reach::SameNetwork => {
                let address = SocketAddrUnix::new_abstract_name(name.as_bytes())?;
                rustix::net::bind(&fd, &address)?;
                (format!("@{name}"), None)
            }
            Reach::Path => {
                // A folder of unitward's own may be left from an earlier run.
                let _ = rustix::fs::mkdir(folder, rustix::fs::Mode::from_raw_mode(0o755));
                let path = folder.join(name);
                let _ = rustix::fs::unlink(&path);
                rustix::net::bind(&fd, &SocketAddrUnix::new(&path)?)?;
                rustix::fs::chmod(&path, rustix::fs::Mode::from_raw_mode(0o777))?;
                (path.to_string_lossy().into_owned(), Some(path))
            }
        };
        Ok(Self { fd, address, path })
    }

    /// `$NOTIFY_SOCKET`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The next message, if there is one. Descriptors that come with it are closed: for a barrier that is the answer.
    pub(super) fn next(&self) -> Option<Received> {
        let mut bytes = [0; LENGTH_MAX];
        let mut space =
            [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253), ScmCredentials(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut vectors = [IoSliceMut::new(&mut bytes)];
        let received = rustix::net::recvmsg(
            &self.fd,
            &mut vectors,
            &mut control,
            RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
        )
        .ok()?;
        let mut sender = None;
        for message in control.drain() {
            match message {
                RecvAncillaryMessage::ScmCredentials(credentials) => {
                    sender = Some(credentials.pid);
                }
                RecvAncillaryMessage::ScmRights(descriptors) => descriptors.for_each(drop),
                _ => {}
            }
        }
        let text = bytes.get(..received.bytes).unwrap_or_default();
        Some(Received {
            sender,
            message: Message::parse(&String::from_utf8_lossy(text)),
        })
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Socket {
    /// Takes the socket out of the file system.
    pub(super) fn remove(&self) {
        if let Some(path) = &self.path {
            // Nothing is left to do when it is gone, or when others use the folder.
            let _ = rustix::fs::unlink(path);
            let _ = path.parent().map(rustix::fs::rmdir);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Message {
    /// Reads a message: assignments, a line each. What is not known says nothing.
    pub(super) fn parse(text: &str) -> Self {
        let mut message = Self::default();
        for line in text.split('\n') {
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let span = || value.parse().ok().map(Duration::from_micros);
            match (name, value) {
                ("READY", "1") => message.ready = true,
                ("RELOADING", "1") => message.reloading = true,
                ("STOPPING", "1") => message.stopping = true,
                ("STATUS", _) => message.status = Some(value.to_owned()),
                ("MAINPID", _) => {
                    let number = value.parse().ok().filter(|number| *number > 0);
                    message.main = number.and_then(Pid::from_raw);
                }
                ("WATCHDOG", "1") => message.watchdog = Some(Report::Alive),
                ("WATCHDOG", "trigger") => message.watchdog = Some(Report::Trigger),
                ("WATCHDOG_USEC", _) => message.watchdog_span = span(),
                ("EXTEND_TIMEOUT_USEC", _) => message.extend = span(),
                ("FDSTORE", "1") => message.stores = true,
                _ => {}
            }
        }
        message
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_message_may_say_several_things() {
        let message = Message::parse("READY=1\nSTATUS=All = well\nMAINPID=42\n");
        assert!(message.ready);
        assert_eq!(message.status.as_deref(), Some("All = well"));
        assert_eq!(message.main, Pid::from_raw(42));
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        let text = "READY=0\nMAINPID=x\nMAINPID=-3\nnoise\n=\nX_OWN=1\nEXTEND_TIMEOUT_USEC=-1";
        let message = Message::parse(text);
        assert!(!message.ready && message.extend.is_none());
        assert_eq!(message.main, None);
    }

    #[test]
    fn the_watchdog_hears_two_words() {
        assert_eq!(Message::parse("WATCHDOG=1").watchdog, Some(Report::Alive));
        assert_eq!(
            Message::parse("WATCHDOG=trigger").watchdog,
            Some(Report::Trigger)
        );
        assert_eq!(Message::parse("WATCHDOG=2").watchdog, None);
    }

    #[test]
    fn messages_come_with_their_sender() {
        let folder = std::env::temp_dir();
        let socket = Socket::open(Reach::SameNetwork, &folder).unwrap();
        assert!(socket.next().is_none());
        let name = socket.address().strip_prefix('@').unwrap();
        let to = SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap();
        let from = rustix::net::socket(AddressFamily::UNIX, SocketType::DGRAM, None).unwrap();
        rustix::net::sendto(&from, b"READY=1", rustix::net::SendFlags::empty(), &to).unwrap();
        let received = socket.next().unwrap();
        assert!(received.message.ready);
        assert_eq!(received.sender, Some(rustix::process::getpid()));
    }
}
