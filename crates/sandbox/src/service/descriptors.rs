//! Descriptors that a service is given: sockets, and the files of `OpenFile=` (sd_listen_fds(3)).

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use unitward_settings::{Item, OpenFile, Settings, Stream};

use crate::plan::PassedDescriptor;
use crate::sockets::Bound;
use crate::{Cause, Exit, Failure};

/// What one process is given, from 3 on.
#[derive(Debug, Default)]
pub(super) struct Passed {
    kept: Vec<OwnedFd>,
    names: Vec<String>,
}

impl Passed {
    /// Copies of sockets, and opened files.
    pub(super) fn collect(settings: &Settings, sockets: &[Bound]) -> Result<Self, Failure> {
        let mut passed = Self::default();
        let uses = |stream: &Stream| *stream == Stream::Word("socket");
        let as_stream = uses(&settings.standard_input.0)
            || uses(&settings.standard_output.0)
            || uses(&settings.standard_error.0);
        // A socket that is a standard stream is no further descriptor.
        let sockets = if as_stream { &[] } else { sockets };
        let count = sockets
            .iter()
            .map(|bound| bound.descriptors.len())
            .sum::<usize>()
            + settings.open_file.0.len();
        // Beyond all places where they will be, so that none is in the way of another.
        let floor = i32::try_from(count).unwrap_or(i32::MAX).saturating_add(3);
        let fail =
            |cause, step: String, errno| Failure::new(Exit::FDS, cause, step).with_errno(errno);
        for bound in sockets {
            for fd in &bound.descriptors {
                let copy = rustix::io::fcntl_dupfd_cloexec(fd, floor)
                    .map_err(|errno| fail(Cause::ALWAYS, "copy a socket".to_owned(), errno))?;
                passed.kept.push(copy);
                passed.names.push(bound.name.clone());
            }
        }
        for Item { value, origin } in &settings.open_file.0 {
            let opened = open(value).and_then(|fd| rustix::io::fcntl_dupfd_cloexec(fd, floor));
            match opened {
                Ok(fd) => {
                    passed.kept.push(fd);
                    passed.names.push(name(value));
                }
                Err(_) if value.options.contains(&"graceful") => {}
                Err(errno) => {
                    let cause = Cause::at("OpenFile", *origin);
                    return Err(fail(cause, format!("open {}", value.path), errno));
                }
            }
        }
        Ok(passed)
    }

    /// As the child lays them out.
    pub(super) fn layout(&self, non_blocking: bool) -> Vec<PassedDescriptor> {
        self.kept
            .iter()
            .map(|fd| PassedDescriptor {
                from: fd.as_raw_fd(),
                non_blocking,
            })
            .collect()
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.kept.len()
    }

    /// `$LISTEN_FDNAMES`.
    pub(super) fn names(&self) -> String {
        self.names.join(":")
    }
}

/// A copy of the socket with a name, for `fd:NAME`.
pub(super) fn named(sockets: &[Bound], name: &str) -> Result<OwnedFd, Errno> {
    let bound = sockets.iter().find(|bound| bound.name == name);
    let first = bound.and_then(|bound| bound.descriptors.first());
    rustix::io::fcntl_dupfd_cloexec(first.ok_or(Errno::NOENT)?, 3)
}

/// A copy of the only socket, for `socket`.
pub(super) fn only(sockets: &[Bound]) -> Result<OwnedFd, Errno> {
    let mut all = sockets.iter().flat_map(|bound| &bound.descriptors);
    match (all.next(), all.next()) {
        (Some(socket), None) => rustix::io::fcntl_dupfd_cloexec(socket, 3),
        _ => Err(Errno::INVAL),
    }
}

/// The name of a file of `OpenFile=`.
fn name(file: &OpenFile) -> String {
    if !file.name.is_empty() {
        return file.name.clone();
    }
    file.path
        .rsplit('/')
        .next()
        .unwrap_or(&file.path)
        .to_owned()
}

fn open(file: &OpenFile) -> Result<OwnedFd, Errno> {
    let is_socket = std::fs::metadata(&file.path).is_ok_and(|metadata| {
        use std::os::unix::fs::FileTypeExt as _;
        metadata.file_type().is_socket()
    });
    if is_socket {
        return connect(&file.path);
    }
    let with = |flags: OFlags| {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let fd = rustix::fs::open(file.path.as_str(), flags, Mode::empty())?;
        // Only the opening must not wait, as that of a pipe would.
        rustix::fs::fcntl_setfl(&fd, flags & (OFlags::APPEND | OFlags::RWMODE))?;
        Ok(fd)
    };
    for option in &file.options {
        match *option {
            "read-only" => return with(OFlags::RDONLY),
            "append" => return with(OFlags::WRONLY | OFlags::APPEND),
            "truncate" => return with(OFlags::WRONLY | OFlags::TRUNC),
            _ => {}
        }
    }
    with(OFlags::RDWR)
}

/// Connects with a socket of whatever kind.
fn connect(path: &str) -> Result<OwnedFd, Errno> {
    let address = SocketAddrUnix::new(path)?;
    let mut last = Errno::PROTOTYPE;
    for kind in [SocketType::DGRAM, SocketType::STREAM, SocketType::SEQPACKET] {
        let fd = rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        match rustix::net::connect(&fd, &address) {
            Ok(()) => return Ok(fd),
            Err(Errno::PROTOTYPE) => {}
            Err(errno) => last = errno,
        }
    }
    Err(last)
}
