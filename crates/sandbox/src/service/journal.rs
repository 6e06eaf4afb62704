//! Streams to the journal (systemd-journald.service(8), "Stream logging").

use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, Shutdown, SocketAddrUnix, SocketFlags, SocketType};
use unitward_settings::Settings;

const SOCKET: &str = "/run/systemd/journal/stdout";

/// Whether there is a journal to connect with.
pub(crate) fn is_there() -> bool {
    std::path::Path::new(SOCKET).exists()
}

/// Connects with the journal, with what it has to know of the lines that will come.
pub(crate) fn connect(settings: &Settings, program: &str) -> Result<OwnedFd, Errno> {
    let socket = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(SOCKET)?)?;
    rustix::net::shutdown(&socket, Shutdown::Read)?;
    let identifier = settings.syslog_identifier.0.as_deref();
    let identifier = identifier.unwrap_or_else(|| program.rsplit('/').next().unwrap_or(program));
    let priority = settings.syslog_facility.0 << 3 | settings.syslog_level.0;
    let prefix = u8::from(settings.syslog_level_prefix.0);
    // Then: whether lines go on to syslog, to the kernel's log and to the console.
    let header = format!(
        "{identifier}\n{}\n{priority}\n{prefix}\n0\n0\n0\n",
        settings.unit.as_str()
    );
    rustix::io::write(&socket, header.as_bytes())?;
    Ok(socket)
}

/// `$JOURNAL_STREAM`: device and inode of a stream.
pub(crate) fn name(stream: &OwnedFd) -> Option<String> {
    let stat = rustix::fs::fstat(stream).ok()?;
    Some(format!("{}:{}", stat.st_dev, stat.st_ino))
}
